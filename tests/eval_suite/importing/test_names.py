"""Names as files have them; the lost letters are those that Python's own strip('.wav') takes."""

import gzip
from pathlib import PurePosixPath

import pytest

from eval_suite.importing.names import EXAMPLE, NamedNote, NoteFinder
from sing.errors import SingError
from sing.notes import Note

NAME = "keyboard_acoustic_004-058-127"
LEAD = "synth_lead_synthetic_009-060-025"


def found(path: str, *known: str) -> NamedNote:
    return NoteFinder(map(Note.parse, known)).find(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        EXAMPLE,
        f"{NAME}.wav",
        f"gen_{NAME}_embeddings.wav",
        f"gen_{NAME}.WAV_embeddings.wav",
        f"wavenet-200k {NAME} (1).mp3",
        f"{NAME}/reconstruction.wav",
        f"run_3/gen_{NAME}/out/000.flac",
    ],
)
def test_a_note_is_found_inside_the_names_of_files_and_folders(path):
    assert found(path) == NamedNote(Note("keyboard_acoustic_004", 58, 127))
    assert found(path, NAME, LEAD) == NamedNote(Note("keyboard_acoustic_004", 58, 127))


def test_a_family_of_two_words_is_not_taken_for_a_prefix():
    assert found(f"gen_{LEAD}.wav").note.name == LEAD


def test_the_files_own_name_goes_before_its_folders():
    assert found(f"{LEAD}/gen_{NAME}.wav").note.name == NAME


def test_every_genuine_name_is_read_back_after_the_tools_strip(nsynth):
    names = gzip.decompress((nsynth / "note_names_partial.txt.gz").read_bytes()).decode().split()
    finder = NoteFinder()
    repaired = set()
    for name in names[::50]:
        stem = f"{name}.wav".strip(".wav")  # the very bug
        named = finder.find(PurePosixPath(f"gen_{stem}_embeddings.wav"))
        assert named.note.name == name
        assert named.repaired == (stem != name)
        if named.repaired:
            repaired.add(named.note.family)
    assert repaired == {"vocal"}


@pytest.mark.parametrize("instrument", ["accordion_reed_01", "viola", "wah_guitar_1"])
def test_other_lost_letters_are_put_back_where_the_notes_are_known(instrument):
    name = f"{instrument}-060-100"
    stem = f"{name}.wav".strip(".wav")
    assert stem != name
    assert found(f"gen_{stem}_embeddings.wav", name, NAME) == NamedNote(Note.parse(name), True)


def test_letters_that_two_names_would_have_lost_are_not_guessed():
    with pytest.raises(SingError, match="no note"):
        found("a gen_iola-060-100_embeddings.wav", "viola-060-100", "aviola-060-100")
    # The shorter name is an instrument of its own.
    assert found("gen_iola-060-100.wav", "viola-060-100", "iola-060-100").note.instrument == "iola"


def test_an_instrument_of_any_name_needs_the_dataset_only_beside_other_text():
    assert found("gen_piano-060-100.wav").note == Note("piano", 60, 100)
    assert found("take2 piano-060-100.wav", "piano-060-100").note == Note("piano", 60, 100)
    with pytest.raises(SingError, match="no note"):
        found("take2 piano-060-100.wav")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("notes.wav", "no note"),
        ("2024-060-100.wav", "no note"),
        ("keyboard_acoustic_004-058-1271.wav", "no note"),
        (f"{NAME} to {LEAD}.wav", f"two notes, {NAME} and {LEAD}"),
        ("keyboard_acoustic_004-158-127.wav", "pitch 158 is not in 0 to 127"),
    ],
)
def test_what_names_no_note_or_two_is_said(path, reason):
    with pytest.raises(SingError, match=reason):
        found(path)
