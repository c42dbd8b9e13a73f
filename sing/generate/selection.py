"""What a command is asked to generate: which run, and which notes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sing import files, log
from sing.data.nsynth import Dataset, open_dataset
from sing.errors import SingError, suggestion
from sing.notes import Note, parse_lines
from sing.run import DEMO, Run, epochs_done, open_run

PAPER_NOTES = "paper-100"
"""The name under which `--notes` takes the 100 test notes of the paper's listening study."""


def shipped_run() -> Path:
    """Where the demo run lies in the installed package."""
    return Path(str(resources.files("sing"))) / "demo_run"


def find_run(name: str) -> Run:
    """The run in a folder, or the shipped one for `demo` (a folder of that name is `./demo`).

    Raises SingError when there is none.
    """
    if name != DEMO:
        folder = Path(name)
        if not folder.exists():
            known = [path.parent.as_posix() for path in folder.parent.glob("*/config.toml")]
            hint = suggestion(name, [*known, DEMO])
            raise SingError(f"{name}: there is no such run folder; {hint}")
        return open_run(folder)
    if not (shipped_run() / "config.toml").is_file():
        raise SingError(
            "demo: this installation has no demo run; train one with sing train demo and give "
            "its folder"
        )
    return open_run(shipped_run(), DEMO)


def warn_unfinished(run: Run) -> None:
    """Say so when the run's history lacks epochs of a phase; an imported run has no history."""
    done = epochs_done(run)
    if done is None:
        return
    left = [
        f"{phase} {done[phase]} of {epochs} epochs"
        for phase, epochs in run.config.planned_epochs.items()
        if done[phase] < epochs
    ]
    if left:
        log.warning(
            "%s: not trained to its end (%s); sing train --resume goes on with it",
            *(run.folder, ", ".join(left)),
        )


def open_data(run: Run, folder: Path | None) -> Dataset:
    """The dataset in a folder, or else the one that the run was trained on.

    Raises SingError when there is no folder and the run knows of none, or of one that is gone.
    """
    if folder is not None:
        return open_dataset(folder)
    recorded = run.dataset
    if recorded is None:
        raise SingError(f"{run.folder}: does not say on what it was trained; pass --data DATASET")
    if not recorded.exists():
        raise SingError(f"{run.folder}: its dataset {recorded} is gone; pass --data DATASET")
    return open_dataset(recorded)


def listed_notes(source: str) -> list[Note]:
    """The notes of a CSV file with a column `note`, or of the shipped list `paper-100`.

    Raises SingError with the line for what is not a note's name, or is there twice.
    """
    if source == PAPER_NOTES:
        return [Note.parse(name) for name in paper_notes_path().read_text(encoding="utf-8").split()]
    names = (row["note"] for row in files.read_csv(Path(source), ("note",)))
    notes = parse_lines(names, source, first=2)
    if not notes:
        raise SingError(f"{source}: no note in it; write one a line under the heading 'note'")
    return notes


def paper_notes_path() -> Path:
    """The shipped list of the paper's 100 test notes, one name a line."""
    return Path(str(resources.files("sing"))) / "configs" / "paper_100_notes.txt"


def choose_notes(
    run: Run, split: str | None = None, listed: str | None = None, limit: int | None = None
) -> list[Note]:
    """The notes of a part of the run's split, or of a list: sorted by name, the first `limit`.

    Raises SingError when there are none, as in an imported run without metadata, and when the
    list holds one that the run does not know.
    """
    notes = listed_notes(listed) if listed is not None else list(run.split.part(split or "test"))
    if not notes:
        raise SingError(
            f"{run.folder}: its split has no {split or 'test'} notes; name some with --notes"
        )
    run.vocabulary.encode(notes)
    return sorted(notes, key=lambda note: note.name)[:limit]
