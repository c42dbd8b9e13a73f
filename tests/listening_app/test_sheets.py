import random
from collections import Counter
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening_app.sheets import Plan, draw_sheets


def spread(counts, keys):
    values = [counts[key] for key in keys]
    return max(values) - min(values)


@st.composite
def plans(draw, choices, is_long=False):
    notes = draw(st.integers(3 if is_long else 2, 7))
    first, *rest = draw(choices)
    longest = notes * first if is_long else notes
    shortest = notes + 1 if is_long else 1
    return Plan(
        notes=notes,
        choices=(first, *rest),
        trials_per_sheet=draw(st.integers(min(shortest, longest), longest)),
        ratings=draw(st.integers(1, 5)),
        surplus=draw(st.sampled_from((0.0, 0.2, 0.5))),
    )


SYSTEMS = st.tuples(st.integers(1, 4))
PAIRS = st.tuples(st.integers(1, 3), st.just(2))
ABX = st.tuples(st.integers(1, 3), st.just(2), st.just(2))


def drawn(plan, seed=0):
    return draw_sheets(plan, random.Random(seed))


def stimuli(plan):
    return list(product(range(plan.notes), range(plan.choices[0])))


@settings(deadline=None, max_examples=80)
@given(plan=plans(st.one_of(SYSTEMS, PAIRS, ABX)), seed=st.integers(0, 99))
def test_every_count_of_a_short_sheet_differs_by_at_most_one(plan, seed):
    sheets = drawn(plan, seed)
    positions = range(plan.trials_per_sheet)
    assert len(sheets) == plan.sheets
    assert {len(cells) for cells in sheets} == {plan.trials_per_sheet}
    for depth in range(1, len(plan.choices) + 1):
        conditions = list(product(*map(range, plan.choices[:depth])))
        met = Counter(cell.condition[:depth] for cells in sheets for cell in cells)
        assert spread(met, conditions) <= (1 if depth == 1 else 2)
        placed = Counter(
            (position, cell.condition[:depth])
            for cells in sheets
            for position, cell in enumerate(cells)
        )
        for condition in conditions:  # each system, pair and order over the positions
            assert spread(placed, [(position, condition) for position in positions]) <= 1
    for condition in product(range(plan.notes), *map(range, plan.choices)):  # each stimulus too
        where = Counter(
            position
            for cells in sheets
            for position, cell in enumerate(cells)
            if (cell.note, *cell.condition) == condition
        )
        assert spread(where, positions) <= 1
    assert all(len({cell.note for cell in cells}) == len(cells) for cells in sheets)


@settings(deadline=None, max_examples=60)
@given(plan=plans(SYSTEMS), seed=st.integers(0, 99))
def test_systems_meet_every_position_equally_often(plan, seed):
    placed = Counter(
        (position, cell.condition[0])
        for cells in drawn(plan, seed)
        for position, cell in enumerate(cells)
    )
    keys = product(range(plan.trials_per_sheet), range(plan.choices[0]))
    assert spread(placed, list(keys)) <= 1


@settings(deadline=None, max_examples=60)
@given(
    plan=st.one_of(plans(st.one_of(SYSTEMS, ABX)), plans(SYSTEMS, is_long=True)),
    seed=st.integers(0, 99),
)
def test_after_any_number_of_sheets_stimuli_were_heard_equally_often(plan, seed):
    heard = Counter()
    for number, cells in enumerate(drawn(plan, seed), start=1):
        heard.update((cell.note, cell.condition[0]) for cell in cells)
        assert spread(heard, stimuli(plan)) <= 1
        if number == plan.needed_sheets:
            assert min(heard[stimulus] for stimulus in stimuli(plan)) >= plan.ratings


@settings(deadline=None, max_examples=60)
@given(plan=st.one_of(plans(PAIRS), plans(ABX)), seed=st.integers(0, 99))
def test_orders_are_balanced_in_each_sheet_each_pair_and_on_each_note(plan, seed):
    sheets = drawn(plan, seed)
    cells = [cell for sheet in sheets for cell in sheet]
    for depth in range(1, len(plan.choices)):
        groups = {
            **{("sheet", n): sheet for n, sheet in enumerate(sheets)},
            **{
                ("pair", key): [cell for cell in cells if cell.condition[:depth] == key]
                for key in product(*map(range, plan.choices[:depth]))
            },
            **{
                ("note", note, key): [
                    cell for cell in cells if (cell.note, cell.condition[:depth]) == (note, key)
                ]
                for note in range(plan.notes)
                for key in product(*map(range, plan.choices[:depth]))
            },
        }
        for group in groups.values():
            assert spread(Counter(cell.condition[depth] for cell in group), (0, 1)) <= 1


@settings(deadline=None, max_examples=60)
@given(plan=plans(st.one_of(SYSTEMS, PAIRS), is_long=True), seed=st.integers(0, 99))
def test_a_sheet_longer_than_the_notes_repeats_them_evenly_and_never_in_a_row(plan, seed):
    for cells in drawn(plan, seed):
        assert not any(one.note == other.note for one, other in pairwise(cells))
        assert spread(Counter(cell.note for cell in cells), range(plan.notes)) <= 1
        assert spread(Counter(cell.condition[0] for cell in cells), range(plan.choices[0])) <= 1
        pairs = [(cell.note, cell.condition[0]) for cell in cells]
        assert len(set(pairs)) == len(pairs)  # nobody rates a stimulus twice


def test_long_sheets_still_spread_systems_over_positions():
    plan = Plan(notes=6, choices=(3,), trials_per_sheet=18, ratings=12, surplus=0.0)
    sheets = drawn(plan)
    placed = Counter(
        (position, cell.condition[0]) for cells in sheets for position, cell in enumerate(cells)
    )
    assert spread(placed, list(product(range(18), range(3)))) <= 1


def test_the_papers_design_has_18_000_ratings_in_600_sheets():  # Section 5.3.1
    plan = Plan(notes=100, choices=(3,), trials_per_sheet=30, ratings=60, surplus=0.2)
    assert (plan.needed_sheets, plan.sheets) == (600, 720)


def test_the_same_seed_draws_the_same_sheets_and_another_seed_others():
    plan = Plan(notes=6, choices=(3,), trials_per_sheet=4, ratings=4, surplus=0.0)
    assert drawn(plan, 7) == drawn(plan, 7)
    assert drawn(plan, 7) != drawn(plan, 8)


def test_notes_are_dealt_anew_in_every_round():
    plan = Plan(notes=12, choices=(1,), trials_per_sheet=4, ratings=6, surplus=0.0)
    together = Counter(frozenset(cell.note for cell in cells) for cells in drawn(plan))
    assert max(together.values()) < 6


@pytest.mark.parametrize(("notes", "length"), [(4, 13), (1, 1)])
def test_a_sheet_cannot_be_longer_than_there_are_stimuli(notes, length):
    with pytest.raises(ValueError, match="trials a sheet"):
        drawn(Plan(notes, (3,), length, 2, 0.0))
