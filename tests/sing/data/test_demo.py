import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from waiting import wait_until

from sing import audio
from sing.data import demo, labels, nsynth, soundfont
from sing.data.demo import demo_dataset, is_complete, render_dataset
from sing.data.general_midi import PROGRAM_NAMES, SIZES, Selection
from sing.errors import SingError
from sing.notes import VELOCITIES, Note

SMALL = Selection(programs=(0, 33, 73), pitches=(48, 60), velocities=(25, 127))
ALTO_SAX = 65  # its key 64 is silent in the default font


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_dataset(tmp_path_factory.mktemp("rendered") / "small", size=SMALL, jobs=1)


def test_a_dataset_has_nsynths_form(small):
    examples = json.loads((small / "examples.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in small.iterdir()) == [
        "README.md", "audio", "examples.json", "provenance.json",
    ]  # fmt: skip
    assert len(examples) == 12
    assert examples["bass_electronic_033-048-127"] == {
        "note": 1,
        "note_str": "bass_electronic_033-048-127",
        "instrument": 0,
        "instrument_str": "bass_electronic_033",
        "pitch": 48,
        "velocity": 127,
        "sample_rate": 16_000,
        "qualities": [0] * 10,
        "qualities_str": [],
        "instrument_family": 0,
        "instrument_family_str": "bass",
        "instrument_source": 1,
        "instrument_source_str": "electronic",
    }
    assert {path.stem for path in (small / "audio").iterdir()} == set(examples)
    assert [note.name for note in nsynth.open_dataset(small).notes] == sorted(examples)


def test_the_loudest_note_of_every_instrument_peaks_at_nine_tenths(small):
    dataset = nsynth.open_dataset(small)
    peaks: dict[str, float] = {}
    for note, waveform in zip(dataset.notes, dataset.waveforms(dataset.notes), strict=True):
        peaks[note.instrument] = max(peaks.get(note.instrument, 0), float(np.abs(waveform).max()))
    assert peaks == pytest.approx(dict.fromkeys(peaks, 0.9), abs=1e-4)


@pytest.mark.slow
def test_the_number_of_processes_does_not_change_a_byte(small, tmp_path):
    again = render_dataset(tmp_path / "again", size=SMALL, jobs=2)
    assert contents(again) == contents(small)


def test_the_readme_and_provenance_say_where_the_sounds_come_from(small):
    readme = (small / "README.md").read_text(encoding="utf-8")
    recipe = json.loads((small / "provenance.json").read_text(encoding="utf-8"))["recipe"]
    for expected in ("GNU General Public License, version 2", "82475b91a76de15c", "high-shelf"):
        assert expected in readme
    assert "{" not in readme
    assert recipe["soundfont_sha256"].startswith("82475b91a76de15c")
    assert recipe["tinysoundfont"] == "0.3.7"
    assert recipe["parameters"]["shelf_db"] == -15


def test_a_font_of_the_users_own_is_not_given_the_default_ones_licence(tmp_path):
    # A RIFF file may be followed by other bytes: the same sounds under another hash.
    font = tmp_path / "mine.sf2"
    font.write_bytes(soundfont.default_font().read_bytes() + b"\0\0")
    only = Selection(programs=(0,), pitches=(60,), velocities=(100,))
    readme = render_dataset(tmp_path / "out", size=only, soundfont=font, jobs=1) / "README.md"
    assert "mine.sf2: its own licence" in readme.read_text(encoding="utf-8")
    assert "GNU" not in readme.read_text(encoding="utf-8")


def test_silent_keys_are_left_out_and_named(tmp_path, capsys):
    selection = Selection(programs=(ALTO_SAX,), pitches=(63, 64, 65), velocities=(127,))
    folder = render_dataset(tmp_path / "sax", size=selection, jobs=1)
    assert [note.pitch for note in nsynth.open_dataset(folder).notes] == [63, 65]
    warning = " ".join(capsys.readouterr().err.split())
    assert "warning: reed_acoustic_065: left out the silent pitches 64" in warning


def test_a_selection_without_any_sound_is_an_error(tmp_path):
    selection = Selection(programs=(ALTO_SAX,), pitches=(64,))
    with pytest.raises(SingError, match="none of the notes asked for"):
        render_dataset(tmp_path / "sax", size=selection, jobs=1)
    assert not (tmp_path / "sax" / "examples.json").exists()


def test_a_finished_dataset_is_left_alone(small, monkeypatch):
    monkeypatch.setattr(demo, "_render_part", _unexpected)
    before = {path: path.stat().st_mtime_ns for path in small.rglob("*")}
    render_dataset(small, size=SMALL, jobs=1)
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == before


def _unexpected(task: object) -> None:
    pytest.fail(f"rendered again: {task}")


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_a_damaged_dataset_is_mended_and_the_good_files_are_kept(small, tmp_path, damage):
    folder = render_dataset(tmp_path / "small", size=SMALL, jobs=1)
    victim = folder / "audio" / "keyboard_acoustic_000-060-127.wav"
    kept = {path: path.stat().st_mtime_ns for path in (folder / "audio").iterdir()}
    del kept[victim]
    if damage == "missing":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:1_000])
    assert not is_complete(folder)
    render_dataset(folder, size=SMALL, jobs=1)
    assert is_complete(folder)
    assert contents(folder) == contents(small)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_another_dataset_in_the_folder_is_not_overwritten_without_force(tmp_path):
    first = Selection(programs=(0,), pitches=(60,), velocities=(127,))
    second = Selection(programs=(0,), pitches=(61,), velocities=(127,))
    folder = render_dataset(tmp_path / "out", size=first, jobs=1)
    before = contents(folder)
    with pytest.raises(SingError, match=r"out: the folder is not empty; pass --force"):
        render_dataset(folder, size=second, jobs=1)
    assert contents(folder) == before
    render_dataset(folder, size=second, jobs=1, force=True)
    assert [note.pitch for note in nsynth.open_dataset(folder).notes] == [61]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("examples.json", '{"bass_acoustic_000-060-025": {}}'),  # NSynth, downloaded at length
        ("provenance.json", '{"command": ["sing", "train"], "run_format": 1}'),
        ("provenance.json", "[]"),
    ],
)
def test_force_replaces_only_what_was_rendered(tmp_path, name, content):
    folder = tmp_path / "nsynth-train"
    folder.mkdir()
    (folder / name).write_text(content)
    with pytest.raises(SingError, match="a folder of other things, which --force does not replace"):
        render_dataset(folder, size=SMALL, jobs=1, force=True)
    assert [path.name for path in folder.iterdir()] == [name]


