from functools import partial

import pandas as pd
import pytest

from analysis.contracts_mos import MOS_GROUPS, RATERS, STIMULI
from analysis.designs import crossed
from analysis.mos import mos_table
from analysis.simulate import simulate_ratings
from eval_suite.study_contracts import MOS
from eval_suite.tables import read_table

MEANS = {"ground-truth": 4.2, "sing": 3.5, "wavenet": 2.4}


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = simulate_ratings(crossed(12, 18), MEANS, seed=0)
    made.ratings.to_csv("ratings.csv", index=False)
    return made.ratings


@pytest.fixture
def run(sing_eval):
    """Run `sing-eval analyze` with these arguments; its exit code, stdout and stderr."""
    return partial(sing_eval, "analyze")


def test_the_table_is_that_of_the_ratings(study, run, tmp_path):
    exit_code, out, _ = run("mos")
    assert exit_code == 0
    assert out.splitlines()[-1] == "mos.csv"
    written = read_table(tmp_path / "mos.csv", MOS)
    expected = mos_table(study)
    pd.testing.assert_frame_equal(
        written.drop(columns="reason"), expected.drop(columns="reason"), check_dtype=False
    )
    assert [line.split()[0] for line in out.splitlines()[1:4]] == [
        "ground-truth",
        "sing",
        "wavenet",
    ]


def test_the_interval_is_said_and_chosen(study, run, tmp_path):
    widths = {}
    for name in ("crowdmos", "exact-moments", "bootstrap", "naive"):
        exit_code, out, _ = run("mos", "--interval", name, "--force")
        assert exit_code == 0
        table = read_table(tmp_path / "mos.csv", MOS)
        assert {*table["interval"]} == {name}
        widths[name] = table["ci95"].mean()
        assert ("seed 0" in out) == (name == "bootstrap")
    assert widths["naive"] < 0.5 * min(widths["crowdmos"], widths["exact-moments"])
    assert widths["bootstrap"] == pytest.approx(widths["exact-moments"], rel=0.2)


def test_further_tables_stand_beside_the_first(study, run, tmp_path):
    exit_code, out, _ = run(
        "mos", "--by", "note", "--by", "family", "--subject-model", "--out", "r/scores.csv"
    )
    assert exit_code == 0
    tables = {"note": (MOS_GROUPS, 54), "family": (MOS_GROUPS, 27), "raters": (RATERS, 12),
              "stimuli": (STIMULI, 54)}  # fmt: skip
    for name, (contract, rows) in tables.items():
        assert len(read_table(tmp_path / f"r/scores-{name}.csv", contract)) == rows
        assert f"r/scores-{name}.csv" in out
    assert "over the note's raters" in out
    assert "BT.500" in out


def test_equal_inputs_and_seed_give_equal_bytes(study, run, tmp_path):
    names = ("mos.csv", "mos-family.csv", "mos.provenance.json")
    written = []
    for _ in range(2):
        run("mos", "--interval", "bootstrap", "--by", "family", "--seed", 3, "--force")
        written.append([(tmp_path / name).read_bytes() for name in names])
    assert written[0] == written[1]


def test_only_kept_raters_count_and_the_rules_are_named(study, run, tmp_path):
    names = sorted(study["participant"].unique())
    kept = ["no" if name in names[:3] else "yes" for name in names]
    screening = pd.DataFrame(
        {"participant": names, "ratings": 54, "correlation": 0.5, "null_quantile": 0.1,
         "control_score": "", "kept": kept, "reason": ""}
    )  # fmt: skip
    screening.to_csv("screening.csv", index=False)
    exit_code, out, _ = run("mos", "--screening", "screening.csv")
    assert exit_code == 0
    table = read_table(tmp_path / "mos.csv", MOS)
    assert {*table["participants"]} == {9}
    assert {*table["rules"]} == {"unknown rules"}
    assert "screening: unknown rules" in out


def test_controls_are_no_results(study, run, tmp_path):
    study.loc[study["note"] == study["note"].iloc[0], "kind"] = "control"
    study.to_csv("ratings.csv", index=False)
    run("mos")
    assert {*read_table(tmp_path / "mos.csv", MOS)["notes"]} == {17}


