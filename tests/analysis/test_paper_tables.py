import json
import math
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from analysis import published, tables_run
from analysis import results as results_module
from analysis.format import NumberStyle, decimals, fixed, is_number, with_half_width
from analysis.paper_table import PAPER_TABLE
from analysis.paper_tables import paper_tables
from analysis.results import open_results
from analysis.row_map import match_rows, parse_rows
from analysis.study_run import Settings, analyse
from analysis.table_files import html_table, markdown, printed_rows
from analysis.table_latex import latex
from eval_suite.tables import read_table
from sing import files
from sing.errors import SingError


def cell(table, row, column):
    rows = {one.name: one for one in table.rows}
    return rows[row].cells[[one.name for one in table.columns].index(column)]


def test_published_numbers_are_those_of_the_paper():
    # Table 1, Table 2 and Section 5.3.2, read again from the paper.
    spectral = [row.cells[:2] for row in published.TABLE_1]
    assert spectral == [
        ("0.026", "0.028"), ("0.075", "0.084"), ("0.028", "0.032"), ("0.039", "0.051"),
        ("0.050", "0.063"),
    ]  # fmt: skip
    wav = [row.cells[2:] for row in published.TABLE_1]
    assert wav == [("0.0002", "0.0003"), ("0.006", "0.039"), *[("N/A", "N/A")] * 3]
    assert [row.cells[0] for row in published.TABLE_2] == [
        "3.86 ± 0.24", "2.85 ± 0.24", "3.55 ± 0.23",
    ]  # fmt: skip
    assert published.TABLE_2[1].cells[1:] == ("3840*", "0.2", "32", "948")
    assert published.TABLE_2[2].cells[1:] == ("120", "512", "2133", "243")
    assert published.ABX_PREFER_SING / published.ABX_TRIALS == 0.697
    assert published.abx_interval() == pytest.approx((0.667, 0.725), abs=5e-4)


@pytest.mark.parametrize(
    ("values", "style", "expected"),
    [
        ([0.0002, 0.039], NumberStyle(least=3, significant=1), ["0.0002", "0.0390"]),
        ([0.051, 0.03], NumberStyle(least=3), ["0.051", "0.030"]),
        ([3.86, 2.0], NumberStyle(least=2), ["3.86", "2.00"]),
        ([2133.3, 32.0], NumberStyle(significant=1), ["2133", "32"]),
        ([0.0, math.nan], NumberStyle(least=3), ["0.000", "nan"]),
        ([6e-7, 0.01], NumberStyle(least=4, most=5), ["6.0e-07", "0.01000"]),
    ],
)
def test_a_column_has_one_count_of_decimals_and_no_number_becomes_nothing(values, style, expected):
    places = decimals(values, style)
    assert [fixed(value, places) for value in values] == expected


def test_a_half_width_is_rounded_like_its_number_and_never_to_nothing():
    assert with_half_width(3.5512, 0.2311, 2) == "3.55 ± 0.23"
    assert with_half_width(3.5512, math.nan, 2) == "3.55"
    assert with_half_width(6e-7, 2.7e-7, 4) == "6.0e-07 ± 2.7e-07"
    assert with_half_width(1.0, 0.0001, 2) == "1.00 ± 1.0e-04"
    assert all(map(is_number, ("3.55 ± 0.23", "948", "6.0e-07 ± 2.7e-07")))
    assert not any(map(is_number, ("3840*", "N/A", "missing", "", "1 ± x")))


def test_table_1_holds_our_means_beside_the_papers(results):
    table = paper_tables(results, {})[0]
    metrics = pd.read_csv(results.path("metrics.csv"))
    held_out = metrics[(metrics["system"] == "sing") & (metrics["split"] == "test")]
    ours = cell(table, "SING spectral", "spectral_loss test")
    assert ours.value == pytest.approx(held_out["spectral_loss"].mean())
    assert ours.published == "0.051"
    # Five notes of five pairs: the bootstrap of a mean is close to its plain standard error.
    plain = 1.96 * held_out["spectral_loss"].std(ddof=0) / math.sqrt(len(held_out))
    assert ours.half_width == pytest.approx(plain, rel=0.1)


