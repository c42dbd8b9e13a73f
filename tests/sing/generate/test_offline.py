import numpy as np
import pytest
import torch
from torch.nn.functional import conv1d, pad

from sing.errors import SingError
from sing.generate.offline import generate, reconstruct
from sing.notes import Note


def test_notes_come_in_their_order_in_batches(run, plain, notes):
    wanted = notes[::-1]
    batches = list(generate(run, wanted, batch_size=7))
    assert [len(batch) for batch in batches] == [7, 7, 4]
    made = np.concatenate(batches)
    assert made.dtype == np.float32
    assert np.abs(made - plain.waveforms(run, wanted)).max() < 1e-5


def test_a_batch_does_not_depend_on_the_rest_of_the_request(run, notes):
    first, second, _ = generate(run, notes)
    np.testing.assert_array_equal(next(generate(run, notes[:8])), first)
    np.testing.assert_array_equal(next(generate(run, notes[8:16])), second)


def test_an_unknown_note_is_refused_before_anything_is_made(run, notes):
    unknown = Note("organ_electronic_003", 60, 25)
    with pytest.raises(SingError, match="did you mean 'organ_electronic_002'"):
        generate(run, [*notes, unknown])


def test_a_run_without_weights_is_refused_at_once(run, notes):
    (run.folder / "model.safetensors").unlink()
    with pytest.raises(SingError, match="no weights yet"):
        generate(run, notes)


def test_reconstruction_is_the_decoded_code_of_phase_one(run, plain, dataset, notes):
    wanted = notes[1:6]
    made = np.concatenate(list(reconstruct(run, dataset, wanted, batch_size=2)))
    # Section 4.3 with torch's convolutions, on the weights that phase one left.
    networks = run.networks()
    kept = {n: w * 1.25 for n, w in networks.state_dict().items() if "sequence." not in n}
    networks.load_state_dict(kept, strict=False)
    encoder = networks.encoder
    window = torch.hann_window(1024, periodic=True) ** 2
    with torch.inference_mode():
        padded = pad(torch.from_numpy(dataset.waveforms(wanted)), (2304, 2304)).unsqueeze(1)
        filters = (encoder.analysis.weight * window).unsqueeze(1)
        hidden = conv1d(padded, filters, encoder.analysis.bias, stride=256).relu()
        for layer in (encoder.pointwise_1, encoder.pointwise_2):
            hidden = conv1d(hidden, layer.weight.unsqueeze(2), layer.bias).relu()
        codes = conv1d(hidden, encoder.projection.weight.unsqueeze(2), encoder.projection.bias)
        assert codes.shape[1:] == (128, 265)
        expected = plain.decoded(networks, codes).numpy()
    assert np.abs(expected).max() > 0.1
    assert np.abs(made - expected).max() < 1e-5


def test_a_note_that_was_not_recorded_is_named(run, dataset, notes):
    strange = Note("bass_synthetic_000", 61, 25)
    with pytest.raises(SingError, match=r"no note bass_synthetic_000-061-025, .*--data"):
        reconstruct(run, dataset, [*notes, strange])


def test_a_run_without_autoencoder_says_so(make_run, dataset, notes):
    with pytest.raises(SingError, match="this run has no autoencoder"):
        reconstruct(make_run(autoencoder=False), dataset, notes)
