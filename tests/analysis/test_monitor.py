"""Intervals that hold at every look, against a plain loop and simulated studies."""

import math

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from analysis.commands.monitor import monitor as command
from analysis.confidence_sequence import STEPS, confidence_sequence
from analysis.contracts_monitor import MONITOR
from analysis.designs import crossed
from analysis.monitor import BROKEN, StoppingRule, monitor, verdict
from analysis.rater_values import RaterValues, of_difference, of_preference, of_system
from analysis.simulate import Population, simulate_choices, simulate_ratings
from analysis.variances import Variances
from eval_suite.tables import read_table, write_table
from sing.errors import SingError


def capital(values: np.ndarray, mean: float, budget: int | None) -> float:
    """What the two players of Waudby-Smith and Ramdas (2024) have together, at most, by a loop."""
    up = down = 1.0
    largest, total, squares = 1.0, 0.5, 0.25
    for i, x in enumerate(values, start=1):
        size = i * math.log(i + 1) if budget is None else min(i * math.log(i + 1), budget)
        bet = math.sqrt(2 * math.log(40) / (squares / i * size))
        up *= 1 + min(bet, 0.9 / mean) * (x - mean)
        down *= 1 - min(bet, 0.9 / (1 - mean)) * (x - mean)
        largest = max(largest, up / 2, down / 2)
        total += x
        squares += (x - total / (i + 1)) ** 2
    return largest


@pytest.mark.parametrize("budget", [None, 40])
def test_the_interval_holds_the_means_against_which_no_player_got_rich(budget: int | None):
    values = np.random.default_rng(0).beta(4, 2, 60)
    found = confidence_sequence(values, budget)
    # The ends are rounded outwards to the next multiple of 1 / STEPS.
    for end, outwards in ((found.low[-1], -1), (found.high[-1], 1)):
        assert capital(values, end + outwards / STEPS, budget) >= 20
        assert capital(values, end - outwards * 2 / STEPS, budget) < 20


def test_intervals_only_shrink_and_hold_the_mean_in_the_end():
    values = np.random.default_rng(1).random(400)
    found = confidence_sequence(values)
    assert (np.diff(found.low) >= 0).all()
    assert (np.diff(found.high) <= 0).all()
    assert found.low[-1] < values.mean() < found.high[-1]
    assert found.mean == pytest.approx(np.cumsum(values) / np.arange(1, 401))


def test_a_long_sequence_is_the_same_in_blocks():
    values = np.random.default_rng(2).random(5_000)
    whole = confidence_sequence(values)
    start = confidence_sequence(values[:1_000])
    assert np.array_equal(whole.low[:1_000], start.low)
    assert np.array_equal(whole.high[:1_000], start.high)


@pytest.mark.parametrize("values", [[0.0] * 30, [1.0] * 30, [0.5] * 30, []])
def test_constant_values_have_intervals_that_hold_them(values):
    found = confidence_sequence(np.array(values, dtype=float))
    assert np.isfinite(found.low).all()
    for low, high, value in zip(found.low, found.high, values, strict=True):
        assert low <= value <= high
    assert not values or found.high[-1] - found.low[-1] < 0.3


def test_a_mean_between_two_candidates_is_not_ruled_out():
    # Closer to one value than two candidates are to each other, after many equal ones.
    value = 0.5 + 0.4 / STEPS
    found = confidence_sequence(np.full(20_000, value))
    assert found.low[-1] == 0.5 < value < found.high[-1] == 0.5 + 1 / STEPS


@pytest.mark.parametrize("blocks", [1, 20])
def test_no_interval_is_left_once_the_mean_has_changed(blocks: int):
    # 100 zeros in a row, then 100 ones: against every mean one of the players got rich.
    short = np.repeat([0.0, 1.0], 100)
    assert all(capital(short, mean, None) >= 20 for mean in np.arange(0.05, 1, 0.05))
    values = np.repeat([0.0, 1.0], 100 * blocks)
    found = confidence_sequence(values)
    gone = np.isnan(found.low)
    assert not gone[: 100 * blocks].any()
    assert gone[-1]
    assert (np.diff(gone.astype(int)) >= 0).all()
    assert np.array_equal(gone, np.isnan(found.high))


def test_raters_who_changed_with_time_are_told_of(tmp_path):
    source, out = tmp_path / "r.csv", tmp_path / "monitor.csv"
    scores = {f"p{i:03}": [("a", 1 if i < 100 else 5)] * 3 for i in range(200)}
    answers(scores, note="bass_acoustic_000-036-025").to_csv(source, index=False)
    options = [str(source), "--system", "a", "--budget", "200", "--out", str(out)]
    shown = CliRunner().invoke(command, [*options, "--scale", "1", "5"], catch_exceptions=False)
    last = next(line for line in shown.stdout.splitlines() if line.lstrip().startswith("200 "))
    verdict = "stop: raters changed with time: the test's assumption is broken"
    assert last.split(maxsplit=3)[1:] == ["3.000", "-", verdict]
    assert "no mean fits all raters" in shown.stdout
    table = read_table(out, MONITOR)
    assert table["ci_low"].isna().iloc[-1]
    assert table["verdict"].iloc[-1] == verdict


