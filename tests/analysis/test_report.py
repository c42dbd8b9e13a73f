import html
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.commands.bundle import bundle
from analysis.commands.figures import figures
from analysis.commands.report import report
from analysis.commands.reproduce import reproduce
from analysis.commands.tables import tables
from analysis.compare import compare
from analysis.ratings import read_ratings
from analysis.report.checklist import NO, OPEN, YES, checklist
from analysis.report.page import ReportRequest, write_report
from analysis.report.story import tell
from analysis.results import open_results
from analysis.screening.rules import shipped
from analysis.study_run import Settings
from sing import files
from sing.errors import SingError


def page_of(folder, out, **request):
    settings = request.pop("settings", Settings())
    return write_report(ReportRequest(folder, out, settings, **request)).read_text("utf-8")


@pytest.fixture(scope="module")
def folder(make_study):
    made = make_study(study="pilot (synthetic)")
    (made / "breakdown.csv").write_text(
        "system,by,group,metric,mean,ci_low,ci_high,notes,pairs\n"
        "sing,source,acoustic,spectral_loss,0.05,0.04,0.06,20,20\n"
        "sing,source,acoustic,wav_mse,0.02,0.01,0.03,20,20\n"
    )
    return made


@pytest.fixture(scope="module")
def page(folder, tmp_path_factory):
    return page_of(folder, tmp_path_factory.mktemp("page") / "report.html")


def test_the_page_tells_the_whole_story(page):
    headings = re.findall(r'<h2 id="(\w+)">', page)
    assert headings == [
        "design", "raters", "results", "figures", "limits", "checklist", "provenance",
    ]  # fmt: skip
    assert "720 by 12 raters" in page
    assert "<dt>Kept of those who compared</dt><dd>10 of 10, default (" in page
    # Of the first metric alone: a page is no place for all of them.
    assert re.findall(r'<table id="(\w+-by-\w+)">', page) == ["spectral_loss-by-source"]
    assert page.count("<figure>") == 7
    assert "default" in page


def test_the_page_shows_differences_and_every_rule_set(page, folder):
    table = compare(read_ratings(folder / "ratings.csv").main)
    for _, row in table.iterrows():
        line = f'<th scope="row">{row["a"]}</th><td>{row["b"]}</td>'
        rest = page.partition(line)[2].partition("</tr>")[0]
        assert f"{row['difference']:.3f} [" in rest
        assert row["verdict"] in rest
    universes = page.partition("each set of screening rules")[2].partition("</table>")[0]
    first = re.findall(r'<th scope="row">(.*?)</th>', universes)
    assert first == ["none", "default", *sorted(set(shipped()) - {"default"})]


def test_of_one_system_there_is_nothing_to_compare(make_study, tmp_path):
    folder = make_study()
    ratings = pd.read_csv(folder / "ratings.csv")
    ratings[ratings["system"] == "sing"].to_csv(folder / "ratings.csv", index=False)
    assert "Paired differences" not in page_of(folder, tmp_path / "page.html")


def test_the_page_needs_nothing_but_itself(page):
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses
    assert all(one.startswith(("#", "data:image/png;base64,")) for one in addresses)
    assert "<script" not in page


def test_every_picture_says_what_it_shows(page):
    alternatives = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alternatives) == 7
    assert all(len(text) > 20 for text in alternatives)


def test_hashes_are_those_of_the_files(page, folder):
    for name in ("ratings.csv", "choices.csv", "metrics.csv", "speed.csv", "sing.history.csv"):
        assert files.sha256(folder / name) in page


def test_a_synthetic_study_says_so_at_the_top(page, make_study, tmp_path):
    assert 'class="mark"' in page
    people = ("choices.csv", "metrics.csv", "sing.history.csv")
    other = page_of(make_study(leave=people), tmp_path / "r.html")
    assert "ynthetic" not in other


@pytest.mark.slow
def test_the_same_results_give_the_same_page(folder, page, tmp_path):
    assert page_of(folder, tmp_path / "again.html") == page


def test_tables_that_the_folder_has_are_shown_as_they_are(make_study, tmp_path):
    folder = make_study(leave=("choices.csv", "metrics.csv", "sing.history.csv"))
    row = "sing,4.44,0.11,crowdmos,mine,10,5,2,,,,"
    header = (
        "system,mos,ci95,interval,rules,ratings,participants,notes,effective_n,"
        "var_participant,var_note,var_residual"
    )
    (folder / "mos.csv").write_text(f"{header}\n{row}\n")
    page = page_of(folder, tmp_path / "r.html")
    assert "4.44 ± 0.11" in page
    assert "<dt>mos.csv</dt><dd>rules mine, interval crowdmos</dd>" in page
    assert "<dt>rules</dt>" not in page