def test_the_order_of_rows_does_not_decide_the_half_widths(make_study):
    folder = make_study(leave=("ratings.csv", "choices.csv", "speed.csv"))
    first = paper_tables(open_results(folder), {})[0]
    metrics = pd.read_csv(folder / "metrics.csv")
    metrics.sample(frac=1, random_state=1).to_csv(folder / "metrics.csv", index=False)
    assert paper_tables(open_results(folder), {})[0] == first


def test_means_are_of_the_notes_that_all_systems_share(make_study):
    folder = make_study(leave=("ratings.csv", "choices.csv", "speed.csv"))
    metrics = pd.read_csv(folder / "metrics.csv", dtype={"reason": str})
    held_out = metrics["split"] == "test"
    lost = metrics[held_out & (metrics["system"] == "wavenet")].index[0]
    metrics.loc[lost, "spectral_loss"] = math.nan
    metrics.loc[lost, "reason"] = "its file is missing"
    metrics.to_csv(folder / "metrics.csv", index=False)
    others = metrics[held_out & (metrics["note"] != metrics.loc[lost, "note"])]
    table = paper_tables(open_results(folder), {})[0]
    for name, system in (("SING spectral", "sing"), ("wavenet", "wavenet")):
        expected = others[others["system"] == system]["spectral_loss"].mean()
        assert cell(table, name, "spectral_loss test").value == pytest.approx(expected)
    said = "all systems have a value for: Spectral loss test 4 of 5."
    assert any(remark.endswith(said) for remark in table.remarks)


def test_what_the_paper_does_not_give_is_not_missed_and_what_we_lack_is_shown(results):
    table = paper_tables(results, {"SING waveform": "wavenet"})[0]
    shown = dict(zip([row.name for row in table.rows], table.shown(), strict=True))
    assert shown["SING spectral"][2:] == ("N/A", "N/A")
    assert shown["Autoencoder waveform"] == ("missing",) * 4
    assert shown["SING waveform"][3] == "0.00020 ± 0.00000"  # 0.0002 of every note
    assert [row.name for row in table.rows][:5] == [row.name for row in published.TABLE_1]
    assert all(one.reason for row in table.rows for one in row.cells if math.isnan(one.value))


def test_a_system_that_is_no_row_of_the_paper_stands_below(results):
    table = paper_tables(results, {})[0]  # wavenet has no row in Table 1
    last = table.rows[-1]
    assert (last.name, last.system, last.cells[0].published) == ("wavenet", "wavenet", "")
    assert not math.isnan(last.cells[0].value)


def test_table_2_takes_the_fastest_device_and_says_which(results):
    table = paper_tables(results, {})[1]
    fast = cell(table, "SING spectral", "seconds_per_second")
    assert (fast.value, fast.reason) == (54.32, "on cpu, batch 8")
    mos = pd.read_csv(results.path("mos.csv")).set_index("system").loc["wavenet"]
    ours = cell(table, "Wavenet", "mos")
    assert (ours.value, ours.half_width) == (mos["mos"], mos["ci95"])
    shown = dict(zip([row.name for row in table.rows], table.shown(), strict=True))
    assert shown["SING spectral"][1:] == ("1.25", "54.3", "2133", "243")
    assert shown["Ground Truth"][1:] == ("-",) * 4
    assert shown["Wavenet"][1:] == ("missing",) * 4


def test_every_format_holds_every_cell(results, tmp_path):
    made = tables_run.run(results.folder, tmp_path / "tables", Settings())
    for table in made.tables:
        tidy = read_table(tmp_path / "tables" / f"{table.name}.csv", PAPER_TABLE)
        assert len(tidy) == len(table.rows) * len(table.columns)
        texts = {suffix: (tmp_path / "tables" / f"{table.name}.{suffix}").read_text()
                 for suffix in ("md", "html", "tex")}  # fmt: skip
        for row in printed_rows(table):
            for text in filter(None, row):
                assert text.replace("*", r"\*") in texts["md"]
                assert text in texts["html"]
                assert text.replace("±", r"\pm") in texts["tex"]