@pytest.mark.parametrize("values", [[1.1], [-0.1], [math.nan]])
def test_values_outside_0_and_1_are_the_callers_error(values):
    with pytest.raises(ValueError, match="outside"):
        confidence_sequence(np.array(values))


@pytest.mark.slow
@pytest.mark.parametrize(
    "draw",
    [
        lambda g: (g.random(150) < 0.7).astype(float),
        lambda g: g.binomial(20, np.clip(0.7 + 0.2 * g.standard_normal(150), 0, 1)) / 20,
        lambda g: (g.random(150) < 0.97).astype(float),
    ],
    ids=["single trials", "raters with tastes", "near the end"],
)
def test_all_looks_together_cover_the_truth_where_ordinary_intervals_do_not(draw):
    truth = float(np.mean([draw(np.random.default_rng(10_000 + i)).mean() for i in range(4_000)]))
    held = ordinary = 0
    studies = 300
    for seed in range(studies):
        values = draw(np.random.default_rng(seed))
        found = confidence_sequence(values, 150)
        held += bool(((found.low <= truth) & (truth <= found.high)).all())
        count = np.arange(10, 151)
        mean = np.cumsum(values)[9:] / count
        spread = np.sqrt(np.maximum(np.cumsum(values**2)[9:] / count - mean**2, 1e-12))
        half = stats.t.ppf(0.975, count - 1) * spread / np.sqrt(count - 1)
        ordinary += bool((np.abs(mean - truth) <= half).all())
    assert held / studies >= 0.95
    assert ordinary / studies < 0.8


@pytest.mark.slow
def test_stopping_at_the_first_difference_finds_one_where_there_is_none_in_5_percent_at_most():
    """Raters with tastes rate two equal systems on few notes; one looks after every rater."""
    population = Population(Variances(0.3, 0.0, 0.8), shared=0.2)
    wrong, naive, studies = 0, 0, 60
    for seed in range(studies):
        made = simulate_ratings(crossed(60, 6), {"a": 3.0, "b": 3.0}, population, seed=seed)
        raters = of_difference(made.ratings, (1, 5), "a", "b")
        table = monitor(raters, StoppingRule(60))
        wrong += (table["verdict"].str.endswith("higher")).any()
        scores = made.ratings.pivot_table(
            index="participant", columns=["system", "note"], values="score"
        )
        pairs = (scores["a"] - scores["b"]).to_numpy()
        looks = [stats.ttest_1samp(pairs[:n].ravel(), 0).pvalue for n in range(5, 61, 5)]
        naive += min(looks) < 0.05
    assert wrong / studies <= 0.05
    assert naive / studies > 0.25


def answers(scores: dict[str, list[tuple[str, float]]], **columns) -> pd.DataFrame:
    """Each rater's (system, score) in their order, a note a trial."""
    rows = [
        (rater, system, f"note{place}", score, place + 1)
        for rater, given in scores.items()
        for place, (system, score) in enumerate(given)
    ]
    names = ["participant", "system", "note", "score", "position"]
    return pd.DataFrame(rows, columns=names).assign(**columns)


SMALL = answers(
    {
        "p1": [("a", 5), ("b", 1), ("a", 3), ("b", 2)],
        "p2": [("b", 4), ("a", 4)],
        "p3": [("b", 2), ("a", 4), ("b", 3), ("a", 5), ("a", 1)],
        "p4": [("a", 4), ("a", 4), ("a", 4), ("a", 4)],
    }
)


def test_a_rater_is_one_value_once_and_only_when_done():
    found = of_difference(SMALL, (1, 5), "a", "b")
    assert found.trials_each == 4
    # p3's fifth trial comes too late, p2 has not finished, p4 heard one system only.
    assert dict(zip(found.participants, found.values, strict=True)) == {"p1": 2.5, "p3": 2.0}
    assert (found.unfinished, found.unusable, found.is_in_time_order) == (1, 1, False)
    assert (found.low, found.high, found.null) == (-4, 4, 0)


def test_raters_stand_in_the_order_of_finishing():
    last = SMALL.iloc[::-1].reset_index(drop=True)
    minute = {"p1": 50, "p2": 0, "p3": 10, "p4": 20}
    times = [
        f"2026-01-01T10:{minute[rater] + position:02d}:00Z"
        for rater, position in zip(last["participant"], last["position"], strict=True)
    ]
    found = of_system(last.assign(submitted_at=times), (1, 5), "a", 2)
    assert found.participants == ("p3", "p4", "p1")
    assert found.values.tolist() == [4.5, 4.0, 4.0]
    assert found.is_in_time_order
    untimed = of_system(last.assign(submitted_at=["", *times[1:]]), (1, 5), "a", 2)
    assert not untimed.is_in_time_order


