"""The parameters of the public implementation and ours: one table, read in both directions.

1x1 convolutions are linear layers here, and the filters of the first and last layer have no axis
for their single channel, so some weights lose an axis on the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from sing.errors import SingError, suggestion
from sing.model.framing import CONTEXT_FRAMES, FRAME_SAMPLES, NOTE_FRAMES, squared_hann

_LAYERS: tuple[tuple[str, str, int | None], ...] = (
    # the public name, ours, and the axis of size 1 that our weight does not have
    ("sequence_generator.tables.0", "sequence.embeddings.instrument", None),
    ("sequence_generator.tables.1", "sequence.embeddings.pitch", None),
    ("sequence_generator.tables.2", "sequence.embeddings.velocity", None),
    ("sequence_generator.time_table", "sequence.embeddings.time", None),
    ("sequence_generator.lstm", "sequence.lstm", None),
    ("sequence_generator.decoder", "sequence.projection", None),
    ("decoder.layers.0", "decoder.context", None),
    ("decoder.layers.2", "decoder.pointwise_1", 2),
    ("decoder.layers.4", "decoder.pointwise_2", 2),
    ("decoder.layers.6.conv_tr", "decoder.synthesis", 1),
    ("encoder.layers.0.conv", "encoder.analysis", 1),
    ("encoder.layers.2", "encoder.pointwise_1", 2),
    ("encoder.layers.4", "encoder.pointwise_2", 2),
    ("encoder.layers.6", "encoder.projection", 2),
)

_TO_OURS = {public: (ours, axis) for public, ours, axis in _LAYERS}
_TO_PUBLIC = {ours: (public, axis) for public, ours, axis in _LAYERS}

_WINDOWS = ("decoder.layers.6.window", "encoder.layers.0.window")
"""Buffers of the public model; ours computes its window."""

_ADVICE = "give a SING model of the public implementation"
_TABLES = "sequence_generator.tables"
_TIME = "sequence_generator.time_table.weight"
_LSTM = "sequence_generator.lstm"
_RECURRENT = re.compile(r"sequence_generator\.lstm\.weight_hh_l(\d{1,3})")


@dataclass(frozen=True)
class PublicSizes:
    """Cardinalities and sizes of a public model, named as in `ModelConfig`."""

    instruments: int
    pitches: int
    velocities: (
        int  # rows: 6, as velocities 25 50 75 100 127 are rows 0 1 2 4 5 of the public model
    )
    instrument_channels: int
    pitch_channels: int
    velocity_channels: int
    time_channels: int  # 0 without the time embedding, which Section 5.2 removes
    frames: int
    hidden_channels: int
    lstm_layers: int
    code_channels: int
    decoder_channels: int
    has_encoder: bool

    @property
    def time_embedding(self) -> bool:
        """Whether the model has a look-up table of frames."""
        return self.time_channels > 0


def from_public(tensors: Mapping[str, Tensor], where: str = "the model") -> dict[str, Tensor]:
    """The tensors of a public model under our names and in our shapes, sharing their memory.

    Raises SingError, beginning with `where`, when a tensor is missing, unknown or of another shape
    than the others imply, and when a window is not the squared Hann window.
    """
    expected = public_shapes(sizes(tensors, where))
    for name, tensor in tensors.items():
        if name in _WINDOWS:
            _check_window(name, tensor, where)
        elif name not in expected:
            hint = suggestion(name, expected.keys() - tensors.keys() or expected)
            raise SingError(f"{where}: '{name}' is no tensor of this SING model; {hint}")
    renamed = {}
    for name, shape in expected.items():
        tensor = _get(tensors, name, len(shape), where)
        if tensor.shape != shape:
            raise SingError(f"{where}: {name} is {[*tensor.shape]}, expected {[*shape]}; {_ADVICE}")
        layer, _, leaf = name.rpartition(".")
        ours, weight_axis = _TO_OURS[layer]
        axis = weight_axis if leaf == "weight" else None
        renamed[f"{ours}.{leaf}"] = tensor if axis is None else tensor.squeeze(axis)
    return renamed


def to_public(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `from_public`. Raises ValueError for a name that is not one of ours."""
    renamed = {}
    for name, tensor in tensors.items():
        layer, _, leaf = name.rpartition(".")
        if layer not in _TO_PUBLIC:
            raise ValueError(f"{name} is not a parameter of SING")
        public, weight_axis = _TO_PUBLIC[layer]
        axis = weight_axis if leaf == "weight" else None
        renamed[f"{public}.{leaf}"] = tensor if axis is None else tensor.unsqueeze(axis)
    return renamed


