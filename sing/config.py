"""Configurations of a run: every default is the paper's, with its section.

A TOML file overrides what it names; the resolved configuration is saved with every run.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from sing import files
from sing.errors import SingError, suggestion
from sing.validation import validated

LARGEST = 65_536
"""A layer wider than this is a slip of the finger: its weights alone would take 17 GB."""


class ModelConfig(BaseModel, frozen=True, extra="forbid", strict=True):
    """Section 4: sizes of the networks."""

    hidden_channels: int = Field(1024, ge=1, le=LARGEST)  # 4.1
    lstm_layers: int = Field(3, ge=1, le=64)  # 4.1
    velocity_channels: int = Field(2, ge=1, le=LARGEST)  # 4.1
    instrument_channels: int = Field(16, ge=1, le=LARGEST)  # 4.1
    pitch_channels: int = Field(8, ge=1, le=LARGEST)  # 4.1
    time_channels: int = Field(4, ge=1, le=LARGEST)  # 4.1
    time_embedding: bool = True  # 5.2 removes it in Table 1's last row
    code_channels: int = Field(128, ge=1, le=LARGEST)  # 4.1, D
    decoder_channels: int = Field(4096, ge=1, le=LARGEST)  # 4.2
    smooth_filters: bool = True  # 4.2, the squared Hann window
    initialization: Literal["torch", "kaiming"] = "torch"  # of encoder and decoder, decisions/0005


class Phase(BaseModel, frozen=True, extra="forbid", strict=True):
    """What the phases of Section 4.3 have in common."""

    epochs: int = Field(50, ge=0)
    batch_size: int = Field(256, ge=1)  # notes a step, over all processes
    micro_batch_size: int | None = Field(None, ge=1)  # notes held in memory at once; None: all
    learning_rate: float = Field(3e-4, gt=0)
    final_learning_rate: float | None = Field(None, gt=0)  # cosine down to it; None: constant

    def learning_rate_at(self, progress: float) -> float:
        """The learning rate when the share `progress` (0 to 1) of the phase's steps is done."""
        if self.final_learning_rate is None:
            return self.learning_rate
        share = (1 + math.cos(math.pi * progress)) / 2
        return self.final_learning_rate + share * (self.learning_rate - self.final_learning_rate)


class AutoencoderPhase(Phase, frozen=True, extra="forbid", strict=True):
    """Section 4.3, "Initialization with an autoencoder"."""

    crop_samples: int | None = Field(None, ge=1024, le=65_024, multiple_of=256)  # None: whole notes
    mse_epochs: int = Field(0, ge=0)  # first epochs on the log-spectral MSE, decisions/0005


class LstmPhase(Phase, frozen=True, extra="forbid", strict=True):
    """Section 4.3, "LSTM training"."""

    bptt_frames: int = Field(32, ge=1)  # the gradient is cut every 32 of the 265 frames


class FinetunePhase(Phase, frozen=True, extra="forbid", strict=True):
    """Section 4.3, "End-to-end fine tuning"."""

    epochs: int = Field(20, ge=0)
    mse_epochs: int = Field(0, ge=0)  # as of the autoencoder


class Config(BaseModel, frozen=True, extra="forbid", strict=True):
    """Everything that decides what a run learns, besides its dataset."""

    name: str = Field("spectral", pattern=r"^\w[\w .+-]*$")  # of the run's folder
    seed: int = 42
    loss: Literal["spectral", "log_spectral_mse", "waveform"] = "spectral"  # Eq. 3.3, 4.3, Eq. 3.1
    epsilon: float = Field(1.0, gt=0)  # Eq. 3.2
    split: Literal["paper", "reference"] = "paper"  # 5.1
    precision: Literal["float32", "bfloat16"] = "float32"  # bfloat16: autocast, GPU only
    checkpoint_minutes: float = Field(5.0, gt=0)
    evaluation_notes: int = Field(1000, ge=1)  # notes of train and of test measured each epoch
    model: ModelConfig = ModelConfig()
    autoencoder: AutoencoderPhase = AutoencoderPhase()
    lstm: LstmPhase = LstmPhase()
    finetune: FinetunePhase = FinetunePhase()

    @property
    def planned_epochs(self) -> dict[str, int]:
        """The epochs of each phase, in order."""
        return {name: part.epochs for name, part in self if isinstance(part, Phase)}


def first_difference(ours: Config, theirs: Config, *besides: str) -> tuple[str, Any, Any] | None:
    """The first key, as `--set` takes it, with other values; both values. None if there is none.

    Keys of the outer level that stand in `besides` may differ.
    """
    left, right = _dotted(ours.model_dump()), _dotted(theirs.model_dump())
    different = (key for key in left if key not in besides and left[key] != right[key])
    return next(((key, left[key], right[key]) for key in different), None)


def _dotted(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """The values of nested tables under dotted keys: `model.hidden_channels`."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{before}{key}"
        flat |= _dotted(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat


def shipped_configs() -> dict[str, Path]:
    """The configurations in the package, by name."""
    folder = Path(str(resources.files("sing"))) / "configs"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_config(source: str, overrides: Sequence[str] = ()) -> Config:
    """The configuration of a TOML file, or of the name of a shipped one.

    `overrides` are "key=value" with dotted keys and TOML values: "finetune.epochs=5".
    """
    shipped = shipped_configs()
    path = shipped.get(source, Path(source))
    if source not in shipped and not path.is_file():
        hint = suggestion(source, shipped)
        raise SingError(f"{source}: neither a config file nor a shipped config; {hint}")
    values = files.read_toml(path)
    for override in overrides:
        _apply(values, override)
    where = " ".join([str(path), *(f"--set {override}" for override in overrides)])
    return validated(Config, values, where)


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise SingError(f"--set {override}: expected key=value, such as finetune.epochs=5")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *tables, name = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise SingError(f"--set {override}: '{table}' is a value, not a table; check the key")
    values[name] = value


def write_config(path: Path, config: Config) -> None:
    """Write a configuration as TOML, every key included."""
    top: list[str] = []
    tables: list[str] = []
    for key, value in config.model_dump().items():
        if isinstance(value, dict):
            tables.append(f"\n[{key}]")
            tables += [
                f"{name} = {_toml(item)}" for name, item in value.items() if item is not None
            ]
        else:
            top.append(f"{key} = {_toml(value)}")
    files.write_text(path, "\n".join(top + tables) + "\n")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
