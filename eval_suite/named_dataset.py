"""The dataset that a command is given: a folder, or `demo` for the embedded one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sing.data.nsynth import Dataset, open_dataset
from sing.run import DEMO


@dataclass(frozen=True)
class NamedDataset:
    """An open dataset, and how a system records that it belongs to it: a path, or `demo`."""

    dataset: Dataset
    recorded: str


def open_named_dataset(folder: Path) -> NamedDataset:
    """The dataset in a folder, or the embedded one for `demo` where there is no such folder."""
    if folder == Path(DEMO) and not folder.exists():
        from sing.data.demo import demo_dataset  # scipy.signal is slow to load

        return NamedDataset(open_dataset(demo_dataset()), DEMO)
    return NamedDataset(open_dataset(folder), str(folder.resolve()))