HOSTILE = "a|b & <script>_%$#{}\\"


def test_a_systems_name_is_only_text_in_every_format(make_study):
    folder = make_study(leave=("ratings.csv", "choices.csv", "speed.csv"))
    metrics = pd.read_csv(folder / "metrics.csv").replace("wavenet", HOSTILE)
    metrics.to_csv(folder / "metrics.csv", index=False)
    table = paper_tables(open_results(folder), {})[0]
    assert "<script>" not in html_table(table)
    line = next(one for one in markdown(table).splitlines() if "script" in one)
    assert line.replace(r"\|", "").count("|") == 11
    assert r"a|b \& <script>\_\%\$\#\{\}\textbackslash{} &" in latex(table)


def test_the_abx_sentence_gives_the_share_of_the_papers_favourite(results):
    choices = pd.read_csv(results.path("choices.csv"))
    share = (choices["choice"] == "sing").mean()
    ours, theirs = tables_run.make_tables(results, {}, 0).sentences
    assert f"over {len(choices)} trials, {100 * share:.1f} % are in favour of sing over" in ours
    assert "697 of 1,000; exact 95 % interval 66.7 % to 72.5 %" in theirs


@pytest.mark.parametrize("study", ["pilot", "rehearsal (synthetic)"])
def test_a_synthetic_study_is_marked_in_every_table(make_study, tmp_path, study):
    tables_run.run(make_study(study=study), tmp_path / "tables", Settings())
    paths = sorted((tmp_path / "tables").glob("table[12].*"))
    assert [path.suffix for path in paths] == [".csv", ".html", ".md", ".tex"] * 2
    for path in paths:
        assert ("ynthetic" in path.read_text()) == ("synthetic" in study), path.name


PROGRAM = """
import sys
from pathlib import Path
from analysis import tables_run
from analysis.study_run import Settings
folder, out = map(Path, sys.argv[1:])
settings = Settings(rows={"SING spectral": "sing"}, seed=3)
tables_run.run(folder, out, settings)
"""


def bytes_in(folder):
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    record = json.loads(found.pop("tables.provenance.json"))
    return found, {**record, "command": ()}  # which names the program and its arguments


def test_the_same_results_give_the_same_bytes_in_whatever_order_sets_are(make_study, tmp_path):
    folder, settings = make_study(), Settings(rows={"SING spectral": "sing"}, seed=3)
    tables_run.run(folder, tmp_path / "one", settings)
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", PROGRAM, folder, tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
        assert bytes_in(tmp_path / seed) == bytes_in(tmp_path / "one")


def test_rows_are_given_by_option_or_file(tmp_path):
    file = tmp_path / "rows.toml"
    file.write_text('[rows]\n"SING waveform" = "wave"\n', encoding="utf-8")
    found = parse_rows(["sing=a", str(file)])
    assert found == {"SING spectral": "a", "SING waveform": "wave"}
    assert match_rows({}, ["ground-truth", "sing", "x"]) == {
        "Ground Truth": "ground-truth", "SING spectral": "sing",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["SING"], "not ROW=SYSTEM"),
        (["SING spectrl=a"], "did you mean 'SING spectral'"),
        (["SING=a", "sing spectral=b"], "given twice"),
        (["SING=a", "Wavenet=a"], "two rows"),
        (["absent.toml"], "no such file"),
    ],
)
def test_faulty_rows_are_one_clear_line(given, message):
    with pytest.raises(SingError, match=message):
        parse_rows(given)


def test_a_row_of_an_unknown_system_is_an_error(results):
    with pytest.raises(SingError, match="did you mean 'sing'"):
        paper_tables(results, {"SING spectral": "sng"})


