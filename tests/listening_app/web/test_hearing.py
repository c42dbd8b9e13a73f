"""Heard seconds against a count of milliseconds, one by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_app.hearing import heard_seconds

MILLISECONDS = st.integers(-500, 5_000)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(MILLISECONDS, MILLISECONDS), max_size=8))
def test_the_union_is_the_number_of_milliseconds_that_were_played(intervals):
    played = {
        moment for start, end in intervals for moment in range(max(start, 0), min(end, 4_000))
    }
    seconds = [(start / 1000, end / 1000) for start, end in intervals]
    assert heard_seconds(seconds, 4.0) == pytest.approx(len(played) / 1000, abs=1e-9)
