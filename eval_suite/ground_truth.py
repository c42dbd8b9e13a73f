"""What the sources are compared with: the rules that find the reference, the dataset, the split.

docs/decisions/0003 gives the rules and why. In short, the first that applies:

    dataset    --data · --reference if it is one · the dataset among the sources · the one that
               the runs and systems record · the only one in ./data
    reference  --reference · the dataset · a source of kind `truth`
    split      the runs' own (what they were trained with) · the dataset's
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval_suite.sources import (
    DatasetSource,
    RunSource,
    Source,
    SystemSource,
    holds_dataset,
    open_source,
)
from sing import files, log
from sing.data.nsynth import EXAMPLES, open_dataset
from sing.data.split import Split, split_of
from sing.errors import SingError
from sing.run import DEMO

DATA = Path("data")
SYSTEMS = Path("systems")


@dataclass(frozen=True)
class GroundTruth:
    """The reference waveforms, and the dataset and split that the notes belong to, if known."""

    reference: SystemSource | DatasetSource
    dataset: DatasetSource | None
    split: Split | None


def open_sources(folders: Sequence[Path], device: str) -> list[Source]:
    """The sources in `folders`; for none, those in ./systems; for none there, the demo run.

    Raises SingError when one cannot be opened or two have the same name.
    """
    if not folders and SYSTEMS.is_dir():
        folders = sorted(path.parent for path in SYSTEMS.glob("*/system.json"))
    if not folders:
        log.info("no source given and none in ./systems: scoring the shipped demo run")
        folders = [Path(DEMO)]
    sources = [open_source(folder, device) for folder in folders]
    folder_of: dict[str, Path] = {}
    for source, folder in zip(sources, folders, strict=True):
        if source.name in folder_of:
            raise SingError(
                f"{folder}: a second source called '{source.name}', as {folder_of[source.name]}; "
                "rename one, or score them apart"
            )
        folder_of[source.name] = folder
    return list(sources)


def find_ground_truth(
    sources: Sequence[Source], reference: Path | None, data: Path | None
) -> GroundTruth:
    """Apply the rules above. Raises SingError, saying which option to pass, when none applies."""
    given = None if reference is None else _open_reference(reference)
    if data is not None:
        dataset: DatasetSource | None = DatasetSource(open_dataset(data))
    elif isinstance(given, DatasetSource):
        dataset = given
    else:
        dataset = _dataset_of(sources)
    found = given or dataset or _truth_among(sources)
    if found is None:
        raise SingError(
            "sing-eval metrics: nothing says what to compare the sources with; pass --reference "
            "DATASET-OR-SYSTEM"
        )
    return GroundTruth(found, dataset, _split(sources, dataset))


def _open_reference(folder: Path) -> SystemSource | DatasetSource:
    source = open_source(folder)
    if isinstance(source, RunSource):
        raise SingError(f"{folder}: a run; --reference takes a dataset or a system folder")
    return source


def _dataset_of(sources: Sequence[Source]) -> DatasetSource | None:
    """The dataset among the sources, or recorded by them, or alone in ./data."""
    among = [source for source in sources if isinstance(source, DatasetSource)]
    if among:
        _only([source.folder for source in among], "several sources are datasets")
        return among[0]
    recorded = {path.resolve(): path for path in map(_recorded_dataset, sources) if path}
    if recorded:
        folder = _only(list(recorded.values()), "the sources belong to several datasets")
    else:
        inside = [DATA, *sorted(DATA.glob("*/"))] if DATA.is_dir() else []
        datasets = [path for path in inside if (path / EXAMPLES).is_file()]
        if not datasets:
            return None
        folder = _only(datasets, "./data holds several datasets")
    return DatasetSource(open_dataset(folder))


def _recorded_dataset(source: Source) -> Path | None:
    """The dataset that a source was made from, if it is still there."""
    recorded: Path | None = None
    if isinstance(source, RunSource):
        recorded = source.run.dataset
    elif isinstance(source, SystemSource):
        about = files.read_json(source.system.folder / "system.json")
        recorded = Path(about["dataset"]) if isinstance(about.get("dataset"), str) else None
    return recorded if recorded is not None and holds_dataset(recorded) else None


def _only(folders: Sequence[Path], claim: str) -> Path:
    if len(folders) > 1:
        names = ", ".join(map(str, folders[:4]))
        raise SingError(f"{claim} ({names}); pass --reference to say which one")
    return folders[0]


def _truth_among(sources: Sequence[Source]) -> SystemSource | None:
    truths = [s for s in sources if isinstance(s, SystemSource) and s.system.kind == "truth"]
    if len(truths) > 1:
        raise SingError(
            f"{truths[0].name} and {truths[1].name} are both of kind truth; pass --reference"
        )
    return truths[0] if truths else None


def _split(sources: Sequence[Source], dataset: DatasetSource | None) -> Split | None:
    """The split that the runs were trained with, else the dataset's; None without either."""
    runs = [source for source in sources if isinstance(source, RunSource)]
    for run in runs[1:]:
        if run.run.split != runs[0].run.split:
            raise SingError(
                f"{run.name} and {runs[0].name} were trained on different splits, so the test "
                "notes of one are training notes of the other; score them apart"
            )
    if runs:
        return runs[0].run.split
    return split_of(dataset.dataset) if dataset is not None else None
