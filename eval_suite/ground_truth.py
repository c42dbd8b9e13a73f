"""What the sources are compared with: the rules that find the reference, the dataset, the split.

docs/decisions/0003 gives the rules and why. In short, the first that applies:

    dataset    --data · --reference if it is one · the dataset among the sources · the one that
               the runs and systems record, or if that is gone the one in ./data of
               the same hash · without a record the only one in ./data
    reference  --reference · the dataset · a source of kind `truth`
    split      the runs' own (what they were trained with) · the dataset's
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_suite.named_dataset import open_named_dataset
from eval_suite.sources import (
    DatasetSource,
    RunSource,
    Source,
    SystemSource,
    holds_dataset,
    open_source,
)
from sing import files, log
from sing.data.nsynth import identity_path, open_dataset
from sing.data.packed import is_pack, open_pack, pack_path
from sing.data.split import Split, split_of
from sing.errors import SingError
from sing.run import DEMO
from sing.system_output import FINISHED, UNFINISHED

DATA = Path("data")
SYSTEMS = Path("systems")


@dataclass(frozen=True)
class GroundTruth:
    """The reference waveforms, and the dataset and split that the notes belong to, if known."""

    reference: SystemSource | DatasetSource
    dataset: DatasetSource | None
    split: Split | None

    def systems_among(self, sources: Sequence[Source]) -> list[Source]:
        """The sources other than the reference, which would be seen and heard twice."""
        return [source for source in sources if _folder(source) != _folder(self.reference)]


def _folder(source: Source) -> Path | None:
    """The folder of a source that may be the reference."""
    if isinstance(source, SystemSource):
        return source.system.folder.resolve()
    return source.folder.resolve() if isinstance(source, DatasetSource) else None


def open_sources(folders: Sequence[Path], device: str) -> list[Source]:
    """The sources in `folders`; for none, those in ./systems; for none there, the demo run.

    Raises SingError when one cannot be opened or two have the same name.
    """
    if not folders and SYSTEMS.is_dir():
        folders = _finished_systems()
    if not folders:
        log.info("no source given and none in ./systems: taking the shipped demo run")
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


def _finished_systems() -> list[Path]:
    """The system folders in ./systems; says which are unfinished."""
    for path in sorted(SYSTEMS.glob(f"*/{UNFINISHED}")):
        if not (path.parent / FINISHED).is_file():
            log.warning(
                "%s: unfinished, so left out; the command that makes it goes on with --resume",
                path.parent,
            )
    return sorted(path.parent for path in SYSTEMS.glob(f"*/{FINISHED}"))


def find_ground_truth(
    sources: Sequence[Source], reference: Path | None, data: Path | None
) -> GroundTruth:
    """Apply the rules above. Raises SingError, saying which option to pass, when none applies."""
    given = None if reference is None else _open_reference(reference)
    if data is not None:
        dataset: DatasetSource | None = DatasetSource(open_named_dataset(data).dataset)
    elif isinstance(given, DatasetSource):
        dataset = given
    else:
        dataset = _dataset_of(sources)
    found = given or dataset or _truth_among(sources)
    if found is None:
        raise SingError(
            "nothing says what to compare the sources with; pass --reference DATASET-OR-SYSTEM"
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
    places = [(one, _dataset_at(value)) for one in sources if (value := _recorded(one))]
    found = {folder.resolve(): folder for _, folder in places if folder}
    vanished = [source for source, folder in places if folder is None]
    if found:
        folder = _only(list(found.values()), "the sources belong to several datasets")
        if different := [source for source in vanished if not _is_of(source, folder)]:
            raise _gone(different[0], f", and {folder} is not known to be the same")
    else:
        present = _in_data()
        same = [path for path in present if all(_is_of(source, path) for source in vanished)]
        if not same:
            if vanished and _truth_among(sources) is None:
                raise _gone(
                    vanished[0], ", and none in ./data is known to be it" if present else ""
                )
            return None
        folder = _only(same, "./data holds several datasets")
    for source in vanished:
        fault = _fault(str(_recorded(source)))
        log.warning("%s: its dataset %s; taking %s, of the same notes", source.name, fault, folder)
    return DatasetSource(open_dataset(folder))


def _in_data() -> list[Path]:
    """The datasets in ./data, each once: no pack of one that is there."""
    inside = [DATA, *sorted(DATA.glob("*/"))] if DATA.is_dir() else []
    present = [path for path in inside if holds_dataset(path)]
    packs = {pack_path(path) for path in present}
    return [path for path in present if path not in packs]


def _is_of(source: Source, folder: Path) -> bool:
    """Whether the dataset in `folder` is the recorded one, by hash; never without a hash."""
    if isinstance(source, RunSource):
        names = (note.name for note in open_dataset(folder).notes)
        return source.run.provenance.get("notes_sha256") == files.sha256_of_lines(names)
    if not isinstance(source, SystemSource):
        return False
    digest = _system_facts(source).get("dataset_sha256")
    recorded = digest.values() if isinstance(digest, dict) else [digest]
    own = {files.sha256(identity_path(folder))}
    if is_pack(folder):
        own.add(open_pack(folder).examples_sha256)
    return any(value in own for value in recorded if isinstance(value, str))


def _gone(source: Source, remark: str) -> SingError:
    fault = _fault(str(_recorded(source)))
    return SingError(f"{source.name}: its dataset {fault}{remark}; pass --data DATASET")


def _system_facts(source: SystemSource) -> dict[str, Any]:
    """What system.json says; read_system has seen that it is an object."""
    facts: dict[str, Any] = files.read_json(source.system.folder / FINISHED)
    return facts


def _recorded(source: Source) -> str | None:
    """What the source says of the dataset that it was made from: `demo`, a path, or nothing."""
    value = None
    if isinstance(source, RunSource):
        value = source.run.provenance.get("dataset")
    elif isinstance(source, SystemSource):
        value = _system_facts(source).get("dataset")
    return value if isinstance(value, str) else None


def _dataset_at(recorded: str) -> Path | None:
    """The folder of a recorded dataset (the embedded one is rendered), if it is there."""
    if recorded == DEMO:
        from sing.data.demo import demo_dataset  # scipy.signal is slow to load

        return demo_dataset()
    folder = Path(recorded)
    return folder if folder.is_absolute() and holds_dataset(folder) else None


def _fault(recorded: str) -> str:
    if not Path(recorded).is_absolute():
        return f"'{recorded}' is not an absolute path"
    return f"{recorded} is not there"


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
