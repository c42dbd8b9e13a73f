from functools import partial

import pandas as pd
import pytest

from analysis.contracts_mos import PLAN
from analysis.designs import crossed
from analysis.simulate import simulate_ratings
from eval_suite.tables import read_table


@pytest.fixture
def run(sing_eval, monkeypatch, tmp_path):
    """Run `sing-eval analyze` with these arguments; its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return partial(sing_eval, "analyze")


def test_a_plan_for_a_half_width(run, tmp_path):
    exit_code, out, _ = run("power", "--half-width", 0.2)
    assert exit_code == 0
    table = read_table(tmp_path / "plan.csv", PLAN).set_index("notes")
    assert table.loc[25, "reason"].startswith("no number of raters is enough")
    # 49 raters of 100 notes: t(0.975, 48) * sqrt(.35 / 49 + .25 / 100 + .8 / 4900) = 0.199
    assert table.loc[100, "participants"] == 49
    assert table.loc[100, "half_width"] == pytest.approx(0.199, abs=0.001)
    assert "25 notes alone give ± 0.206" in out
    assert out.splitlines()[-1] == "plan.csv"


def test_a_plan_for_a_difference_is_checked_by_simulation(run, tmp_path):
    exit_code, out, _ = run(
        "power", "--difference", 0.4, "--notes", 40, "--notes-each", 10, "--check", "--out", "p.csv"
    )
    assert exit_code == 0
    row = read_table(tmp_path / "p.csv", PLAN).iloc[0]
    assert row["power"] >= 0.8
    assert row["simulated_power"] == pytest.approx(row["power"], abs=0.05)
    assert row["simulated_half_width"] == pytest.approx(row["half_width"], rel=0.03)
    assert "1,000 studies a line, seed 0" in out


def test_a_pilot_decides_the_variances(run, tmp_path):
    simulate_ratings(crossed(20, 20), {"a": 3, "b": 3}).ratings.to_csv("pilot.csv", index=False)
    exit_code, out, _ = run("power", "pilot.csv", "--difference", 0.3)
    assert exit_code == 0
    assert "of pilot.csv: raters" in out
    pilot = read_table(tmp_path / "plan.csv", PLAN)
    run("power", "--difference", 0.3, "--force")
    assert not pilot.equals(read_table(tmp_path / "plan.csv", PLAN))


def test_a_pilot_is_one_of_the_studies_in_a_table(run, tmp_path):
    pilot = simulate_ratings(crossed(8, 20), {"sing": 3.5}, seed=1).ratings
    both = [pilot.assign(study=name, session=name + pilot["session"]) for name in "st"]
    pd.concat(both).to_csv(tmp_path / "pilot.csv", index=False)
    assert "name one with --study" in run("power", "pilot.csv", "--half-width", 0.3)[2]
    assert run("power", "pilot.csv", "--half-width", 0.3, "--study", "t")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((), "either --half-width or --difference"),
        (("--half-width", 0.2, "--difference", 0.2), "either --half-width or --difference"),
        (("--half-width", 0), "not in the range"),
        (("missing.csv", "--half-width", 0.2), "missing.csv: there is no such file"),
        (("--half-width", 0.2, "--var-participant", 0, "--var-note", 0, "--var-residual", 0),
         "all variances are 0"),
        (("--half-width", "nan"), "nan is not a finite number"),
        (("--difference", "inf"), "inf is not a finite number"),
        (("--half-width", 0.2, "--var-note", "nan"), "nan is not a finite number"),
        (("--difference", 0.2, "--shared", "nan"), "nan is not a finite number"),
        (("pilot.csv", "--half-width", 0.2, "--var-note", 5),
         "--var-note: the variances are those of pilot.csv; leave out one"),
    ],
)  # fmt: skip
def test_faults_are_one_line(run, arguments, fault):
    exit_code, _, error = run("power", *arguments)
    assert exit_code == 2
    assert fault in error
    assert error.count("\n") == 1


def test_an_existing_plan_is_replaced_with_force_only(run):
    assert run("power", "--half-width", 0.3)[0] == 0
    assert run("power", "--half-width", 0.3)[0] == 2
    assert run("power", "--half-width", 0.3, "--force")[0] == 0
