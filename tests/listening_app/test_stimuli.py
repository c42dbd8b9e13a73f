import numpy as np
import pyloudnorm
import pytest
import soundfile

from listening_app.draw import Source
from listening_app.setting_tables import Loudness
from listening_app.stimuli import Names, Sound, level, without_offset, write_stimuli
from sing.audio import wav_header
from sing.data.nsynth import open_dataset
from sing.notes import Note
from sing.systems import SystemWriter, read_system

SECONDS = np.arange(64_000) / 16_000
NOTE = Note("bass_synthetic_000", 48, 100)
OTHER = Note("bass_synthetic_000", 60, 100)


def tone(amplitude, decay=0.0, frequency=440):
    return amplitude * np.sin(2 * np.pi * frequency * SECONDS) * np.exp(-decay * SECONDS)


def loudness(waveform):
    return pyloudnorm.Meter(16_000).integrated_loudness(waveform)


@pytest.mark.parametrize("target", [-30.0, -20.0])
def test_every_waveform_gets_the_target_loudness(target):
    # The last, soft and long, is partly below the absolute gate until it is amplified.
    waveforms = [tone(0.5), tone(0.01), tone(0.02, 1.5), tone(0.003, 0.7)]
    for levelled in level(waveforms, Loudness(target_lufs=target)):
        assert loudness(levelled.samples) == pytest.approx(target, abs=0.02)
        assert levelled.lufs == pytest.approx(target, abs=0.02)


def test_a_peak_lowers_all_stimuli_of_its_note_alike():
    click = tone(0.01)
    click[1000] = 0.9
    levelled = level([click, tone(0.3)], Loudness(target_lufs=-26, peak_dbfs=-3))
    assert np.abs(levelled[0].samples).max() == pytest.approx(10 ** (-3 / 20), rel=1e-3)
    loud = [loudness(one.samples) for one in levelled]
    assert loud[0] < -30
    assert loud[0] == pytest.approx(loud[1], abs=0.02)


def test_silence_stays_silence():
    silent, sounding = level([np.zeros(64_000), tone(0.2)], Loudness())
    assert (silent.gain_db, silent.lufs) == (0.0, None)
    assert sounding.lufs == pytest.approx(-26, abs=0.02)


def test_without_normalisation_levels_stay():
    one, other = level([tone(0.2), tone(0.02)], Loudness(normalize=False))
    assert one.lufs - other.lufs == pytest.approx(20, abs=0.1)
    assert (one.gain_db, other.gain_db) == (0.0, 0.0)


def test_an_offset_is_removed_and_the_mean_of_a_fading_note_is_not():
    assert without_offset(tone(0.2) + 0.1).mean() == pytest.approx(0, abs=1e-9)
    fading = tone(0.2, 8, 55)
    assert fading.mean() != 0
    assert np.array_equal(without_offset(fading), fading)


@pytest.fixture
def sources(tmp_path, make_dataset):
    def system(name, waveform):
        writer = SystemWriter(tmp_path / name, name, "test")
        for note in (NOTE, OTHER):
            writer.write(note, waveform)
        writer.finish([NOTE, OTHER])
        return Source(name, read_system(tmp_path / name))

    faded = tone(0.5, 8)
    faded[32_000:] = 0  # exact zeros at the end, as genuine notes have them
    dataset = open_dataset(make_dataset([NOTE, OTHER], "truth"))
    return {
        "faded": system("faded", faded),
        "loud": system("loud", tone(0.9)),
        "truth": Source("truth", dataset),
    }


SOUNDS = [
    *(Sound("system", name, note) for name in ("faded", "loud", "truth") for note in (NOTE, OTHER)),
    Sound("copy", "faded", NOTE),
    Sound("anchor", "anchor-mnru-0", NOTE),
    Sound("copy", "anchor-mnru-0", NOTE),
    Sound("trap", "beeps", Note("beeps_synthetic_003", 81, 100), 3),
]


def written(folder, sources, made_of="one"):
    rows = write_stimuli(folder, SOUNDS, sources, "truth", Loudness(), Names(made_of))
    return {row["stimulus"]: row for row in rows}


def test_nothing_but_the_samples_differs_between_files(tmp_path, sources):
    rows = written(tmp_path / "stimuli", sources)
    paths = list((tmp_path / "stimuli").iterdir())
    assert {path.stem for path in paths} == set(rows)
    assert len(paths) == len(SOUNDS)
    assert {path.read_bytes()[:44] for path in paths} == {wav_header(64_000)}
    assert {path.stat().st_mtime for path in paths} == {1_500_000_000}
    assert {path.stat().st_size for path in paths} == {128_044}
    assert len({path.read_bytes() for path in paths}) == len(paths)  # a copy is not byte for byte


def of(folder, rows, kind, system):
    name = next(n for n, row in rows.items() if (row["kind"], row["system"]) == (kind, system))
    return soundfile.read(folder / f"{name}.wav", dtype="int16")[0].astype(int)


def test_a_copy_differs_by_dither_only(tmp_path, sources):
    folder = tmp_path / "stimuli"
    rows = written(folder, sources)
    for system in ("faded", "anchor-mnru-0"):
        original = next(
            row for row in rows.values() if row["system"] == system and row["note"] == NOTE.name
            and row["kind"] != "copy"
        )  # fmt: skip
        samples = soundfile.read(folder / f"{original['stimulus']}.wav", dtype="int16")[0]
        assert 0 < np.abs(of(folder, rows, "copy", system) - samples).max() <= 2


def test_dither_leaves_no_run_of_zeros_and_no_offset(tmp_path, sources):
    folder = tmp_path / "stimuli"
    rows = written(folder, sources)
    samples = of(folder, rows, "system", "faded")
    tail = samples[-16_000:]
    assert set(np.unique(tail)) == {-1, 0, 1}
    assert np.mean(tail == 0) == pytest.approx(0.75, abs=0.02)  # triangular: 1/8, 3/4, 1/8
    assert abs(tail.mean()) < 0.02


def test_rows_say_what_was_done(tmp_path, sources):
    rows = written(tmp_path / "stimuli", sources)
    loud = next(row for row in rows.values() if row["system"] == "loud")
    before = loudness(tone(0.9).astype(np.float32).astype(float))
    assert loud["gain_db"] == pytest.approx(-26 - before, abs=0.02)
    assert loud["lufs"] == pytest.approx(-26, abs=0.02)
    assert loud["seconds"] == 4.0


def test_names_are_keyed_by_what_the_study_is_made_of(tmp_path, sources):
    first = written(tmp_path / "one", sources)
    assert set(first) == set(written(tmp_path / "again", sources))
    assert not set(first) & set(written(tmp_path / "two", sources, "another seed or waveform"))
