"""What a cell of a listening page holds: the very samples, the picture, the numbers."""

import io
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile

from eval_suite.listening_page import rows
from eval_suite.listening_page.content import make_content
from eval_suite.listening_page.rows import flac, make_rows, png
from eval_suite.rainbowgram import rainbowgrams
from eval_suite.request import Request
from sing.audio import from_pcm16


def test_flac_holds_the_same_samples_as_the_note():
    samples = np.random.default_rng(0).integers(-32768, 32768, 64_000).astype(np.int16)
    content = flac(from_pcm16(samples))
    found, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == 16_000
    np.testing.assert_array_equal(found, samples)


def test_a_picture_has_the_lowest_frequency_at_its_foot_and_the_same_bytes_every_time():
    picture = np.zeros((240, 251, 3), dtype=np.uint8)
    picture[0, :, 0] = 200  # the lowest bin is red
    content = png(picture)
    shown = matplotlib.image.imread(io.BytesIO(content), format="png")
    assert shown.shape[:2] == (240, 251)
    assert shown[-1, 100, 0] == pytest.approx(200 / 255)
    assert not shown[:-1, :, :3].any()
    assert png(picture) == content
    assert b"matplotlib" not in content


def test_no_picture_is_computed_of_a_note_that_cannot_be_heard(
    workplace: Path, make_system, dataset, monkeypatch: pytest.MonkeyPatch
):
    system = make_system(Path("half"))
    for note in system.notes[1:]:
        system.audio_path(note).unlink()
    drawn = []

    def counted(waveforms):
        drawn.append(len(waveforms))
        return rainbowgrams(waveforms)

    monkeypatch.setattr(rows, "rainbowgrams", counted)
    asked = Request((Path("half"),), data=dataset.folder, with_baselines=False)
    made = list(rows.make_rows(make_content(asked, None, None, 50, "cpu")))
    assert sum(drawn) == 12 + 1  # the ground truth's, and the one that is left
    assert [cell.picture is not None for _, cell in (row.cells for row in made)] == [
        True, *[False] * 11
    ]  # fmt: skip


def test_rows_hold_sound_picture_and_numbers_or_a_reason(workplace: Path, make_system, dataset):
    system = make_system(Path("half"))
    system.audio_path(system.notes[9]).unlink()
    make_system(Path("part"), gain=1.0, notes=system.notes[:3])
    asked = Request(
        sources=(Path("half"), Path("part")),
        data=dataset.folder,
        metric_names=("wav_mse",),
        with_baselines=False,
    )
    made = list(make_rows(make_content(asked, None, None, 50, "cpu")))
    assert [row.note for row in made] == list(system.notes)
    assert {row.split for row in made} == {"test"}
    truth, half, whole = made[2].cells
    waveform = dataset.waveforms([system.notes[2]])
    assert truth.values == ()
    assert whole.values == (0.0,)
    # Half the amplitude: the error is half the reference, its mean square a quarter.
    assert half.values[0] == pytest.approx(np.square(waveform).mean() / 4, rel=1e-3)
    assert truth.sound == flac(waveform[0])
    assert truth.picture == png(rainbowgrams(waveform)[0])
    lacking = made[4].cells[2]
    assert (lacking.sound, lacking.picture) == (None, None)
    assert (lacking.reason, lacking.is_broken) == ("part does not have this note", False)
    broken = made[9].cells[1]
    assert broken.is_broken
    assert "there is no such file" in broken.reason
    assert np.isnan(broken.values).all()
