"""Griffin-Lim: magnitudes kept, phases free, edges clean, bytes that depend on the note alone."""

import pickle

import librosa
import numpy as np
import pytest
from scipy import signal

from eval_suite.baselines.griffin_lim import GriffinLim, reestimate_phase
from eval_suite.baselines.trivial import note_generator
from eval_suite.sources import DatasetSource, Sounds
from sing.data.nsynth import Dataset
from sing.notes import Note

NOTE = Note("bass_synthetic_000", 62, 100)


def magnitudes(waveform: np.ndarray) -> np.ndarray:
    """|STFT| by scipy, in the frames of the metrics."""
    window = signal.get_window("hann", 1024, fftbins=True)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 1024)[::256]
    return np.abs(np.fft.rfft(frames * window))


def convergence(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Spectral convergence in dB: the magnitudes' error relative to the magnitudes."""
    wanted = magnitudes(reference)
    return 20 * np.log10(np.linalg.norm(wanted - magnitudes(estimate)) / np.linalg.norm(wanted))


def drawn(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_sine_comes_back_as_a_sine_of_its_frequency_and_level():
    time = np.arange(64_000) / 16_000
    sine = (0.5 * np.sin(2 * np.pi * 440 * time + 1.0)).astype(np.float32)
    found = reestimate_phase(sine, drawn())
    assert convergence(sine, found) < -17
    spectrum = np.abs(np.fft.rfft(found))
    # Magnitudes know a frequency to a fraction of the 15.6 Hz between the bins of the STFT.
    assert abs(spectrum.argmax() / 4 - 440) < 4
    assert np.sqrt((found**2).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@pytest.mark.slow
def test_it_converges_as_librosas_does(dataset: Dataset):
    waveforms = dataset.waveforms([dataset.notes[place] for place in (5, 20, 41)])
    ours, librosas = [], []
    for waveform in waveforms:
        spectrum = np.abs(librosa.stft(waveform, n_fft=1024, hop_length=256))
        theirs = librosa.griffinlim(
            spectrum, n_iter=32, hop_length=256, length=64_000, random_state=1
        )
        librosas.append(convergence(waveform, theirs))
        ours.append(
            np.mean(
                [
                    convergence(waveform, reestimate_phase(waveform, drawn(seed)))
                    for seed in range(3)
                ]
            )
        )
    # From one draw of the first phases to the next, either result moves by some 2 dB.
    assert np.mean(ours) < np.mean(librosas) + 2


def test_more_iterations_come_nearer_and_momentum_speeds_them_up(dataset: Dataset):
    waveform = dataset.waveforms([NOTE])[0]
    few, many = (convergence(waveform, reestimate_phase(waveform, drawn(), n)) for n in (4, 32))
    slow = convergence(waveform, reestimate_phase(waveform, drawn(), 32, momentum=0.0))
    assert many < few - 5
    assert many < slow - 2


def test_the_first_and_last_samples_are_as_sound_as_the_rest():
    # Where frames do not reach beyond the waveform, the division by a window near 0 makes clicks.
    noise = 0.1 * np.random.default_rng(0).standard_normal(64_000).astype(np.float32)
    found = reestimate_phase(noise, drawn())
    for edge in (found[:256], found[-256:]):
        assert np.abs(edge).max() < 6 * 0.1
        assert np.sqrt((edge**2).mean()) == pytest.approx(0.1, rel=0.5)


def test_the_phase_of_the_reference_is_not_used(dataset: Dataset):
    waveform = dataset.waveforms([NOTE])[0]
    # Turned upside down a waveform has the same magnitudes, and so the very same estimate.
    np.testing.assert_array_equal(
        reestimate_phase(waveform, drawn()), reestimate_phase(-waveform, drawn())
    )


def test_silence_stays_silence():
    assert not reestimate_phase(np.zeros(64_000, dtype=np.float32), drawn()).any()


@pytest.mark.parametrize("shape", [(0,), (1_000,), (2, 64_000)])
def test_a_shape_that_is_not_whole_hops_is_the_callers_error(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="multiple of 256"):
        reestimate_phase(np.zeros(shape, dtype=np.float32), drawn())


def test_the_source_depends_on_note_and_seed_and_not_on_the_batch(dataset: Dataset):
    other, stranger = dataset.notes[0], Note("organ_electronic_009", 60, 50)
    source = pickle.loads(pickle.dumps(GriffinLim(DatasetSource(dataset), seed=3)))
    found = source.sounds([other, stranger, NOTE])
    assert list(found.faults) == [1]
    assert not found.waveforms[1].any()
    np.testing.assert_array_equal(found.waveforms[2], source.sounds([NOTE]).waveforms[0])
    generator = note_generator(3, NOTE)
    expected = reestimate_phase(dataset.waveforms([NOTE])[0], generator)
    np.testing.assert_allclose(found.waveforms[2], expected, atol=0.5 / 32_768 + 1e-7)
    assert not np.array_equal(
        found.waveforms[2], GriffinLim(DatasetSource(dataset), 4).sounds([NOTE]).waveforms[0]
    )


class Huge:
    """A reference beyond the numbers that a spectrum can hold."""

    name = "huge"

    def sounds(self, notes):
        return Sounds(np.full((len(notes), 64_000), 1e37, dtype=np.float32), {})


def test_a_reference_too_large_for_its_spectrum_is_a_fault():
    found = GriffinLim(Huge(), seed=0).sounds([NOTE])
    assert found.faults == {0: f"{NOTE.name}: too large for its spectrum to be a number"}
    assert not found.waveforms.any()
