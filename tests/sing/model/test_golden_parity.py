"""Our networks against recorded outputs of the paper's own public implementation."""

import math
import zlib

import numpy as np
import pytest
import torch

from sing.config import ModelConfig
from sing.generate.engine import Engine
from sing.generate.stream import Streamer
from sing.model.framing import pad_note
from sing.model.public_names import PublicSizes, from_public, public_shapes
from sing.model.sing import Sing, parameter_count

TINY = {"hidden_channels": 24, "decoder_channels": 32}
TOLERANCE = 1e-5


def rule(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The weights that the golden data were made with, see README.md there."""
    drawn = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if len(shape) == 1:
        drawn *= 0.1
    elif "conv_tr" in name:
        drawn /= 4 * math.sqrt(shape[0])
    elif "tables" not in name and "time_table" not in name:
        drawn *= 1.5 / math.sqrt(math.prod(shape[1:]))
    return torch.from_numpy(drawn.astype(np.float32))


def golden_model(instruments: int, **sizes: object) -> Sing:
    config = ModelConfig(**sizes)
    expected = PublicSizes(
        instruments=instruments,
        pitches=121,
        velocities=6,
        instrument_channels=config.instrument_channels,
        pitch_channels=config.pitch_channels,
        velocity_channels=config.velocity_channels,
        time_channels=config.time_channels if config.time_embedding else 0,
        frames=265,
        hidden_channels=config.hidden_channels,
        lstm_layers=config.lstm_layers,
        code_channels=config.code_channels,
        decoder_channels=config.decoder_channels,
        has_encoder=True,
    )
    with torch.device("meta"):
        model = Sing(config, instruments, pitches=121, velocities=6)
    weights = {name: rule(name, shape) for name, shape in public_shapes(expected).items()}
    model.load_state_dict(from_public(weights), assign=True)
    for part in (model.encoder, model.decoder.synthesis):
        part.window = torch.hann_window(1024, periodic=True).square()
    return model.eval()


def difference(made: torch.Tensor, recorded: np.ndarray) -> float:
    assert made.shape == recorded.shape
    return float(np.abs(made.numpy() - recorded).max())


def check_waveforms(model: Sing, outputs: dict[str, np.ndarray]) -> None:
    """The three ways to a waveform: the networks, the engine, the stream."""
    assert np.abs(outputs["wav"]).max() > 0.3
    keys = torch.from_numpy(outputs["items"])
    with torch.inference_mode():
        assert difference(model.synthesizer.generate(keys), outputs["wav"]) < TOLERANCE
    engine = Engine(model.synthesizer)
    assert difference(engine.generate(keys), outputs["wav"]) < TOLERANCE
    streamed = np.concatenate(list(Streamer(engine, keys[-1])))
    assert np.abs(streamed - outputs["wav"][-1]).max() < TOLERANCE


def test_the_rule_gives_the_tiny_models_weights(golden):
    weights = np.load(golden / "tiny_weights.npz")
    for name in weights.files:
        np.testing.assert_allclose(rule(name, weights[name].shape), weights[name], rtol=1e-6)


def test_tiny_model_with_all_its_parts(golden):
    outputs = dict(np.load(golden / "tiny_outputs.npz"))
    model = golden_model(7, **TINY)
    check_waveforms(model, outputs)
    waveform = torch.from_numpy(outputs["input"])
    with torch.inference_mode():
        codes, _ = model.sequence(torch.from_numpy(outputs["items"]))
        assert difference(codes.transpose(1, 2), outputs["sequence"]) < TOLERANCE
        assert model.decoder(codes).shape[1] == outputs["wav_raw_len"]
        encoding = model.encoder(pad_note(waveform)).transpose(1, 2)
        assert difference(encoding, outputs["encoding"]) < TOLERANCE
        reconstruction = model.autoencoder.reconstruct(waveform)
        assert difference(reconstruction, outputs["reconstruction"]) < TOLERANCE


def test_tiny_model_without_time_embedding(golden):
    outputs = dict(np.load(golden / "tiny_no_time_outputs.npz"))
    check_waveforms(golden_model(7, **TINY, time_embedding=False), outputs)


@pytest.mark.slow
def test_paper_size_model(golden):
    outputs = dict(np.load(golden / "full_outputs.npz"))
    model = golden_model(1006)
    assert parameter_count(model.synthesizer) == outputs["parameters"] == 63_747_929
    check_waveforms(model, outputs)
    with torch.inference_mode():
        codes, _ = model.sequence(torch.from_numpy(outputs["items"]))
        every_16th = codes.transpose(1, 2)[:, :, ::16]
        assert difference(every_16th, outputs["sequence"]) < TOLERANCE


@pytest.mark.slow
def test_paper_size_encoder_on_silence(golden):
    # What went in is not recorded, but before the note there are zeros.
    recorded = np.load(golden / "full_outputs.npz")["encoding"][:1, :, 0]
    with torch.inference_mode():
        codes = golden_model(1006).encoder(pad_note(torch.zeros(1, 64_000)))
    assert np.abs(recorded).max() > 0.5
    assert difference(codes[:, 0], recorded) < TOLERANCE
