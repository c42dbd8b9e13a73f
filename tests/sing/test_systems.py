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


def clipped_of(folder) -> dict[str, str]:
    rows = files.read_csv(folder / "notes.csv", ("note", "clipped_samples"))
    return {row["note"]: row["clipped_samples"] for row in rows}


def test_genuine_samples_at_full_scale_are_not_counted(tmp_path):
    writer = SystemWriter(tmp_path / "s", "square", "test")
    square = np.where(np.arange(64_000) % 100 < 50, 32_767 / 32_768, -1.0)
    writer.write(NOTES[0], square)
    writer.finish(NOTES[:1])
    assert clipped_of(tmp_path / "s") == {NOTES[0].name: "0"}


def test_the_counts_of_a_stopped_writer_are_kept(tmp_path):
    loud = waveform(0.5)
    loud[:7] = 1.5
    SystemWriter(tmp_path / "s", "part", "test").write(NOTES[0], loud)
    # A kill while the next note's count was being written: its file is not there yet.
    with (tmp_path / "s" / "clipped.txt").open("a") as counts:
        counts.write(f"\n{NOTES[1].name[:9]}")
    writer = SystemWriter(tmp_path / "s", "part", "test")
    assert writer.missing(NOTES) == NOTES[1:]
    writer.write(NOTES[1], waveform(0.1))
    writer.finish(NOTES)
    assert clipped_of(tmp_path / "s") == {NOTES[0].name: "7", NOTES[1].name: "0"}
    assert files.read_json(tmp_path / "s" / "system.json")["clipped_samples"] == 7
    assert not (tmp_path / "s" / "clipped.txt").exists()


def test_a_note_of_unknown_count_is_missing(tmp_path):
    writer = SystemWriter(tmp_path / "s", "old", "test")
    writer.write(NOTES[0], waveform(0.1))
    (tmp_path / "s" / "clipped.txt").unlink()
    assert writer.missing(NOTES) == NOTES
    with pytest.raises(ValueError, match=f"{NOTES[0].name} is not written"):
        writer.finish(NOTES)


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


def test_a_system_without_a_name_is_refused(tmp_path):
    files.write_json(tmp_path / "s" / "system.json", {"format": 1, "kind": "y"})
    with pytest.raises(SingError, match="no line of text under 'name'"):
        read_system(tmp_path / "s")
