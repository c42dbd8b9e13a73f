import os
import tomllib
from pathlib import Path

import pytest

from listening_app.commands.new import DESIGNS
from listening_app.new import new_study, shipped_designs
from listening_app.setting_keys import all_keys
from listening_app.settings import Settings, checked_settings, read_settings
from listening_app.wording import wording_of
from sing.errors import SingError
from sing.notes import Note
from sing.systems import SystemWriter

NOTE = Note("flute_acoustic_001", 60, 100)
SOUNDS = {"truth": "truth", "sing": "run", "wavenet": "imported"}


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A current folder in which ./systems holds three systems."""
    import numpy as np

    monkeypatch.chdir(tmp_path)
    for name, kind in SOUNDS.items():
        writer = SystemWriter(Path("systems", name), name, kind)
        writer.write(NOTE, np.zeros(64_000))
        writer.finish([NOTE])
    return tmp_path


def test_the_designs_are_those_that_the_command_offers():
    assert set(shipped_designs()) == set(DESIGNS)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_design_is_a_valid_study_of_the_systems_that_there_are(workplace, design):
    path = new_study(Path("studies/first"), design)
    settings = read_settings(path.parent)
    assert settings.name == "first"
    assert settings.reference == "truth"
    assert settings.systems == {name: f"../../systems/{name}" for name in sorted(SOUNDS)}
    assert [question.key for question in settings.questions] == ["age", "hearing", "music"]


@pytest.mark.parametrize("design", DESIGNS)
def test_every_key_is_written_with_its_explanation_above(workplace, design):
    text = new_study(Path("study"), design).read_text()
    assert max(map(len, text.splitlines())) <= 100
    plain = " ".join(text.replace("\n# ", " ").split())
    values = tomllib.loads(text)
    for key in all_keys(Settings):
        assert " ".join(key.meaning.split()) in plain, key.name
        *tables, name = key.name.split(".")
        if tables in ([], ["questions"]) or "*" in tables or name in ("questions", "translations"):
            continue
        assert name in values[tables[0]], key.name


@pytest.mark.parametrize("design", DESIGNS)
def test_a_written_study_says_no_more_than_its_design(workplace, design):
    """Every written value is the design's, what is usual for its test, or the default."""
    written = tomllib.loads(new_study(Path("study"), design).read_text())
    short = tomllib.loads(shipped_designs()[design].read_text())
    short |= {key: written[key] for key in ("name", "reference", "systems", "questions")}
    assert checked_settings(written, "x") == checked_settings(short, "x")


def test_the_papers_designs_are_the_papers(workplace):  # Section 5.3
    mos = read_settings(new_study(Path("mos"), "paper-mos").parent)
    assert (mos.test, mos.notes.list, mos.ratings_per_stimulus) == ("mos", "paper-100", 60)
    assert mos.limits == (1, 5)
    abx = read_settings(new_study(Path("abx"), "paper-abx").parent)
    assert (abx.test, abx.notes.list, abx.ratings_per_stimulus) == ("preference", "paper-100", 10)
    for settings in (mos, abx):
        assert settings.controls.gold == settings.controls.traps == settings.practice.trials == 0


def test_systems_can_be_named_and_a_dataset_is_the_reference(workplace, make_dataset):
    dataset = make_dataset(name="nsynth")
    new_study(Path("study"), "mos", [f"nsynth={dataset}", "ours=systems/sing", "demo=demo"])
    settings = read_settings(Path("study"))
    assert settings.systems == {"nsynth": "../nsynth", "ours": "../systems/sing", "demo": "demo"}
    assert settings.reference == "nsynth"


def test_a_dataset_is_the_ground_truth_by_name_and_no_run(workplace, capsys):
    new_study(Path("study"), "mos", ["demo", "systems/sing"])
    settings = read_settings(Path("study"))
    assert settings.systems == {"ground-truth": "demo", "sing": "../systems/sing"}
    assert settings.reference == "ground-truth"
    error = " ".join(capsys.readouterr().err.split())
    assert "demo: the dataset's recordings, as system 'ground-truth', no run's sounds" in error


