"""8-bit mu-law against the WaveNet graph's own tables and closed forms."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from eval_suite.baselines.mulaw import MuLaw8, decode, encode
from eval_suite.sources import DatasetSource
from sing.data.nsynth import Dataset
from sing.notes import Note


@pytest.fixture(scope="module")
def tables(golden: Path) -> dict[str, np.ndarray]:
    with np.load(golden.parent / "wavenet" / "tiny_golden.npz") as stored:
        return {name: stored[name] for name in ("mulaw_x", "mulaw_q", "inv_codes", "inv_tf")}


def test_codes_are_those_of_the_wavenet_graph(tables: dict[str, np.ndarray]):
    # The graph does not clamp: beyond full scale its codes go on to 132.
    np.testing.assert_array_equal(encode(tables["mulaw_x"]), tables["mulaw_q"].clip(-128, 127))
    assert tables["mulaw_q"].max() > 127


def test_decoded_samples_are_those_of_the_wavenet_graph(tables: dict[str, np.ndarray]):
    # One unit in the last place of float32 below 1 is 6e-8.
    np.testing.assert_allclose(decode(tables["inv_codes"]), tables["inv_tf"], atol=1.3e-7)


@pytest.mark.parametrize(
    ("sample", "code"),
    [(0, 0), (1.0, 127), (-1.0, -128), (-1e-9, -1), (1e-9, 0), (7.0, 127), (-7.0, -128)],
)
def test_zero_full_scale_and_what_is_beyond_have_defined_codes(sample: float, code: int):
    assert encode(np.array([sample])).item() == code


def test_a_sample_decodes_to_the_middle_of_its_step_and_zero_to_silence():
    # x = (256^y - 1) / 255 at y = (q + 0.5) / 128, by hand for q = 64.
    expected = (256 ** (64.5 / 128) - 1) / 255
    assert decode(np.array([64])).item() == pytest.approx(expected, rel=1e-6)
    assert decode(np.array([0])).item() == 0
    assert decode(np.array([127])).item() == pytest.approx(0.9784881, abs=1e-7)


def test_every_code_survives_decoding_and_encoding():
    codes = np.arange(-128, 128)
    np.testing.assert_array_equal(encode(decode(codes)), codes)


def test_the_signal_to_noise_ratio_is_that_of_the_steps():
    # Far above 1 / 255 a step is proportional to the sample, x ln 256 / 128, so that a uniform
    # error within the step has the power x^2 (ln 256 / 128)^2 / 12: 38.1 dB below the signal.
    samples = np.geomspace(0.3, 0.9, 64_000) * np.tile([1, -1], 32_000)
    error = decode(encode(samples)) - samples
    measured = 10 * np.log10((samples**2).mean() / (error**2).mean())
    assert measured == pytest.approx(10 * math.log10(12 / (math.log(256) / 128) ** 2), abs=0.15)


def test_the_source_quantises_the_reference_in_any_batch_and_passes_its_faults_on(
    dataset: Dataset,
):
    first, second = dataset.notes[0], dataset.notes[7]
    stranger = Note("organ_electronic_009", 60, 50)
    source = pickle.loads(pickle.dumps(MuLaw8(DatasetSource(dataset))))
    found = source.sounds([second, stranger, first])
    assert list(found.faults) == [1]
    assert not found.waveforms[1].any()
    np.testing.assert_array_equal(found.waveforms[2], source.sounds([first]).waveforms[0])
    expected = decode(encode(dataset.waveforms([second])[0]))
    np.testing.assert_allclose(found.waveforms[0], expected, atol=0.5 / 32_768 + 1e-7)
    assert source.covers(first)
    assert not source.covers(stranger)
