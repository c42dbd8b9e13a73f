"""The Itakura-Saito divergence against scikit-learn's and against its closed forms."""

import numpy as np
import pytest
import torch
from sklearn.decomposition._nmf import _beta_divergence

from eval_suite.metrics.itakura_saito import itakura_saito, itakura_saito_cosh
from eval_suite.metrics.metric import parse_metric
from eval_suite.metrics.spectra import Comparison, Spectra
from sing.losses import power_spectrum


def flat(reference: float, estimate: float) -> Comparison:
    """Two made-up flat power spectra, to compare with closed forms."""
    pair = Comparison(*(Spectra(np.zeros(64_000, dtype=np.float32)) for _ in range(2)))
    pair.reference.power = np.full((247, 513), reference, dtype=np.float32)
    pair.estimate.power = np.full((247, 513), estimate, dtype=np.float32)
    return pair


def divergence(ratio: float) -> float:
    return ratio - np.log(ratio) - 1


def test_agrees_with_scikit_learn_on_floored_spectra():
    generator = np.random.default_rng(3)
    waveforms = generator.standard_normal((2, 1, 64_000), dtype=np.float32)
    reference, estimate = 0.2 * waveforms[0], 0.1 * waveforms[1]
    floored = [
        1 + power_spectrum(torch.from_numpy(w.astype(np.float64)))[0].numpy()
        for w in (reference, estimate)
    ]
    # scikit-learn wants a factorisation W H of the estimate: the estimate times the identity.
    expected = _beta_divergence(floored[0], floored[1], np.eye(513), beta=0) / floored[0].size
    found = parse_metric("itakura_saito")(reference, estimate)
    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("reference", "estimate"), [(9.0, 4.0), (4.0, 9.0), (1e5, 0.0), (0.0, 1e5)]
)
def test_is_the_ratio_of_reference_to_estimate_minus_its_log_minus_one(
    reference: float, estimate: float
):
    found = itakura_saito(flat(reference, estimate))
    assert found == pytest.approx(divergence((1 + reference) / (1 + estimate)), rel=1e-5)


def test_is_not_symmetric_and_its_cosh_form_is_the_mean_of_both_directions():
    forth, back = itakura_saito(flat(9.0, 4.0)), itakura_saito(flat(4.0, 9.0))
    assert forth == pytest.approx(divergence(2.0), rel=1e-5)
    assert back == pytest.approx(divergence(0.5), rel=1e-5)
    for pair in (flat(9.0, 4.0), flat(4.0, 9.0)):
        assert itakura_saito_cosh(pair) == pytest.approx((forth + back) / 2, rel=1e-5)


@pytest.mark.parametrize("step", [1e-2, 1e-3])
def test_keeps_its_digits_where_the_spectra_nearly_agree(step: float):
    found = itakura_saito(flat(np.expm1(step).item(), 0.0))
    assert found == pytest.approx(step**2 / 2 + step**3 / 6, rel=2e-3)


def test_is_never_negative_whatever_rounding_leaves():
    for power in np.geomspace(1e-9, 1e-3, 200):
        assert itakura_saito(flat(float(power), 0.0)) >= 0


@pytest.mark.parametrize("powers", [(np.inf, 1.0), (np.inf, np.inf), (np.nan, 1.0)])
def test_what_is_no_number_is_not_taken_for_equal(powers: tuple[float, float]):
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(itakura_saito(flat(*powers)))
