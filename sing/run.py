"""Run folders: what one training leaves behind, and how it is opened again.

runs/R/  config.toml vocabulary.json split.csv provenance.json     written at the start
         history.csv log.txt checkpoints/last.pt                  while it trains
         autoencoder.safetensors                                  encoder and decoder of phase one
         model.safetensors                                        all networks, after each phase
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from sing import files
from sing.config import Config, load_config, write_config
from sing.data.split import Split, read_split, write_split
from sing.data.vocabulary import Vocabulary, read_vocabulary, write_vocabulary
from sing.errors import SingError
from sing.model.sing import Autoencoder, Sing, blank, build
from sing.provenance import write_provenance

FORMAT = 1

DEMO = "demo"
"""What provenance records as the dataset of a run trained on the embedded one."""


@dataclass(frozen=True)
class Run:
    """An opened run folder, which tables call `name`. `provenance` is what its file holds."""

    folder: Path
    name: str
    config: Config
    vocabulary: Vocabulary
    split: Split
    provenance: Mapping[str, Any]

    @property
    def dataset(self) -> Path | None:
        """The dataset folder that the run was trained on, as recorded; None for an imported run.

        The embedded demo dataset is rendered when it is not there yet.
        """
        recorded = self.provenance.get("dataset")
        if recorded == DEMO:
            from sing.data.demo import demo_dataset  # scipy.signal is slow to load

            return demo_dataset()
        return Path(recorded) if recorded and isinstance(recorded, str) else None

    def untrained(self) -> Sing:
        """The run's networks with their first, random parameters."""
        return build_networks(self.config, self.vocabulary)

    def blank_networks(self) -> Sing:
        """The run's networks without memory for their parameters, to be counted."""
        return blank_networks(self.config, self.vocabulary)

    def networks(self, device: torch.device | str = "cpu") -> Sing:
        """The run's trained networks, in evaluation mode.

        An imported run has no encoder: its encoder then keeps random parameters.
        Raises SingError when there is no model.safetensors or it does not fit the configuration.
        """
        networks = self.untrained()
        weights = self._weights("model.safetensors")
        path = self.folder / "model.safetensors"
        load_weights(networks, weights, path, optional=("encoder.",))
        return networks.to(device).eval()

    def autoencoder(self, device: torch.device | str = "cpu") -> Autoencoder:
        """The autoencoder as phase one left it, before fine tuning moved its decoder."""
        path = self.folder / "autoencoder.safetensors"
        if not path.is_file():
            raise SingError(f"{path}: this run has no autoencoder; train one, or use sing generate")
        networks = self.untrained()
        load_weights(networks, self._weights(path.name), path, optional=("sequence.",))
        return networks.autoencoder.to(device).eval()

    def _weights(self, name: str) -> dict[str, Tensor]:
        path = self.folder / name
        if not path.is_file():
            raise SingError(f"{path}: no weights yet; finish a phase with sing train --resume")
        try:
            return {key: value.float() for key, value in load_file(path).items()}
        except SafetensorError as error:
            raise SingError(f"{path}: not a safetensors file ({error}); restore it") from None


def build_networks(config: Config, vocabulary: Vocabulary) -> Sing:
    """Freshly initialised networks for a configuration and a vocabulary."""
    return build(config.model, *_table_sizes(vocabulary), config.seed)


def blank_networks(config: Config, vocabulary: Vocabulary) -> Sing:
    """The same networks without memory for their parameters, to be counted."""
    return blank(config.model, *_table_sizes(vocabulary))


def _table_sizes(vocabulary: Vocabulary) -> tuple[int, int, int]:
    return vocabulary.instrument_count, vocabulary.pitch_rows, vocabulary.velocity_row_count


def load_weights(
    networks: Sing, weights: Mapping[str, Tensor], path: Path, optional: tuple[str, ...] = ()
) -> None:
    """Put the weights of the file `path` into the networks.

    Raises SingError where one is missing, unless its name begins with one of `optional`, or does
    not fit.
    """
    try:
        missing, unexpected = networks.load_state_dict(weights, strict=False)
    except (RuntimeError, TypeError, AttributeError) as error:
        fault = str(error).splitlines()[-1].strip()
        raise SingError(f"{path}: does not fit config.toml: {fault}; restore the file") from None
    absent = [name for name in missing if not name.startswith(optional)]
    if absent or unexpected:
        fault = f"no '{absent[0]}'" if absent else f"unexpected '{unexpected[0]}'"
        raise SingError(f"{path}: does not fit config.toml: {fault}; restore the file")


def epochs_done(run: Run) -> Counter[str] | None:
    """How many epochs of each phase history.csv has; None without one, as in an imported run."""
    path = run.folder / "history.csv"
    if not path.is_file():
        return None
    return Counter(row["phase"] for row in files.read_csv(path, ("phase",)))


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write tensors as safetensors, whole or not at all."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    with files.atomic_path(path) as part:
        part.write_bytes(save(tensors))


def write_run(
    folder: Path, config: Config, vocabulary: Vocabulary, split: Split, **facts: Any
) -> None:
    """Write what a run knows from its start; `facts` go into provenance.json.

    config.toml comes last: a folder that has it has all of them.
    """
    write_vocabulary(folder / "vocabulary.json", vocabulary)
    write_split(folder / "split.csv", split)
    write_provenance(folder, run_format=FORMAT, seed=config.seed, **facts)
    write_config(folder / "config.toml", config)


def is_begun(folder: Path) -> bool:
    """True when `write_run` has finished there."""
    return (folder / "config.toml").is_file()


def run_marks(folder: Path) -> tuple[str, ...]:
    """The file by which --force may know the folder as a run's, for `files.claim_folder`."""
    path = folder / "provenance.json"
    found = files.read_json(path) if path.is_file() else None
    return (path.name,) if isinstance(found, dict) and "run_format" in found else ()


def open_run(folder: Path, name: str | None = None) -> Run:
    """Open a run folder; its name is the folder's if none is given.

    Raises SingError when it is none, or of another version.
    """
    if not is_begun(folder):
        raise SingError(f"{folder}: no config.toml; not a run folder")
    provenance = files.read_json(folder / "provenance.json")
    found = provenance.get("run_format", "unknown") if isinstance(provenance, dict) else "unknown"
    if found != FORMAT:
        raise SingError(
            f"{folder}: a run of format {found}, this version reads {FORMAT}; "
            "train or import it anew"
        )
    return Run(
        folder=folder,
        name=name or folder.resolve().name,
        config=load_config(str(folder / "config.toml")),
        vocabulary=read_vocabulary(folder / "vocabulary.json"),
        split=read_split(folder / "split.csv"),
        provenance=provenance,
    )
