"""Every fault is made in a sound system, and has to be found with its file, and no other."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from eval_suite.importing.check import check
from eval_suite.importing.folder import ImportRequest, import_folder
from sing.systems import System, read_system


@pytest.fixture
def system(workplace, make_system) -> System:
    return make_system(Path("systems/half"))


def break_off(waveform: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(waveform)) < 8_000, waveform, 0)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "missing"),
    "truncated": (lambda p: p.write_bytes(p.read_bytes()[:9_999]), "truncated: 9,999 of 128,044"),
    "text": (lambda p: p.write_text("a letter"), "truncated or no audio"),
    "rate": (lambda p: rewrite(p, rate=44_100), "wrong rate: 44,100 Hz"),
    "length": (lambda p: rewrite(p, lambda w: w[:59_904]), "wrong length: 59,904 samples"),
    "stereo": (lambda p: rewrite(p, lambda w: np.stack([w, w], axis=1)), "2 channels"),
    "nan": (lambda p: rewrite(p, lambda w: np.where(w == w.max(), np.nan, w)), "are NaN"),
    "silent": (lambda p: rewrite(p, lambda w: 0 * w), "silent"),
    "killed": (lambda p: rewrite(p, break_off), "nothing but zeros after 0.50 s"),
}


def rewrite(path: Path, change=lambda waveform: waveform, rate: int = 16_000) -> None:
    waveform, _ = soundfile.read(path)
    soundfile.write(path, change(waveform), rate, subtype="FLOAT")


def test_a_sound_system_has_no_faults(system):
    assert check(system) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_file_is_found(system, fault):
    spoil, words = FAULTS[fault]
    path = system.audio_path(system.notes[3])
    spoil(path)
    found = check(system)
    assert {one.path for one in found} == {path}
    assert words in " ".join(one.problem for one in found)


def test_strange_files_and_doubled_notes_are_found(system):
    (system.folder / "audio" / "extra.wav").write_bytes(b"")
    table = system.folder / "notes.csv"
    table.write_text(table.read_text() + f"{system.notes[0].name},0\n")
    found = [str(fault) for fault in check(read_system(system.folder))]
    assert found == [
        "systems/half/audio/extra.wav: not in notes.csv",
        "systems/half/notes.csv: 13 notes, 12 in system.json",
        f"systems/half/notes.csv: {system.notes[0].name} stands there 2 times",
    ]


def test_an_import_is_held_to_the_hashes_that_it_recorded(system):
    # 59,904 samples, padded with more zeros than a killed run may leave: no fault.
    source = Path("outputs")
    source.mkdir()
    for note in system.notes:
        waveform = 0.5 * np.sin(np.arange(59_904) * note.frequency / 2_546)
        soundfile.write(source / f"gen_{note.name}.wav", waveform, 16_000, subtype="FLOAT")
    import_folder(ImportRequest(source, "wavenet", Path("systems/wavenet")))
    imported = read_system(Path("systems/wavenet"))
    assert check(imported) == []
    path = imported.audio_path(imported.notes[0])
    content = bytearray(path.read_bytes())
    content[2_000] ^= 1
    path.write_bytes(bytes(content))
    (fault,) = check(imported)
    assert str(fault) == f"{path}: changed since the import: not the hash in imported.csv"
    records = imported.folder / "imported.csv"
    kept = records.read_text()
    records.write_text(kept.replace(imported.notes[1].name, "other-060-100"))
    faults = [str(fault) for fault in check(imported)]
    assert f"{records}: changed since the import: not the hash in system.json" in faults
    assert f"{records}: no line for {imported.notes[1].name}" in faults
    records.unlink()
    assert f"{records}: there is no such file; check the path" in map(str, check(imported))
