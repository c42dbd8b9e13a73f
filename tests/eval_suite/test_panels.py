"""Which rainbowgram belongs into which cell, and why one is missing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eval_suite.panels import Asked, Missing, check_complete, make_panels
from eval_suite.rainbowgram import Settings, rainbowgrams
from sing.data.nsynth import Dataset
from sing.errors import CheckFailed
from sing.notes import Note
from sing.systems import System

Make = Callable[..., System]

NOTE = Note("bass_synthetic_000", 62, 50)
OTHER = Note("flute_acoustic_001", 66, 100)


def test_each_cell_is_the_rainbowgram_of_its_note_and_system(
    dataset: Dataset, make_system: Make, workplace: Path
):
    system = make_system(Path("silent"), gain=0)
    half = make_system(Path("half"))
    settings = Settings(demodulated=True)
    asked = Asked(
        (OTHER.name, NOTE.name), (system.folder, half.folder), dataset.folder, settings=settings
    )
    panels = make_panels(asked)
    assert panels.titles == ("ground truth", "silent", "half")
    assert panels.notes == (OTHER, NOTE)
    for note, (truth, silent, halved) in zip(panels.notes, panels.cells, strict=True):
        expected = rainbowgrams(dataset.waveforms([note]), settings)[0]
        np.testing.assert_array_equal(truth, expected)
        assert not np.any(silent)
        expected = rainbowgrams(half.waveform(note)[None], settings)[0]
        np.testing.assert_array_equal(halved, expected)
    check_complete(Path("a.png"), panels)


def test_a_note_that_the_ground_truth_lacks_is_drawn_for_the_systems_that_have_it(
    dataset: Dataset, make_system: Make, workplace: Path
):
    unknown = Note("guitar_acoustic_009", 62, 50)
    system = make_system(Path("whole"))
    folder = system.folder / "audio"
    (folder / f"{unknown.name}.wav").write_bytes((folder / f"{NOTE.name}.wav").read_bytes())
    with (system.folder / "notes.csv").open("a") as table:
        table.write(f"{unknown.name},0\n")
    panels = make_panels(Asked((unknown.name,), (system.folder,), dataset.folder))
    missing, drawn = panels.cells[0]
    assert isinstance(missing, Missing)
    assert missing.reason == "no such note"
    np.testing.assert_array_equal(drawn, rainbowgrams(system.waveform(NOTE)[None])[0])
    with pytest.raises(CheckFailed, match=r"a\.png: 1 of 2 rainbowgrams are missing"):
        check_complete(Path("a.png"), panels)


def test_a_cell_gives_the_fault_and_the_log_line_the_file(
    dataset: Dataset, make_system: Make, workplace: Path, capfd: pytest.CaptureFixture[str]
):
    system = make_system(Path("whole"))
    system.audio_path(NOTE).unlink()
    panels = make_panels(Asked((NOTE.name,), (system.folder,), dataset.folder))
    cell = panels.cells[0][1]
    assert isinstance(cell, Missing)
    assert cell.reason == "there is no such file"
    assert f"whole/audio/{NOTE.name}.wav: there is no such file" in capfd.readouterr().err
