import pytest
from study_settings import settings_of

from listening_app.draw import choose_notes, open_sources
from sing.data.nsynth import open_dataset
from sing.errors import SingError
from sing.notes import Note
from sing.systems import SystemWriter

NOTES = [Note("bass_synthetic_000", pitch, 100) for pitch in range(40, 52)]
USUAL = {
    "ratings_per_stimulus": 2,
    "trials_per_rater": 2,
    "systems": {"truth": "../data", "system": "../system"},
    "notes": {"count": 4},
    "practice": {"trials": 1},
    "controls": {"gold": 1, "traps": 0},
}


@pytest.fixture
def study(tmp_path, make_dataset):
    """A folder with a dataset of twelve notes and a system that has ten of them."""
    dataset = make_dataset(NOTES, "data")
    writer = SystemWriter(tmp_path / "system", "system", "test")
    for note in NOTES[:10]:
        writer.write(note, open_dataset(dataset).waveforms([note])[0])
    writer.finish(NOTES[:10])
    assert dataset.parent == tmp_path
    (tmp_path / "study").mkdir()
    return tmp_path / "study"


def settings_with(**changes):
    return settings_of("mos", **{**USUAL, **changes})


def chosen(study, **changes):
    settings = settings_with(**changes)
    return choose_notes(study, settings, open_sources(study, settings))


def test_notes_are_drawn_from_those_that_all_systems_have(study):
    drawn = chosen(study)
    assert len(drawn.main) == 4
    assert {*drawn.main, *drawn.other} <= set(NOTES[:10])
    assert drawn == chosen(study)
    assert drawn != chosen(study, seed=43)


def test_practice_and_controls_have_notes_of_their_own(study):
    drawn = chosen(study)
    assert len(drawn.other) == 3  # one of practice, two kinds of gold
    assert not set(drawn.main) & set(drawn.other)


def test_where_there_are_no_other_notes_the_main_ones_serve_twice(study):
    drawn = chosen(study, notes={"count": 10})
    assert drawn.other == drawn.main


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n.csv", "note\n" + "\n".join(note.name for note in NOTES[:3])),
        ("n.txt", "\n".join(note.name for note in NOTES[:3])),
    ],
)
def test_a_list_of_notes_is_taken_as_it_is(study, name, text):
    (study / name).write_text(text)
    assert chosen(study, notes={"list": name}).main == tuple(NOTES[:3])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"note\n{NOTES[0].name}\nbass\n", "n.csv: line 3: 'bass': not a note name"),
        (f"note\n{NOTES[0].name}\n{NOTES[0].name}\n", "line 3: .* is on line 2 already"),
        (f"note\n{NOTES[0].name}\n", "1 notes; a study needs two or more"),
        (f"note\n{NOTES[0].name}\n{NOTES[11].name}\n", "system 'system' lacks 1 of its 2 notes"),
        (f"name\n{NOTES[0].name}\n", "no column 'note'"),
    ],
)
def test_a_wrong_list_is_one_line(study, text, words):
    (study / "n.csv").write_text(text)
    with pytest.raises(SingError, match=words):
        chosen(study, notes={"list": "n.csv"})


def test_the_papers_notes_are_a_list_of_100(study):
    with pytest.raises(SingError, match="system 'truth' lacks 100 of its 100 notes"):
        chosen(study, notes={"list": "paper-100"})


def test_too_many_notes_and_a_missing_list_are_one_line(study):
    with pytest.raises(SingError, match=r"notes\.count = 11: the systems have 10 notes in common"):
        chosen(study, notes={"count": 11})
    with pytest.raises(SingError, match=r"there is no such file; check notes\.list"):
        chosen(study, notes={"list": "absent.txt"})


def test_a_folder_that_is_no_system_is_one_line(study):
    (study.parent / "run").mkdir()
    (study.parent / "run" / "config.toml").touch()
    with pytest.raises(SingError, match="is a run, not a system; make its sounds first"):
        chosen(study, systems={"truth": "../data", "run": "../run"})
    with pytest.raises(SingError, match=r"systems\.x: .* is neither a system folder"):
        chosen(study, systems={"truth": "../data", "x": "../nothing"})
