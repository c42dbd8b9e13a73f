from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sing.config import ModelConfig
from sing.errors import SingError
from sing.model.framing import pad_note
from sing.model.public_file import read_public_model
from sing.model.public_names import PublicSizes, from_public, public_shapes, sizes, to_public
from sing.model.sing import Sing

PAPER = PublicSizes(
    instruments=1006,
    pitches=121,
    velocities=6,
    instrument_channels=16,
    pitch_channels=8,
    velocity_channels=2,
    time_channels=4,
    frames=265,
    hidden_channels=1024,
    lstm_layers=3,
    code_channels=128,
    decoder_channels=4096,
    has_encoder=True,
)


@pytest.fixture(scope="session")
def tiny(golden: Path) -> dict[str, Tensor]:
    """The public implementation's own tiny model, encoder included."""
    weights = np.load(golden / "tiny_weights.npz")
    return {name: torch.from_numpy(weights[name]) for name in weights}


def ours(weights: dict[str, Tensor], time_embedding: bool = True) -> Sing:
    config = ModelConfig(hidden_channels=24, decoder_channels=32, time_embedding=time_embedding)
    model = Sing(config, instruments=7, pitches=121, velocities=6)
    model.load_state_dict(from_public(weights))
    return model.eval()


def test_shapes_at_paper_size_are_those_of_the_public_implementation(golden: Path) -> None:
    lines = (golden / "variables.txt").read_text().splitlines()
    expected = {}
    for line in lines:
        name, _, shape = line.partition(" ")
        expected[name] = tuple(int(count) for count in shape.strip("[]").split(","))
    assert public_shapes(PAPER) == expected


def test_sizes_are_read_off_the_shapes(golden: Path, tiny: dict[str, Tensor]) -> None:
    tensors = {
        name: torch.empty(shape, device="meta") for name, shape in public_shapes(PAPER).items()
    }
    assert sizes(tensors) == PAPER
    model = sizes(read_public_model(golden / "tiny_reference_model.th"))
    assert (model.instruments, model.hidden_channels, model.decoder_channels) == (7, 24, 32)
    assert model.time_embedding
    assert not model.has_encoder
    assert sizes(tiny).has_encoder


def test_renamed_weights_make_the_sound_that_the_public_implementation_made(
    golden: Path, tiny: dict[str, Tensor]
) -> None:
    outputs = np.load(golden / "tiny_outputs.npz")
    model = ours(tiny)
    with torch.inference_mode():
        waveform = model.synthesizer.generate(torch.from_numpy(outputs["items"]).long())
        codes = model.encoder(pad_note(torch.from_numpy(outputs["input"])))
    assert np.abs(waveform.numpy() - outputs["wav"]).max() < 1e-5
    assert np.abs(codes.transpose(1, 2).numpy() - outputs["encoding"]).max() < 1e-5


def test_model_without_time_embedding(golden: Path, tiny: dict[str, Tensor]) -> None:
    # Made by the same rule, so that only the LSTM's input weight differs in shape.
    outputs = np.load(golden / "tiny_no_time_outputs.npz")
    weights = {name: tensor for name, tensor in tiny.items() if "time_table" not in name}
    weights["sequence_generator.lstm.weight_ih_l0"] = _drawn(
        "sequence_generator.lstm.weight_ih_l0", (96, 26)
    )
    assert not sizes(weights).time_embedding
    with torch.inference_mode():
        keys = torch.from_numpy(outputs["items"]).long()
        waveform = ours(weights, time_embedding=False).synthesizer.generate(keys)
    assert np.abs(waveform.numpy() - outputs["wav"]).max() < 1e-5


def _drawn(name: str, shape: tuple[int, ...]) -> Tensor:
    """A weight by the rule of the golden data's README."""
    import zlib

    drawn = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    return torch.from_numpy((drawn * 1.5 / np.sqrt(np.prod(shape[1:]))).astype(np.float32))


def test_the_way_back_gives_the_public_tensors_again(tiny: dict[str, Tensor]) -> None:
    back = to_public(from_public(tiny))
    assert list(back) == list(public_shapes(sizes(tiny)))
    assert all(torch.equal(back[name], tensor) for name, tensor in tiny.items())
    with pytest.raises(ValueError, match=r"tables\.0\.weight is not a parameter"):
        to_public(tiny)


def test_names_are_a_bijection_onto_the_parameters_of_our_model(tiny: dict[str, Tensor]) -> None:
    parameters = dict(ours(tiny).named_parameters())
    assert {name: tensor.shape for name, tensor in from_public(tiny).items()} == {
        name: parameter.shape for name, parameter in parameters.items()
    }


def without(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {other: tensor for other, tensor in tensors.items() if other != name}


@pytest.mark.parametrize("name", sorted(public_shapes(PAPER)))
def test_every_missing_tensor_is_named(name: str, tiny: dict[str, Tensor]) -> None:
    if name == "sequence_generator.time_table.weight":
        message = r"weight_ih_l0 is \[96, 30\], expected \[96, 26\]"
    elif name == "sequence_generator.lstm.weight_hh_l2":
        message = "'sequence_generator.lstm.weight_ih_l2' is no tensor"
    else:
        message = f"sing.th: no tensor '{name}'"
    with pytest.raises(SingError, match=message):
        from_public(without(tiny, name), "sing.th")


def test_every_wrong_shape_is_named(tiny: dict[str, Tensor]) -> None:
    for name, tensor in tiny.items():
        widths = [] if ".tables." in name else [tensor.repeat_interleave(2, dim=0)]
        for wrong in (*widths, tensor.repeat_interleave(2, dim=-1), tensor.unsqueeze(0)):
            with pytest.raises(SingError, match=r"sing\.th: .* expected [\[1-3]"):
                from_public({**tiny, name: wrong}, "sing.th")


def test_an_unknown_tensor_is_named_with_the_likeliest_meant(tiny: dict[str, Tensor]) -> None:
    renamed = without(tiny, "decoder.layers.4.bias")
    renamed["decoder.layers.4.bias_"] = tiny["decoder.layers.4.bias"]
    with pytest.raises(SingError, match=r"bias_' is no tensor .*mean 'decoder\.layers\.4\.bias'\?"):
        from_public(renamed, "sing.th")
    parallel = {f"module.{name}": tensor for name, tensor in tiny.items()}
    with pytest.raises(SingError, match=r"did you mean 'module\.sequence_generator\.tables\.0\."):
        from_public(parallel, "sing.th")


def test_only_the_squared_hann_window_is_accepted(golden: Path) -> None:
    tensors = read_public_model(golden / "tiny_reference_model.th")
    assert "decoder.synthesis.window" not in from_public(tensors)
    tensors["decoder.layers.6.window"] = torch.hann_window(1024)
    with pytest.raises(SingError, match="not the squared Hann window"):
        from_public(tensors, "sing.th")