def test_preferences_are_shares_of_a_raters_choices_in_either_order():
    frame = pd.DataFrame(
        [("p1", "a", "b", "a"), ("p1", "b", "a", "a"), ("p2", "a", "b", "b"), ("p2", "b", "a", "a"),
         ("p2", "a", "c", "c")],
        columns=["participant", "a", "b", "choice"],
    ).assign(note="n")  # fmt: skip
    found = of_preference(frame, "a", "b")
    assert (found.values.tolist(), found.null) == ([1.0, 0.5], 0.5)
    with pytest.raises(SingError, match="b, c; name one with --against"):
        of_preference(frame, "a")
    with pytest.raises(SingError, match="never heard with"):
        of_preference(frame, "b", "c")
    with pytest.raises(SingError, match="--system d: not in choices"):
        of_preference(frame, "d")


@pytest.mark.parametrize(
    ("count", "low", "high", "null", "expected"),
    [
        (10, 0.1, 0.5, 0.0, "stop: the first is higher"),
        (10, -0.5, -0.1, 0.0, "stop: the second is higher"),
        (10, -0.25, 0.25, 0.0, "stop: equivalent"),
        (10, -0.35, 0.25, 0.0, "stop: narrow enough"),
        (10, 3.1, 3.5, None, "stop: narrow enough"),
        (10, -0.5, 0.5, 0.0, "go on"),
        (50, -0.5, 0.5, 0.0, "stop: the budget is spent"),
        (50, math.nan, math.nan, 0.0, BROKEN),
    ],
)
def test_verdicts(count, low, high, null, expected):
    assert verdict(count, low, high, StoppingRule(50, 0.3, 0.3), null) == expected


def test_no_finished_rater_and_impossible_rules_are_one_line():
    nobody = RaterValues("mean", (), np.array([]), 1, 5, None, 4, 3)
    with pytest.raises(SingError, match="nobody has finished 4 trials"):
        monitor(nobody, StoppingRule(5))
    for options, fault in (({"budget": 0}, "--budget 0"), ({"half_width": 0.0}, "--half-width 0")):
        with pytest.raises(SingError, match=fault):
            StoppingRule(**{"budget": 5, **options})
    with pytest.raises(SingError, match="--trials 0"):
        of_system(SMALL, (1, 5), "a", 0)
    with pytest.raises(SingError, match="the same system"):
        of_difference(SMALL, (1, 5), "a", "a")


def test_ends_are_on_the_scale(tmp_path):
    for system, extreme in (("a", 5), ("b", 1)):
        frame = answers({f"p{i}": [(system, extreme)] * 3 for i in range(25)})
        table = monitor(of_system(frame, (1, 5), system), StoppingRule(30))
        assert table["estimate"].tolist() == [extreme] * 25
        assert table["ci_low"].min() == 1
        assert table["ci_high"].max() == 5
        write_table(tmp_path / "monitor.csv", MONITOR, table)


@pytest.mark.parametrize("kind", ["ratings", "choices"])
def test_the_command_tells_when_to_stop_and_writes_the_same_bytes(kind: str, tmp_path):
    source, out = tmp_path / f"{kind}.csv", tmp_path / "monitor.csv"
    design = crossed(30, 12)
    if kind == "ratings":
        frame = simulate_ratings(design, {"sing": 4.5, "wavenet": 1.5}).ratings
        options = ["--against", "wavenet"]
    else:
        frame, options = simulate_choices(design, 0.9), ["--choices"]
    frame.to_csv(source, index=False)
    options += [str(source), "--system", "sing", "--budget", "40", "--out", str(out), "--force"]
    result = CliRunner().invoke(command, options, catch_exceptions=False)
    assert "stop: the first is higher" in result.stdout
    assert "no column submitted_at" in result.stdout
    before = out.read_bytes()
    CliRunner().invoke(command, options, catch_exceptions=False)
    assert out.read_bytes() == before
    assert read_table(out, MONITOR)["look"].tolist() == [f"{n:06d}" for n in range(1, 31)]


def test_ratings_without_a_scale_ask_for_it(tmp_path):
    source = tmp_path / "ratings.csv"
    SMALL[["participant", "system", "note", "score"]].assign(
        note="bass_acoustic_000-036-025", position=range(1, len(SMALL) + 1)
    ).to_csv(source, index=False)
    options = [str(source), "--system", "a", "--budget", "4", "--out", str(tmp_path / "o.csv")]
    with pytest.raises(SingError, match="--scale 1 5"):
        CliRunner().invoke(command, options, catch_exceptions=False)
    options += ["--scale", "1", "5"]
    with pytest.raises(SingError, match=r"--margin 0\.3: is of a difference; pass --against"):
        CliRunner().invoke(command, [*options, "--margin", "0.3"], catch_exceptions=False)
    with pytest.raises(SingError, match="--half-width inf: must be above 0, and finite"):
        CliRunner().invoke(command, [*options, "--half-width", "inf"], catch_exceptions=False)
    assert CliRunner().invoke(command, options, catch_exceptions=False).exit_code == 0