def test_an_unknown_size_and_a_wrong_font_write_nothing(tmp_path):
    with pytest.raises(SingError, match=r"size 'dem': .* did you mean 'demo'\?"):
        render_dataset(tmp_path / "out", size="dem")
    with pytest.raises(SingError, match=r"absent\.sf2: there is no such file"):
        render_dataset(tmp_path / "out", soundfont=tmp_path / "absent.sf2")
    assert not (tmp_path / "out").exists()


RENDER_SLOWLY = """
import sys
from pathlib import Path
from sing.data.demo import render_dataset
from sing.data.general_midi import Selection

if __name__ == "__main__":
    selection = Selection(programs=(0, 4, 33, 73), pitches=tuple(range(48, 58)))
    render_dataset(Path(sys.argv[1]), size=selection, jobs=2)
"""


@pytest.mark.slow
def test_a_killed_rendering_leaves_no_process_behind_and_is_resumed(tmp_path):
    script = tmp_path / "render.py"
    script.write_text(RENDER_SLOWLY, encoding="utf-8")
    folder, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen([sys.executable, script, folder], start_new_session=True)
    wait_until(lambda: any((folder / "parts").glob("*.json")), seconds=60)
    os.kill(process.pid, signal.SIGKILL)  # the parent alone: its workers must see it
    process.wait()
    wait_until(lambda: not group_lives(process.pid), seconds=30)

    assert not (folder / "examples.json").exists()
    done = {p: p.stat().st_mtime_ns for p in (folder / "audio").glob("[!.]*")}
    assert 0 < len(done) < 200
    for target in (folder, whole):
        subprocess.run([sys.executable, script, target], check=True)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    resumed, uninterrupted = contents(folder), contents(whole)
    for files in (resumed, uninterrupted):
        del files["provenance.json"]  # it holds the command, hence the folder's name
    assert resumed == uninterrupted


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_demo_dataset_is_rendered_into_the_cache_once(tmp_path, monkeypatch):
    monkeypatch.setenv("SING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(SIZES, "demo", SMALL)
    monkeypatch.setattr(demo, "core_count", lambda: 1)
    folder = demo_dataset()
    assert folder == tmp_path / "cache" / "demo-1"
    assert len(nsynth.open_dataset(folder).notes) == 12
    monkeypatch.setattr(demo, "render_dataset", _unexpected)
    assert demo_dataset() == folder


def test_an_unfinished_cache_of_another_engine_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv("SING_CACHE", str(tmp_path))
    monkeypatch.setitem(SIZES, "demo", SMALL)
    monkeypatch.setattr(demo, "core_count", lambda: 1)
    folder = demo_dataset()
    (folder / "examples.json").unlink()
    monkeypatch.setitem(soundfont.PARAMETERS, "shelf_hz", 1)
    stale = folder / "audio" / "stale.wav"
    stale.touch()
    assert is_complete(demo_dataset())
    assert not stale.exists()


def test_a_cache_that_is_a_file_is_an_error_of_one_line(tmp_path, monkeypatch):
    (tmp_path / "cache").touch()
    monkeypatch.setenv("SING_CACHE", str(tmp_path / "cache"))
    with pytest.raises(SingError, match=r"set SING_CACHE to a folder of yours"):
        demo_dataset()


def test_rendered_notes_hold_the_sound_that_the_engine_made(small):
    rendered = soundfont.SoundFont(soundfont.default_font()).instrument(33, (48, 60), (25, 127))
    stored = audio.read_waveform(small / "audio" / "bass_electronic_033-060-025.wav")
    np.testing.assert_allclose(stored, rendered[60, 25], atol=0.5001 / 32_768)


@pytest.mark.parametrize(
    ("size", "notes", "families"), [("tests", 260, 4), ("demo", 3_920, 11), ("large", 15_680, 11)]
)
def test_the_sizes_hold_what_they_promise(size, notes, families):
    chosen = SIZES[size]
    names = [PROGRAM_NAMES[program] for program in chosen.programs]
    keys = {(name, p, v) for name in names for p in chosen.pitches for v in chosen.velocities}
    assert len(keys) == notes
    assert chosen.velocities == VELOCITIES
    assert len({Note(name, 60, 100).family for name in names}) == families


def test_instruments_have_nsynths_families_and_sources():
    for program, name in PROGRAM_NAMES.items():
        note = Note(name, 60, 100)
        assert note.family in labels.FAMILIES
        assert note.source in labels.SOURCES
        assert name.endswith(f"_{program:03d}")
