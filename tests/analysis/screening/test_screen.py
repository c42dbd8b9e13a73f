"""Whole rule sets: everybody marked with a reason, nobody deleted; the multiverse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.contracts_screening import MULTIVERSE
from analysis.designs import crossed
from analysis.ratings import Ratings
from analysis.screening.evidence import gather
from analysis.screening.multiverse import multiverse, multiverse_table, shown
from analysis.screening.rules import read_rules, shipped
from analysis.screening.screen import screen
from analysis.simulate import Population, SimulatedStudy, simulate_ratings
from eval_suite.study_contracts import SCREENING
from eval_suite.tables import read_table, write_table

Make = Callable[..., Any]
MEANS = {"ground-truth": 3.86, "wavenet": 2.85, "sing": 3.55}


@pytest.fixture
def study() -> SimulatedStudy:
    population = Population(clickers=0.3)
    return simulate_ratings(crossed(40, 12), MEANS, population, seed=2)


def evidence_of(study: SimulatedStudy, **columns: Any) -> Any:
    table = study.ratings.assign(**columns)
    return gather(Ratings(Path("r.csv"), table, (1, 5)), None, "ground-truth")


@pytest.mark.parametrize("name", ["default", "crowdmos", "p808", "bt500"])
def test_everybody_is_marked_and_who_is_not_kept_is_told_why(
    study: SimulatedStudy, tmp_path: Path, name: str
):
    found = screen(evidence_of(study), read_rules(name), 0)
    path = tmp_path / "screening.csv"
    write_table(path, SCREENING, found.table)
    table = read_table(path, SCREENING)
    assert table["participant"].tolist() == sorted(study.ratings["participant"].unique())
    assert ((table["kept"] == "no") == (table["reason"] != "")).all()
    assert (table["ratings"] == 36).all()
    assert found.kept == (table["kept"] == "yes").sum()


def test_the_default_rules_tell_clickers_from_honest_raters(study: SimulatedStudy):
    table = screen(evidence_of(study, seconds=6.0), read_rules("default"), 0).table
    is_clicker = table["participant"].isin(study.clickers)
    kept = table["kept"] == "yes"
    assert is_clicker.sum() >= 8
    assert kept[is_clicker].mean() <= 0.2
    assert kept[~is_clicker].mean() >= 0.85
    assert (table["correlation"] > table["null_quantile"]).equals(kept)


def test_a_rater_without_main_ratings_is_marked(make_evidence: Make, honest: np.ndarray):
    table = make_evidence(honest).ratings.table
    extra = table.iloc[:1].assign(participant="zoe", kind="practice")
    evidence = make_evidence(pd.concat([table, extra], ignore_index=True))
    found = screen(evidence, read_rules("default"), 0).table.set_index("participant")
    assert found.loc["zoe", "reason"] == "no rating of kind main"
    assert (found["kept"] == "yes").sum() == 20


def test_all_failed_rules_are_named(make_evidence: Make, honest: np.ndarray):
    honest[0] = 3
    seconds = np.repeat(np.where(np.arange(20) == 0, 1.0, 6.0), 30)
    found = screen(make_evidence(honest, seconds=seconds), read_rules("default"), 0)
    reason = found.table["reason"][0]
    assert reason.startswith("too fast: median 1.0 s")
    assert reason.endswith("; correlation undefined: all 30 scores equal")
    assert found.failures == {"headphones": 0, "speed": 1, "permutation": 1}


@pytest.mark.parametrize(
    ("name", "one_score", "equal_scores"),
    [
        ("default", "correlation undefined: fewer than two stimuli", "correlation undefined: all"),
        ("crowdmos", "correlation undefined: fewer", "correlation undefined: fewer"),
        ("p808", "variance undefined: fewer than two", "variance of scores 0.00, expected"),
        # BT.500 turns away for scores far from their stimulus's mean, and none is: all are kept.
        ("bt500", "", ""),
    ],
)
def test_degenerate_tables_give_reasons_not_errors(
    make_evidence: Make, name: str, one_score: str, equal_scores: str
):
    for shape, expected in (((1, 1, 1), one_score), ((4, 2, 5), equal_scores)):
        found = screen(make_evidence(np.full(shape, 3.0)), read_rules(name), 0).table
        assert len(found) == shape[0]
        for reason, kept in zip(found["reason"], found["kept"], strict=True):
            assert reason.startswith(expected) if expected else reason == ""
            assert kept == ("no" if expected else "yes")


def test_the_multiverse_shows_every_rule_set_side_by_side(study: SimulatedStudy, tmp_path: Path):
    rule_sets = [read_rules(name) for name in shipped()]
    universes = multiverse(evidence_of(study, seconds=6.0), rule_sets, 0)
    assert [one.rules for one in universes] == ["none", *shipped()]
    none, default = universes[:2]
    assert (none.kept, none.raters) == (40, 40)
    # Clickers pull all systems to the middle of the scale; without them the truth shows.
    truth = default.mos.set_index("system")["mos"]["ground-truth"]
    assert none.mos.set_index("system")["mos"]["ground-truth"] < truth
    assert default.ranking in ("ground-truth > sing > wavenet", "ground-truth ~ sing > wavenet")
    assert universes[2].reason.startswith("does not apply: a scale from 1 to 5")
    table = multiverse_table(universes, sorted(MEANS))
    write_table(tmp_path / "m.csv", MULTIVERSE, table)
    read = read_table(tmp_path / "m.csv", MULTIVERSE)
    assert len(read) == 6 * 3
    first = read[(read["rules"] == "none") & (read["system"] == "ground-truth")].iloc[0]
    mean = study.ratings.groupby("system")["score"].mean()["ground-truth"]
    assert first["mos"] == pytest.approx(mean)
    assert first["rank"] == 1
    text = shown(universes, sorted(MEANS))
    assert [line[0] for line in text.lines] == ["none", *shipped()]
    assert text.lines[2][1] == "-"


def test_the_multiverse_of_a_single_system_has_no_verdicts(make_evidence: Make, honest: np.ndarray):
    universes = multiverse(make_evidence(honest[:, :1]), [read_rules("default")], 0)
    assert [one.ranking for one in universes] == ["system0", "system0"]
