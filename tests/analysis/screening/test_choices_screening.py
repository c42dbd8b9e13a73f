"""Who is kept of those who chose between two systems."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.choices import Choices, keep, read_choices
from analysis.commands.screen import screen
from analysis.designs import crossed
from analysis.screening.choices import gather_choices, position, screen_choices
from analysis.screening.rules import LockedRules, PositionRule, RuleSet, read_rules
from analysis.simulate import simulate_choices
from sing.errors import SingError


def evidence_of(table: pd.DataFrame):
    return gather_choices(Choices(Path("c.csv"), table), None)


def study(**changed) -> pd.DataFrame:
    """Six raters of 20 trials; `changed` gives p0000 other cells in a column."""
    table = simulate_choices(crossed(6, 20), 0.7, seed=3).assign(seconds=15.0, device="headphones")
    for column, cells in changed.items():
        is_first = table["participant"] == "p0000"
        table.loc[is_first, column] = table.get(cells, cells)
    return table


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"choice": "a"}, "position: A chosen in 100 % of 20 trials, expected at most 90 %"),
        ({"choice": "b"}, "position: B chosen in 100 % of 20 trials, expected at most 90 %"),
        ({"device": "speakers"}, "listens with speakers"),
        # Three sounds of 4 s each: 9 s are 3 s a sound.
        ({"seconds": 9.0}, "too fast: median 3.0 s a stimulus of 4 s, expected at least 3.6 s"),
        ({}, ""),
    ],
)
def test_each_rule_marks_whom_it_is_for(changed, reason: str):
    found = screen_choices(evidence_of(study(**changed)), read_rules("default")).table
    assert found["reason"].tolist() == [reason, "", "", "", "", ""]
    assert found["kept"].tolist() == ["no" if reason else "yes", *["yes"] * 5]
    assert found["ratings"].tolist() == [20] * 6
    assert found["correlation"].isna().all()


def test_traps_and_gold_are_controls_with_a_right_choice():
    table = study()
    controls = table.groupby("participant").head(2).assign(
        kind="control", a="trap", b="sing", expected="trap", choice="trap"
    )  # fmt: skip
    controls["position"] = [21, 22] * 6
    controls.iloc[0, controls.columns.get_loc("choice")] = "sing"
    both = pd.concat([table.assign(expected=""), controls])
    found = screen_choices(evidence_of(both), read_rules("p808")).table
    assert found["reason"][0] == "50 % of traps right, expected at least 100 %"
    assert found["control_score"].tolist() == [0.5, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(("trials", "is_kept"), [(7, True), (8, False)])
def test_too_few_choices_of_one_place_are_no_proof(trials: int, is_kept: bool):
    # Chance makes all of n alike with 2 / 2^n: 1.6 % for seven, 0.8 % for eight.
    table = simulate_choices(crossed(1, trials), 0.5)
    found = position(evidence_of(table.assign(choice=table["b"])), PositionRule())
    assert (found.reasons[0] == "") == is_kept


def test_who_listens_is_seldom_turned_away_whatever_the_preference():
    table = simulate_choices(crossed(400, 12), 0.95, seed=1)
    found = position(evidence_of(table), PositionRule(largest_share=0.5, false_alarm_rate=0.05))
    # The exact two-sided test of 12 trials at 5 % has a size of 2 * P(X <= 2) = 3.9 %.
    assert sum(map(bool, found.reasons)) / 400 == pytest.approx(0.039, abs=0.03)


def test_rules_that_say_nothing_of_choices_are_named_or_refused():
    found = screen_choices(evidence_of(study()), read_rules("p808"))
    assert "not for choices: variance, outliers" in found.remarks
    with pytest.raises(SingError, match="none of the rules of bt500 is for choices"):
        screen_choices(evidence_of(study()), read_rules("bt500"))
    rules = LockedRules(RuleSet(name="x", position=PositionRule()), Path("x.toml"), "0" * 64)
    assert set(screen_choices(evidence_of(study()), rules).table["kept"]) == {"yes"}


def test_the_command_writes_what_analyze_abx_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    study(choice="a").to_csv("choices.csv", index=False)
    done = CliRunner().invoke(screen, ["choices.csv", "--choices", "--out", "s.csv"])
    assert done.exit_code == 0, done.output
    assert "5 of 6 raters are kept" in done.stdout
    kept = keep(read_choices(Path("choices.csv")), Path("s.csv"))
    assert "p0000" not in set(kept.main["participant"])
    assert kept.rules.startswith("default (")
    assert json.loads(Path("s.provenance.json").read_text())["rules"]["name"] == "default"
    refused = CliRunner().invoke(screen, ["choices.csv", "--choices", "--multiverse"])
    assert "not with --choices" in str(refused.exception)
