"""`sing-eval study publish` and `pay`, on a built study of each platform."""

import csv
import io
import shutil
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import studies

from listening_app.build import build_study
from listening_app.crowd.prolific import completion_codes
from listening_app.store import Answer, Store
from listening_app.store.codes import study_secret
from listening_app.study import open_study

ADDRESS = "https://study.example.org/"
PID = "5f0c1a2b3c4d5e6f7081920"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    place = tmp_path_factory.mktemp("published")
    studies.write_systems(place / "systems")
    folder = studies.write_study(
        place / "study",
        controls={"gold": 0, "traps": 0},
        practice={"trials": 0},
        pay={"amount": 2.5, "minutes": 12.0},
    )
    build_study(folder)
    return folder


@pytest.fixture
def make(built, tmp_path):
    """A copy of the built study for the raters of a platform."""

    def make(platform):
        folder = tmp_path / platform
        shutil.copytree(built, folder)
        toml = folder / "study.toml"
        toml.write_text(f'{toml.read_text()}platform = {{ name = "{platform}" }}\n')
        return folder

    return make


def take(folder, platform, number, last=None):
    """Let a rater finish, or leave after so many answers."""
    with Store(open_study(folder)) as store:
        state = store.join(platform, f"{PID}{number}", "en", {"SESSION_ID": f"submission{number}"})
        store.record_stage(state.session, "consent", {"given": True})
        store.record_stage(state.session, "sound", {"device": "headphones"})
        store.record_stage(state.session, "headphones", {"antiphase_hits": 6, "huggins_hits": 6})
        for position in range(1, (last or state.trials) + 1):
            store.save_answer(state.session, Answer(position, str(uuid4()), {"score": 3}))
    return state


def test_links_are_made_once_a_place_and_kept(make, run):
    folder = make("local")
    code, out, _ = run("publish", folder, "--url", f"{ADDRESS}?lang=de", "--places", "5")
    assert (code, out) == (0, f"{folder}/links.csv  5 links, one a rater\n")
    with (folder / "links.csv").open() as file:
        first = list(csv.DictReader(file))
    assert len({row["rater"] for row in first}) == 5
    assert all(row["link"] == f"{ADDRESS}?lang=de&rater={row['rater']}" for row in first)
    run("publish", folder, "--url", f"{ADDRESS}?lang=de", "--places", "7")
    with (folder / "links.csv").open() as file:
        second = list(csv.DictReader(file))
    assert second[:5] == first
    assert len(second) == 7


def test_mturk_gets_a_question_for_its_frame(make, run):
    folder = make("mturk")
    code, out, err = run("publish", folder, "--url", ADDRESS)
    assert code == 0
    # 6 notes x 3 systems x 2 ratings, 4 trials a rater.
    assert "with 9 assignments" in out
    assert "closed Mechanical Turk on 2026-09-30" in err
    root = ElementTree.parse(folder / "external-question.xml").getroot()
    assert root[0].text == ADDRESS
    code, _, err = run("publish", folder, "--url", "http://study.example.org/")
    assert code == 2
    assert "https:// only" in err


def test_without_a_token_prolific_is_told_by_hand(make, run, monkeypatch):
    monkeypatch.delenv("PROLIFIC_TOKEN", raising=False)
    folder = make("prolific")
    code, out, _ = run("publish", folder, "--url", ADDRESS)
    assert code == 0
    assert "PROLIFIC_PID={{%PROLIFIC_PID%}}" in out
    assert "reward          2.50 EUR" in out
    for outcome, text in completion_codes(study_secret(folder)).items():
        assert f"{text} for {outcome.replace('_', ' ')}" in out
    assert not (folder / "recruiting.json").exists()


