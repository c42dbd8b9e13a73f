"""`sing-eval rainbowgram` through its command line: figures, exit codes, one-line errors."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image

from sing.data.nsynth import Dataset
from sing.notes import Note
from sing.systems import System

Run = Callable[..., Any]
Make = Callable[..., System]

NOTE = "bass_synthetic_000-062-050"
OTHER = "flute_acoustic_001-066-100"


@pytest.fixture
def data(dataset: Dataset, workplace: Path) -> Path:
    """The small dataset as the only one in ./data."""
    shutil.copytree(dataset.folder, workplace / "data" / "small", copy_function=os.link)
    return workplace / "data" / "small"


def test_ground_truth_and_systems_become_one_figure(sing_eval: Run, data: Path, make_system: Make):
    make_system(Path("systems/loud"), gain=1.0)
    make_system(Path("systems/quiet"), gain=0.1)
    done = sing_eval("rainbowgram", NOTE, OTHER)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "rainbowgram.png\n"
    pixels = image.imread("rainbowgram.png")
    assert pixels.shape[1] == 5.5 * 300
    assert np.ptp(pixels[..., :3], axis=2).max() > 0.9  # vivid colours


def test_columns_stand_in_the_order_of_the_options(
    sing_eval: Run, data: Path, make_system: Make, monkeypatch: pytest.MonkeyPatch
):
    from eval_suite import rainbow_grid

    drawn = []
    monkeypatch.setattr(rainbow_grid, "draw", drawn.append)
    monkeypatch.setattr(rainbow_grid, "save", lambda figure, path: None)
    for name in ("a", "b", "c"):
        make_system(Path(name))
    asked = [item for name in ("c", "a", "b") for item in ("--system", name)]
    assert sing_eval("rainbowgram", OTHER, NOTE, *asked).exit_code == 0
    assert drawn[0].titles == ("ground truth", "c", "a", "b")
    assert [note.name for note in drawn[0].notes] == [OTHER, NOTE]
    assert sing_eval("rainbowgram", NOTE, "--no-truth", *asked).exit_code == 0
    assert drawn[1].titles == ("c", "a", "b")
    # The dataset is the ground truth, not a column beside it.
    assert sing_eval("rainbowgram", NOTE, "--system", data, *asked).exit_code == 0
    assert drawn[2].titles == ("ground truth", "c", "a", "b")


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_the_same_command_writes_the_same_bytes(
    sing_eval: Run, data: Path, make_system: Make, kind: str, monkeypatch: pytest.MonkeyPatch
):
    make_system(Path("systems/half"))
    assert sing_eval("rainbowgram", NOTE, "--out", f"a/one.{kind}").exit_code == 0
    later = time.time() + 1e6
    monkeypatch.setattr(time, "time", lambda: later)
    assert sing_eval("rainbowgram", NOTE, "--out", f"b/two.{kind}").exit_code == 0
    assert Path(f"a/one.{kind}").read_bytes() == Path(f"b/two.{kind}").read_bytes()


def test_an_option_changes_the_picture(sing_eval: Run, data: Path):
    pictures = set()
    for options in ((), ("--wide",), ("--demodulated",), ("--wide", "--demodulated")):
        done = sing_eval("rainbowgram", NOTE, "--system", data, "--force", *options)
        assert done.exit_code == 0, done.stderr
        pictures.add(Path("rainbowgram.png").read_bytes())
    assert len(pictures) == 4


def test_a_system_without_the_note_is_an_empty_cell_and_exit_3(
    sing_eval: Run, data: Path, make_system: Make
):
    make_system(Path("systems/part"), notes=[Note.parse(OTHER)])
    done = sing_eval("rainbowgram", NOTE, OTHER)
    assert done.exit_code == 3
    assert f"part: no note {NOTE}" in done.stderr
    assert "rainbowgram.png: 1 of 4 rainbowgrams are missing" in done.stderr
    assert Path("rainbowgram.png").stat().st_size > 10_000


def test_a_broken_file_is_an_empty_cell_and_exit_3(sing_eval: Run, data: Path, make_system: Make):
    system = make_system(Path("systems/whole"))
    system.audio_path(Note.parse(NOTE)).write_bytes(b"not audio")
    done = sing_eval("rainbowgram", NOTE, OTHER)
    assert done.exit_code == 3
    assert f"whole: systems/whole/audio/{NOTE}.wav: cannot be read as audio" in done.stderr
    assert "1 of 4 rainbowgrams are missing" in done.stderr
    system.audio_path(Note.parse(OTHER)).unlink()
    done = sing_eval("rainbowgram", NOTE, OTHER, "--force")
    assert done.exit_code == 3
    assert "there is no such file" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bass_synthetic_000-062-051"], "did you mean 'bass_synthetic_000-062-050'?"),
        (["bass"], "'bass': not a note name"),
        ([NOTE, "--system", "nowhere"], "nowhere: there is no such folder"),
        ([NOTE, "--data", "nowhere"], "nowhere"),
        ([NOTE, "--out", "a.jpg"], "a.jpg: a figure is a .png or a .pdf file"),
        ([NOTE, "--device", "abacus"], "--device abacus: no such device"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    sing_eval: Run, data: Path, arguments: list[str], message: str
):
    given = arguments if "--system" in arguments else [*arguments, "--system", data]
    done = sing_eval("rainbowgram", *given)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path("rainbowgram.png").exists()


def test_too_many_notes_for_one_figure_are_refused(sing_eval: Run, data: Path, dataset: Dataset):
    names = [note.name for note in dataset.notes]
    done = sing_eval("rainbowgram", *names, "--system", data)
    assert done.exit_code == 2
    assert "48 notes in 1 columns: a figure has at most 40 by 12" in done.stderr


def test_an_existing_figure_is_replaced_only_by_force(sing_eval: Run, data: Path):
    Path("rainbowgram.png").write_bytes(b"mine")
    done = sing_eval("rainbowgram", NOTE, "--system", data)
    assert done.exit_code == 2
    assert "the file exists; pass --force" in done.stderr
    assert Path("rainbowgram.png").read_bytes() == b"mine"
    assert sing_eval("rainbowgram", NOTE, "--system", data, "--force").exit_code == 0
    assert Path("rainbowgram.png").read_bytes() != b"mine"


@pytest.mark.slow
def test_without_any_source_the_demo_run_is_drawn_beside_its_dataset(
    sing_eval: Run, workplace: Path, demo_cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SING_CACHE", str(demo_cache))
    done = sing_eval("rainbowgram", "reed_acoustic_071-060-100", "--out", "figures/reed.pdf")
    assert done.exit_code == 0, done.stderr
    assert Path("figures/reed.pdf").read_bytes().startswith(b"%PDF")
