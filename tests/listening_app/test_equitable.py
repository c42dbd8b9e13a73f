import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from listening_app.equitable import equitable_colouring


def spread(groups, colours, count):
    """The largest difference between two colours' counts in a group."""
    seen = Counter(zip(groups, colours, strict=True))
    return max(
        max(seen[group, c] for c in range(count)) - min(seen[group, c] for c in range(count))
        for group in groups
    )


@settings(deadline=None, max_examples=60)
@given(
    left=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=60),
    right_seed=st.integers(0, 10**6),
    colours=st.integers(2, 5),
)
def test_in_every_group_of_either_side_the_counts_of_colours_differ_by_at_most_one(
    left, right_seed, colours
):  # De Werra 1971
    rng = random.Random(right_seed)
    right = [(rng.randrange(3), rng.randrange(4)) for _ in left]
    everything = [0] * len(left)
    nested_left = [left, [coarse for coarse, _ in left]]
    nested_right = [right, [coarse for coarse, _ in right], everything]
    start = [rng.randrange(colours) for _ in left]
    found = equitable_colouring(nested_left, nested_right, start, colours, rng)
    for groups in (*nested_left, *nested_right):
        assert spread(groups, found, colours) <= 1


def test_a_sheet_that_has_every_position_once_keeps_every_position_once():
    rng = random.Random(1)
    sheets = [sheet for sheet in range(9) for _ in range(4)]
    start = [position for _ in range(9) for position in rng.sample(range(4), 4)]
    systems = [number % 3 for number in range(36)]
    found = equitable_colouring([sheets], [systems], start, 4, rng)
    for sheet in range(9):
        assert sorted(found[4 * sheet : 4 * sheet + 4]) == [0, 1, 2, 3]
    assert spread(systems, found, 4) == 0  # 12 of each system on 4 positions