def test_folders_that_cannot_be_used_are_one_clear_line(make_study, tmp_path):
    with pytest.raises(SingError, match="no such folder"):
        open_results(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SingError, match="none of"):
        open_results(tmp_path / "empty")
    folder = make_study()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(SingError, match="other things"):
        tables_run.run(folder, tmp_path / "mine", Settings(), force=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_scores_that_the_folder_lacks_are_computed_and_those_it_has_are_kept(
    make_study, tmp_path, capsys
):
    folder, none = make_study(), Settings(rules="none")
    computed = tables_run.run(folder, tmp_path / "tables", none)
    error = " ".join(capsys.readouterr().err.split())
    assert f"{folder}: computed here, and not kept: mos.csv, abx.csv" in error
    assert not (folder / "mos.csv").exists()
    analyse(folder, tmp_path / "all", none)
    scores = pd.read_csv(tmp_path / "all" / "mos.csv")
    found = cell(computed.tables[1], "Wavenet", "mos")
    assert found.value == scores.set_index("system").loc["wavenet", "mos"]
    assert "over 200 trials" in computed.sentences[0]
    scores.assign(mos=3.25).to_csv(folder / "mos.csv", index=False)
    kept = tables_run.run(folder, tmp_path / "tables", none, force=True)
    assert cell(kept.tables[1], "Wavenet", "mos").value == 3.25


def test_tables_record_the_rules_and_intervals_that_decided_them(make_study, tmp_path, capsys):
    folder = make_study()
    analyse(folder, tmp_path / "all", Settings(rules="none", interval="naive"))
    for name in ("mos.csv", "abx.csv", "abx.provenance.json"):
        shutil.copyfile(tmp_path / "all" / name, folder / name)
    tables_run.run(folder, tmp_path / "kept", Settings())
    own = {"rules": "none", "interval": "naive"}
    recorded = files.read_json(tmp_path / "kept" / "tables.provenance.json")["settings"]
    assert recorded["tables"] == {"mos.csv": own, "abx.csv": {**own, "interval": "logit"}}
    assert not {"rules", "interval"} & {*recorded}
    error = " ".join(capsys.readouterr().err.split())
    assert (
        f"{folder}: taken as it is, not by --rules and --interval: mos.csv (rules none, " in error
    )
    for name in ("mos.csv", "abx.csv", "abx.provenance.json"):
        (folder / name).unlink()
    tables_run.run(folder, tmp_path / "computed", Settings())
    recorded = files.read_json(tmp_path / "computed" / "tables.provenance.json")["settings"]
    assert recorded["tables"]["mos.csv"]["interval"] == "crowdmos"
    assert recorded["tables"]["mos.csv"]["rules"].startswith("default (")
    assert recorded["tables"]["screening.csv"]["rules"].startswith("default (")
    assert "taken as it is" not in capsys.readouterr().err


def test_a_table_is_read_once(make_study, monkeypatch):
    read = []
    monkeypatch.setattr(
        results_module, "read_table", lambda *asked: read.append(asked[0]) or read_table(*asked)
    )
    results = open_results(make_study(leave=("ratings.csv", "choices.csv")))
    assert results.table("metrics") is results.table("metrics")
    assert results.table("abx") is results.table("abx") is None
    assert read == [results.path("metrics.csv")]


def test_a_fault_in_a_table_names_the_users_file(make_study, tmp_path):
    folder = make_study()
    (folder / "metrics.csv").write_text("system,part\nsing,test\n")
    with pytest.raises(SingError, match=f"^{folder}/metrics.csv: "):
        tables_run.run(folder, tmp_path / "tables", Settings())


@pytest.fixture
def mushra(make_study):
    """A study whose scores are from 0 to 100, with a reference of another name."""
    folder = make_study(leave=("choices.csv", "metrics.csv"))
    ratings = pd.read_csv(folder / "ratings.csv")
    ratings["score"] = (ratings["score"] - 1) * 25
    ratings = ratings.assign(scale_min=0, scale_max=100, test="mushra")
    ratings.replace({"system": {"ground-truth": "recorded"}}).to_csv(
        folder / "ratings.csv", index=False
    )
    return folder


def test_scores_of_another_scale_do_not_stand_beside_the_papers(mushra, tmp_path):
    made = tables_run.run(mushra, tmp_path / "tables", Settings(rules="none"))
    first, second, scores = made.tables
    assert [first.name, second.name, scores.name] == ["table1", "table2", "scores"]
    missing = cell(second, "SING spectral", "mos")
    assert math.isnan(missing.value)
    assert missing.reason == "scores from 0 to 100: see the table scores"
    assert any("from 0 to 100 are none" in remark for remark in second.remarks)
    means = pd.read_csv(mushra / "ratings.csv").groupby("system")["score"].mean()
    assert scores.title == "Mean scores from 0 to 100"
    found = {row.system: row.cells[0].value for row in scores.rows}
    assert found == pytest.approx(means.to_dict())
    assert (tmp_path / "tables" / "scores.csv").is_file()


def test_scores_beyond_five_are_no_mos_even_where_no_scale_is_stated(mushra, tmp_path):
    analyse(mushra, tmp_path / "all", Settings(rules="none"))
    (mushra / "ratings.csv").unlink()
    shutil.copyfile(tmp_path / "all" / "mos.csv", mushra / "mos.csv")
    made = tables_run.run(mushra, tmp_path / "tables", Settings())
    assert made.tables[2].title == "Mean scores not from 1 to 5"


def test_a_mushra_study_is_screened_by_the_reference_that_is_named(mushra, tmp_path):
    bs1534 = Settings(rules="bs1534")
    with pytest.raises(SingError, match=r"no system 'ground-truth' .*name it with --reference"):
        tables_run.run(mushra, tmp_path / "tables", bs1534)
    ratings = pd.read_csv(mushra / "ratings.csv")
    ratings.loc[ratings["system"] == "recorded", "score"] = 100
    ratings.to_csv(mushra / "ratings.csv", index=False)
    named = (
        Settings(rules="bs1534", reference="recorded"),
        Settings(rules="bs1534", rows={"Ground Truth": "recorded"}),
    )
    for place, settings in enumerate(named):
        made = tables_run.run(mushra, tmp_path / str(place), settings)
        assert "screening: bs1534" in made.tables[2].remarks[0]
    (mushra / "study.toml").write_text('name = "pilot"\nreference = "recorded"\n')
    assert tables_run.run(mushra, tmp_path / "study", bs1534).tables[2].rows[0].name == "recorded"


def test_what_systems_truth_writes_is_the_row_ground_truth():
    assert match_rows({}, ["sing", "truth"])["Ground Truth"] == "truth"
    assert match_rows({}, ["ground-truth", "truth"])["Ground Truth"] == "ground-truth"


@pytest.mark.parametrize(
    ("header", "task"),
    [("a,b,trials,cmos", "CMOS"), ("a,b,trials,correct,proportion_correct", "classic ABX")],
)
def test_preferences_alone_are_shown_of_choices(make_study, tmp_path, header, task):
    folder = make_study(leave=("choices.csv",))
    (folder / "abx.csv").write_text(f"{header}\n")
    with pytest.raises(SingError, match=f"abx.csv: of {task}, and tables, figures and report show"):
        tables_run.run(folder, tmp_path / "tables", Settings())


def test_a_value_too_large_for_a_mean_is_named_and_not_what_follows_from_it(make_study, tmp_path):
    folder = make_study(leave=("choices.csv", "ratings.csv"))
    metrics = pd.read_csv(folder / "metrics.csv")
    metrics.assign(spectral_loss=1e308).to_csv(folder / "metrics.csv", index=False)
    fault = (
        rf"^{folder}/metrics.csv: sing, {metrics['note'][0]}: spectral_loss 1e\+308 is too large"
    )
    with pytest.raises(SingError, match=fault):
        tables_run.run(folder, tmp_path / "tables", Settings())