def test_sounds_pictures_and_a_listening_page_are_taken_in(make_study, tmp_path):
    folder = make_study(leave=("choices.csv", "ratings.csv", "metrics.csv"))
    (tmp_path / "a note.wav").write_bytes(b"RIFF")
    (tmp_path / "grid.png").write_bytes(b"PNG")
    (tmp_path / "listen").mkdir()
    (tmp_path / "listen" / "index.html").write_text("x")
    page = page_of(
        folder,
        tmp_path / "r.html",
        examples=(tmp_path / "a note.wav",),
        pictures=(tmp_path / "grid.png",),
        listening_page=tmp_path / "listen",
    )
    assert 'src="data:audio/wav;base64,UklGRg=="' in page
    assert '<a href="listen/index.html">' in page
    assert 'alt="grid"' in page


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"examples": ("absent.wav",)}, "cannot be read"),
        ({"examples": ("a.txt",)}, "not one of"),
        ({"listening_page": "absent"}, "no page"),
    ],
)
def test_what_cannot_be_taken_in_is_one_clear_line(make_study, tmp_path, request_, message):
    folder = make_study(leave=("choices.csv", "ratings.csv", "metrics.csv"))
    paths = {
        name: tuple(tmp_path / one for one in value)
        if isinstance(value, tuple)
        else tmp_path / value
        for name, value in request_.items()
    }
    with pytest.raises(SingError, match=message):
        page_of(folder, tmp_path / "r.html", **paths)
    assert not (tmp_path / "r.html").exists()


def test_free_text_is_only_text(make_study, tmp_path):
    hostile = "<script>document.title='taken'</script>"
    folder = make_study(study=hostile, leave=("choices.csv", "metrics.csv", "sing.history.csv"))
    page = page_of(folder, tmp_path / "r.html")
    assert "<script" not in page
    assert html.escape(hostile, quote=False)[:14] in page


def test_the_checklist_answers_from_the_results(make_study):
    folder = make_study()
    answers = {item.question: item.answer for item in checklist(open_results(folder))}
    assert answers["Were there control trials?"] == NO
    assert answers["Is it known what raters listened with?"] == OPEN
    assert answers["Was the ground truth rated too, hidden among the systems?"] == YES
    locked = "Were the screening rules fixed before the systems' names were known?"
    assert answers[locked] == OPEN
    for rules, expected in ((None, NO), ({"matches": True, "file": "r.toml"}, YES),
                            ({"matches": False}, NO)):  # fmt: skip
        record = {"fingerprint": "f", "rules": rules}
        files.write_json(folder / "provenance.json", record)
        found = {item.question: item.answer for item in checklist(open_results(folder))}
        assert found[locked] == expected


def test_one_rater_and_one_note_give_a_page_that_says_what_is_undefined(tmp_path):
    (tmp_path / "ratings.csv").write_text(
        "participant,system,note,score\nann,sing,bass_acoustic_000-060-100,4\n"
    )
    (tmp_path / "choices.csv").write_text(
        "participant,note,a,b,choice\nann,bass_acoustic_000-060-100,sing,wavenet,sing\n"
    )
    page = page_of(tmp_path, tmp_path / "r.html", settings=Settings(rules="none"))
    assert "The interval of sing is undefined: " in page
    assert "two-way interval: " in page
    assert ">nan" not in page.lower()


@pytest.mark.slow
def test_the_commands_lead_from_answers_to_a_bundle_and_back(make_study, tmp_path):
    folder = make_study(leave=("metrics.csv",))
    page, archive = tmp_path / "r.html", tmp_path / "b.zip"
    for command, arguments, last in (
        (report, (folder, "--out", page), page),
        (bundle, (folder, "--out", archive, "--row", "SING=sing"), archive),
        (reproduce, (archive,), tmp_path / "b"),
        (tables, (tmp_path / "b" / "results", "--out", tmp_path / "t"), tmp_path / "t"),
        (figures, (tmp_path / "b" / "results", "--out", tmp_path / "f"), tmp_path / "f"),
    ):
        done = CliRunner().invoke(command, [*map(str, arguments)], catch_exceptions=False)
        assert done.exit_code == 0
        assert done.output.splitlines()[-1] == str(last)
        assert last.exists()


def test_reasons_are_counted_by_rule_and_not_by_rater(make_study):
    folder = make_study()
    names = sorted(pd.read_csv(folder / "ratings.csv")["participant"].unique())
    reasons = {
        names[0]: "too fast: median 1.0 s; correlation -0.14 with the others",
        names[1]: "too fast: median 1.2 s",
    }
    pd.DataFrame(
        {
            "participant": names, "ratings": 60, "correlation": 0.5, "null_quantile": 0.2,
            "control_score": "", "kept": ["no" if one in reasons else "yes" for one in names],
            "reason": [reasons.get(one, "") for one in names],
        }
    ).to_csv(folder / "screening.csv", index=False)  # fmt: skip
    story = tell(open_results(folder), "x")
    assert story.reasons == (("too fast", 2), ("correlation", 1))
    assert ("Kept", "10 of 12 raters") in story.raters


TRUTH = "Was the ground truth rated too, hidden among the systems?"