def sizes(tensors: Mapping[str, Tensor], where: str = "the model") -> PublicSizes:
    """What the shapes of a public model's tensors say; `from_public` checks that they agree.

    Raises SingError, beginning with `where`, when a tensor that tells a size is missing.
    """
    tables = [_get(tensors, f"{_TABLES}.{index}.weight", 2, where) for index in range(3)]
    time = _get(tensors, _TIME, 2, where) if _TIME in tensors else None
    layers = [int(match[1]) for match in map(_RECURRENT.fullmatch, tensors) if match]
    projection = _get(tensors, "sequence_generator.decoder.weight", 2, where)
    context = _get(tensors, "decoder.layers.0.weight", 3, where)
    return PublicSizes(
        instruments=tables[0].shape[0],
        pitches=tables[1].shape[0],
        velocities=tables[2].shape[0],
        instrument_channels=tables[0].shape[1],
        pitch_channels=tables[1].shape[1],
        velocity_channels=tables[2].shape[1],
        time_channels=0 if time is None else time.shape[1],
        frames=NOTE_FRAMES if time is None else time.shape[0],
        hidden_channels=projection.shape[1],
        lstm_layers=max(layers, default=0) + 1,
        code_channels=projection.shape[0],
        decoder_channels=context.shape[0],
        has_encoder=any(name.startswith("encoder.") for name in tensors),
    )


def public_shapes(model: PublicSizes) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all parameters of a public model of these sizes, in its own order."""
    hidden, codes, channels = model.hidden_channels, model.code_channels, model.decoder_channels
    shapes: dict[str, tuple[int, ...]] = {
        f"{_TABLES}.0.weight": (model.instruments, model.instrument_channels),
        f"{_TABLES}.1.weight": (model.pitches, model.pitch_channels),
        f"{_TABLES}.2.weight": (model.velocities, model.velocity_channels),
    }
    if model.time_embedding:
        shapes[_TIME] = (NOTE_FRAMES, model.time_channels)
    inputs = sum(shape[1] for shape in shapes.values())
    for layer in range(model.lstm_layers):
        shapes[f"{_LSTM}.weight_ih_l{layer}"] = (4 * hidden, hidden if layer else inputs)
        shapes[f"{_LSTM}.weight_hh_l{layer}"] = (4 * hidden, hidden)
        shapes[f"{_LSTM}.bias_ih_l{layer}"] = (4 * hidden,)
        shapes[f"{_LSTM}.bias_hh_l{layer}"] = (4 * hidden,)
    shapes |= _with_bias("sequence_generator.decoder", codes, hidden)
    shapes |= _with_bias("decoder.layers.0", channels, codes, CONTEXT_FRAMES)
    shapes |= _with_bias("decoder.layers.2", channels, channels, 1)
    shapes |= _with_bias("decoder.layers.4", channels, channels, 1)
    shapes["decoder.layers.6.conv_tr.weight"] = (channels, 1, FRAME_SAMPLES)
    shapes["decoder.layers.6.conv_tr.bias"] = (1,)
    if model.has_encoder:
        shapes |= _with_bias("encoder.layers.0.conv", channels, 1, FRAME_SAMPLES)
        shapes |= _with_bias("encoder.layers.2", channels, channels, 1)
        shapes |= _with_bias("encoder.layers.4", channels, channels, 1)
        shapes |= _with_bias("encoder.layers.6", codes, channels, 1)
    return shapes


def _with_bias(layer: str, outputs: int, *rest: int) -> dict[str, tuple[int, ...]]:
    return {f"{layer}.weight": (outputs, *rest), f"{layer}.bias": (outputs,)}


def _get(tensors: Mapping[str, Tensor], name: str, axes: int, where: str) -> Tensor:
    """The tensor of that name, which has that many axes."""
    if name not in tensors:
        unknown = [other for other in tensors if other.rpartition(".")[0] not in _TO_OURS]
        hint = suggestion(name, unknown) if unknown else _ADVICE
        raise SingError(f"{where}: no tensor '{name}'; {hint}")
    if tensors[name].ndim != axes:
        found = tensors[name].ndim
        raise SingError(f"{where}: {name} has {found} axes, expected {axes}; {_ADVICE}")
    return tensors[name]


def _check_window(name: str, window: Tensor, where: str) -> None:
    expected = squared_hann()
    if window.shape != expected.shape or not torch.allclose(window, expected, atol=1e-4):
        raise SingError(f"{where}: {name} is not the squared Hann window of Section 4.2; {_ADVICE}")
