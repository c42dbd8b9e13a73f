import numpy as np
import pytest

from sing import files
from sing.errors import SingError
from sing.notes import Note
from sing.systems import SystemWriter, read_system

NOTES = [Note("bass_acoustic_000", pitch, 100) for pitch in (50, 40)]


def waveform(level: float) -> np.ndarray:
    return np.full(64_000, level)


def test_a_system_is_written_note_by_note_and_read_back(tmp_path):
    writer = SystemWriter(tmp_path / "s", "half", "test")
    for note in NOTES:
        writer.write(note, waveform(note.pitch / 100))
    system = writer.finish(NOTES, source="a test")
    assert system == read_system(tmp_path / "s")
    assert [note.pitch for note in system.notes] == [40, 50]
    assert system.waveform(NOTES[0])[0] == 0.5
    facts = files.read_json(tmp_path / "s" / "system.json")
    assert (facts["notes"], facts["clipped_samples"], facts["source"]) == (2, 0, "a test")


def test_clipped_samples_are_counted(tmp_path):
    writer = SystemWriter(tmp_path / "s", "loud", "test")
    writer.write(NOTES[0], waveform(2.0))
    writer.finish(NOTES[:1])
    rows = files.read_csv(tmp_path / "s" / "notes.csv", ("note", "clipped_samples"))
    assert rows == [{"note": NOTES[0].name, "clipped_samples": "64000"}]


def test_an_unfinished_folder_is_refused_and_knows_what_is_missing(tmp_path):
    writer = SystemWriter(tmp_path / "s", "part", "test")
    writer.write(NOTES[0], waveform(0.1))
    assert writer.missing(NOTES) == NOTES[1:]
    with pytest.raises(SingError, match="left unfinished"):
        read_system(tmp_path / "s")


def test_a_folder_of_another_format_is_refused(tmp_path):
    files.write_json(tmp_path / "s" / "system.json", {"format": 99, "name": "x", "kind": "y"})
    with pytest.raises(SingError, match="format 99, this version reads 1"):
        read_system(tmp_path / "s")


def test_a_waveform_of_another_length_is_the_callers_fault(tmp_path):
    with pytest.raises(ValueError, match="expected"):
        SystemWriter(tmp_path / "s", "s", "test").write(NOTES[0], np.zeros(10))