@pytest.mark.parametrize(
    ("renamed", "reference", "expected"),
    [
        ("ground-truth", None, (YES, "as ground-truth")),
        ("truth", None, (YES, "as truth")),
        ("recorded", "recorded", (YES, "as recorded")),
        ("recorded", None, (OPEN, "nothing says which system it is; --reference does")),
        ("recorded", "demo", (NO, "demo was not")),
    ],
)
def test_the_checklist_knows_the_ground_truth_by_its_own_name(
    make_study, renamed, reference, expected
):
    folder = make_study(leave=("choices.csv", "metrics.csv"))
    ratings = pd.read_csv(folder / "ratings.csv")
    ratings.replace({"system": {"ground-truth": renamed}}).to_csv(
        folder / "ratings.csv", index=False
    )
    items = {item.question: item for item in checklist(open_results(folder), reference)}
    assert (items[TRUTH].answer, items[TRUTH].evidence) == expected


@pytest.mark.parametrize("rules", [{"file": "r.toml"}, {"file": "r.toml", "matches": None}])
def test_rules_that_were_not_compared_are_not_said_to_be_the_locked_ones(make_study, rules):
    folder = make_study(leave=("choices.csv", "metrics.csv"))
    files.write_json(folder / "provenance.json", {"fingerprint": "f", "rules": rules})
    answers = {item.question: item.answer for item in checklist(open_results(folder))}
    assert answers["Were the screening rules fixed before the systems' names were known?"] == OPEN


def test_the_page_takes_wording_and_reference_from_the_studys_definition(make_study, tmp_path):
    folder = make_study(leave=("choices.csv", "metrics.csv", "sing.history.csv"))
    ratings = pd.read_csv(folder / "ratings.csv")
    ratings.replace({"system": {"ground-truth": "recorded"}}).to_csv(
        folder / "ratings.csv", index=False
    )
    (folder / "study.toml").write_text('name = "pilot"\nreference = "recorded"\n')
    page = page_of(folder, tmp_path / "r.html", settings=Settings(rules="none"))
    assert "in study.toml, whose hash stands below" in page
    assert files.sha256(folder / "study.toml") in page
    assert "as recorded" in page


def test_the_reference_is_the_one_asked_for_then_the_row_then_the_studys(tmp_path):
    files.write_json(tmp_path / "provenance.json", {"study": "s", "reference": "exported"})
    assert Settings().settled(tmp_path).truth == "exported"
    assert Settings(study="other").settled(tmp_path).truth == "ground-truth"
    (tmp_path / "study.toml").write_text('name = "s"\nreference = "defined"\n')
    assert Settings().settled(tmp_path).truth == "defined"
    rows = {"Ground Truth": "row"}
    assert Settings(rows=rows).settled(tmp_path).truth == "row"
    assert Settings(rows=rows, reference="asked").settled(tmp_path).truth == "asked"


def test_ratings_and_choices_may_have_sessions_of_their_own(make_study, tmp_path):
    folder = make_study(leave=("metrics.csv", "sing.history.csv"))
    for name, sessions, device in (
        ("ratings.csv", "sessions.csv", "headphones"),
        ("choices.csv", "choices-sessions.csv", "headphones"),
    ):
        answers = pd.read_csv(folder / name)
        answers["participant"] = name[:3] + answers["participant"]
        answers.to_csv(folder / name, index=False)
        raters = sorted(answers["participant"].unique())
        pd.DataFrame(
            {
                "study": "pilot", "session": [f"s-{one}" for one in raters],
                "sheet": "s0001", "participant": raters, "platform": "local",
                "started_at": "2027-01-15T08:00:00.000Z", "finished_at": "",
                "outcome": "complete", "device": device,
            }
        ).to_csv(folder / sessions, index=False)  # fmt: skip
    page = page_of(folder, tmp_path / "r.html")
    assert "<dt>Say they listen with</dt><dd>headphones 12</dd>" in page
    assert "<dt>Say they listen with, choices</dt><dd>headphones 10</dd>" in page
    (folder / "choices-sessions.csv").unlink()
    fault = (
        rf"^{folder}/sessions.csv: no participant of {folder}/choices.csv; check the file, or "
        "call the choices' own sessions choices-sessions.csv$"
    )
    with pytest.raises(SingError, match=fault):
        page_of(folder, tmp_path / "other.html")
    archive = tmp_path / "b.zip"
    done = CliRunner().invoke(bundle, [str(folder), "--out", str(archive)])
    assert re.search(fault, str(done.exception))


def test_a_sound_is_no_page_to_listen(make_study, tmp_path):
    folder = make_study(leave=("choices.csv", "ratings.csv", "metrics.csv"))
    (tmp_path / "note.wav").write_bytes(b"RIFF")
    with pytest.raises(SingError, match=r"--listen \S+note\.wav: no HTML page; name one"):
        page_of(folder, tmp_path / "r.html", listening_page=tmp_path / "note.wav")