def test_without_systems_the_file_says_where_they_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = new_study(Path("study"), "mos").read_text()
    assert '[systems]\n# ground-truth = "../../systems/ground-truth"\n' in text
    with pytest.raises(SingError, match="systems: 0 named, a mos test needs 1 or more; add"):
        read_settings(Path("study"))


def test_a_folder_that_holds_something_is_left_alone(workplace):
    Path("study").mkdir()
    Path("study/study.toml").write_text("mine")
    with pytest.raises(SingError, match="study: there is something already; give a new folder"):
        new_study(Path("study"), "mos")
    assert Path("study/study.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("systems", "words"),
    [
        (["systems/absent"], "no system.json; not a system folder"),
        (["systems/sing", "sing=systems/truth"], "a second system is called 'sing'; name it"),
    ],
)
def test_a_folder_that_is_no_system_is_one_line(workplace, systems, words):
    with pytest.raises(SingError, match=words):
        new_study(Path("study"), "mos", systems)
    assert not Path("study").exists()


def test_another_design_is_suggested():
    with pytest.raises(SingError, match=r"--test xab: no such design; did you mean|known:"):
        new_study(Path("study"), "xab")


def test_a_folder_whose_name_is_no_studys_name_gets_the_designs(workplace):
    os.mkdir("été")
    assert read_settings(new_study(Path("été"), "ab").parent).name == "ab"


@pytest.mark.parametrize("design", DESIGNS)
def test_a_study_of_two_languages_is_written_in_both(workplace, design):
    path = new_study(Path("study"), design, languages=["de", "en"])
    settings = read_settings(path.parent)  # which needs every text in both
    assert settings.languages == ("de", "en")
    test = settings.test
    german, english = wording_of("de"), wording_of("en")
    assert (settings.title, settings.task) == (german.title[test], german.task[test])
    assert settings.consent.text == german.consent
    assert settings.scale.labels == tuple(german.labels[test])
    assert settings.controls.trap_text == german.trap[test]
    assert [question.text for question in settings.questions] == [
        words["text"] for words in german.questions.values()
    ]
    other = settings.in_language("en")
    assert (other.title, other.consent.text) == (english.title[test], english.consent)
    assert [question.key for question in other.questions] == list(english.questions)


def test_a_short_file_is_worded_in_its_first_language():
    short = {
        "name": "x", "test": "ab", "languages": ["de"], "systems": {"a": "a", "b": "b"},
        "ratings_per_stimulus": 1, "trials_per_rater": 1,
    }  # fmt: skip
    settings = checked_settings(short, "x")
    assert settings.title == "Welcher Ton klingt besser?"
    assert settings.consent.text.startswith("Dies ist eine Hörstudie")


@pytest.mark.parametrize("override", ["title=Notes", "scale.labels=['a','b','c','d','e']"])
def test_a_text_of_ones_own_is_worded_in_the_file_in_each_language(workplace, override):
    with pytest.raises(SingError, match=r"in 2 languages; word it in study\.toml"):
        new_study(Path("study"), "mos", overrides=[override], languages=["en", "de"])
    assert not Path("study").exists()


def test_a_language_without_pages_is_one_line(workplace):
    with pytest.raises(SingError, match="--language fr: none of ours; known: de, en"):
        new_study(Path("study"), "mos", languages=["fr"])


def test_values_may_be_set(workplace):
    path = new_study(
        Path("study"), "mos", overrides=["notes.count=50", "title=Notes", "languages=['de']"]
    )
    settings = read_settings(path.parent)
    assert (settings.notes.count, settings.title, settings.languages) == (50, "Notes", ("de",))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("notes.cuont=5", r"--set notes\.cuont=5: no key 'notes\.cuont'; did you mean 'count'"),
        ("nots.count=5", r"no key 'nots\.count'; did you mean 'notes'"),
        ("title", "expected key=value, such as notes.count=50"),
        ("surplus=much", r"--set surplus=much: surplus = 'much': input should be a valid number"),
    ],
)
def test_a_wrong_value_to_set_is_one_line(workplace, override, words):
    with pytest.raises(SingError, match=words):
        new_study(Path("study"), "mos", overrides=[override])
    assert not Path("study").exists()