def test_ratings_collected_elsewhere_are_read_by_a_column_map(study, run, tmp_path):
    theirs = {"participant": "worker", "system": "method", "note": "clip", "score": "opinion"}
    study.rename(columns=theirs)[[*theirs.values()]].to_csv("theirs.csv", index=False)
    columns = [part for ours, name in theirs.items() for part in ("--column", f"{ours}={name}")]
    run("mos")
    exit_code, *_ = run("mos", "theirs.csv", *columns, "--out", "theirs.mos.csv")
    assert exit_code == 0
    assert (tmp_path / "theirs.mos.csv").read_bytes() == (tmp_path / "mos.csv").read_bytes()


def test_one_rater_is_a_result_with_its_reason(study, run, tmp_path):
    study[study["participant"] == "p0000"].to_csv("ratings.csv", index=False)
    exit_code, out, _ = run("mos")
    assert exit_code == 0
    assert "sing, ground-truth, wavenet: interval undefined: one rater\n" in out
    assert "nan" not in (tmp_path / "mos.csv").read_text().lower()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda table: table.iloc[:0], "no row"),
        (lambda table: table.drop(columns="score"), "no column 'score'"),
        (lambda table: table.assign(score=9), "outside the scale, 1 to 5"),
        (lambda table: pd.concat([table, table]), "stands there twice"),
        (lambda table: table.assign(study=table["session"]), "name one with --study"),
    ],
)
def test_unfit_ratings_are_one_line(study, run, tmp_path, change, fault):
    change(study).to_csv("ratings.csv", index=False)
    exit_code, _, error = run("mos")
    assert exit_code == 2
    assert fault in error
    assert error.count("\n") == 1
    assert not (tmp_path / "mos.csv").exists()


def test_a_scale_that_no_column_says_is_passed(study, run, tmp_path):
    bare = study.drop(columns=["scale_min", "scale_max"], errors="ignore")
    bare.to_csv("ratings.csv", index=False)
    exit_code, _, error = run("mos", "--scale", 1, 2)
    assert exit_code == 2
    assert "outside the scale, 1 to 2" in error
    assert run("mos", "--scale", 1, 5)[0] == 0


def test_nothing_is_overwritten_without_force(study, run, tmp_path):
    (tmp_path / "mos-family.csv").write_text("mine")
    exit_code, _, error = run("mos", "--by", "family")
    assert exit_code == 2
    assert "mos-family.csv: the file exists; pass --force" in error
    assert not (tmp_path / "mos.csv").exists()
    assert run("mos", "--out", "ratings.csv", "--force")[0] == 2
    assert run("mos", "--out", tmp_path)[0] == 2


def test_the_group_names_all_its_commands_and_suggests(run):
    exit_code, out, _ = run("--help")
    assert exit_code == 0
    for name in ("screen", "mos", "abx", "compare", "agreement", "power", "monitor"):
        assert f"  {name}  " in out
    assert "did you mean 'compare'" in run("comapre")[2]


@pytest.mark.parametrize("scale", [(5, 1), (1, "nan"), (1, "inf"), (3, 3)])
def test_a_scale_that_is_none_is_the_options_fault(study, run, scale):
    exit_code, _, error = run("mos", "--scale", *scale)
    assert exit_code == 2
    assert f"--scale {scale[0]} {scale[1]}: not a lowest and a highest score" in error
    assert error.count("\n") == 1


def test_notes_of_other_names_have_no_family(study, run):
    numbers = {name: f"take {number}" for number, name in enumerate(study["note"].unique())}
    renamed = study.assign(note=study["note"].map(numbers))
    renamed.to_csv("ratings.csv", index=False)
    exit_code, _, error = run("mos", "--column", "note=note", "--by", "family")
    assert exit_code == 2
    assert "ratings.csv: line 2: 'take 0': not a note name such as" in error
    assert "leave out --by family" in error


@pytest.mark.parametrize("command", ["mos", "compare", "screen"])
def test_choices_where_ratings_are_expected_are_called_so(study, run, command):
    study.head(1).assign(a="sing", b="wavenet", choice="sing", reference="").drop(
        columns="system"
    ).to_csv("choices.csv", index=False)
    exit_code, _, error = run(command, "choices.csv")
    assert exit_code == 2
    assert "choices.csv: a table of choices, not of ratings; for choices there are" in error
    assert "analyze monitor --choices" in error