def test_prolific_publishes_and_pays(make, run, prolific):
    folder = make("prolific")
    assert run("publish", folder, "--url", ADDRESS, "--live")[1] == "Prolific study study0: live\n"
    assert prolific.studies["study0"]["total_available_places"] == 9
    one, two = take(folder, "prolific", 1), take(folder, "prolific", 2)
    take(folder, "prolific", 3, last=2)
    for number in (1, 2):
        prolific.submissions[f"submission{number}"] = {
            "participant_id": f"{PID}{number}",
            "study_id": "study0",
            "status": "AWAITING REVIEW" if number == 1 else "ACTIVE",
        }
    (folder / "bonus.csv").write_text(f"participant,amount\n{one.participant},1.50\n")
    code, out, _ = run("pay", folder, "--yes", "--bonus", folder / "bonus.csv", "--forget")
    assert code == 0
    assert "2 finished, 2 not yet paid (5.00 EUR); 1 bonuses (1.50 EUR)" in out
    assert "1 paid" in out
    assert "Prolific says active" in out
    assert "1 identities deleted" in out
    assert prolific.paid == [f"{PID}1,1.50"]
    with Store(open_study(folder)) as store:
        left = {recruit.session: recruit.paid_at for recruit in store.recruits()}
    assert one.session not in left
    assert left[two.session] is None
    prolific.submissions["submission2"]["status"] = "APPROVED"
    assert "1 finished, 1 not yet paid" in run("pay", folder, "--yes")[1]
    assert "1 finished, 0 not yet paid" in run("pay", folder, "--yes")[1]
    token = "token-of-the-test"
    assert not any(token.encode() in path.read_bytes() for path in folder.rglob("*.*"))


def test_raters_of_links_are_listed_and_noted_as_paid_by_hand(make, run):
    folder = make("local")
    take(folder, "local", 1)
    code, out, err = run("pay", folder, "--yes")
    assert code == 0
    assert f"{PID}1  " in out
    assert "to be paid by hand" in out
    assert "1 not paid" in err
    assert "1 not yet paid" in run("pay", folder)[1]  # a list: nothing to ask
    run("pay", folder, "--yes", "--paid-by-hand")
    assert "0 not yet paid" in run("pay", folder)[1]


def test_after_the_study_identities_go_but_of_who_is_to_be_paid(make, run, monkeypatch):
    folder = make("local")
    finished, left = take(folder, "local", 1), take(folder, "local", 2, last=2)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, _, err = run("pay", folder, "--forget-all")
    assert (code, "nothing was done: the answer was no" in err) == (2, True)
    code, out, _ = run("pay", folder, "--yes", "--forget-all")
    assert (code, "1 identities deleted" in out) == (0, True)
    with Store(open_study(folder)) as store:
        assert [recruit.session for recruit in store.recruits()] == [finished.session]
    out = run("pay", folder, "--yes", "--paid-by-hand", "--forget-all")[1]
    assert "1 identities deleted" in out
    with Store(open_study(folder)) as store:
        assert store.recruits() == []
        assert store.counts().answers == finished.trials + 2
        assert store.is_known(f"{PID}2")  # by the keyed hash
        assert store.state(left.session).outcome == "active"


def test_where_nobody_is_paid_nobody_is_owed_an_identity(make, run):
    folder = make("local")
    toml = folder / "study.toml"
    toml.write_text(toml.read_text().replace("amount = 2.5", "amount = 0.0"))
    take(folder, "local", 1)
    assert "1 identities deleted" in run("pay", folder, "--yes", "--forget-all")[1]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("nobody,1.50", "'nobody' did not finish"),
        (f"{PID}1,-1", "amount '-1'"),
        (f"{PID}1,nan", "amount 'nan'"),
        (f"{PID}1,1.005", "amount '1.005'"),
        (f"{PID}1,150000", "amount '150000'"),
        (f"{PID}1,1\n{PID}1,1", "is there twice"),
    ],
)
def test_an_odd_bonus_is_refused_before_anybody_is_paid(make, run, prolific, row, fault):
    folder = make("prolific")
    take(folder, "prolific", 1)
    (folder / "bonus.csv").write_text(f"participant,amount\n{row}\n")
    code, _, err = run("pay", folder, "--yes", "--bonus", folder / "bonus.csv")
    assert code == 2
    assert fault in err
    assert prolific.requests == []


def test_an_address_that_is_none_is_refused(make, run):
    code, _, err = run("publish", make("local"), "--url", "study.example.org")
    assert code == 2
    assert "give https://HOST/" in err
