"""A whole study analysed at once: from what people answered to every table that follows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis import abx_run, mos_run
from analysis.answers import Source
from analysis.choices import read_choices
from analysis.results import INPUTS, TABLES
from analysis.screening import run as screening_run
from sing import log

HISTORY = "*history.csv"

COMPUTED = ("screening.csv", "mos.csv", "abx.csv")
"""What is computed from ratings and choices."""


@dataclass(frozen=True)
class Settings:
    """What decides the numbers of a study, beside its data.

    `rules` is the name of a shipped rule set, a rules file, or none. `rows` say which system is
    which row of the paper.
    """

    rules: str = "default"
    interval: str = "crowdmos"
    seed: int = 0
    reference: str = "ground-truth"
    rows: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The settings as they are recorded."""
        return {**asdict(self), "rows": dict(self.rows)}


NO_RULES = "none"


def input_files(folder: Path) -> list[Path]:
    """The measured and collected files of a folder of results, sorted by name."""
    named = [folder / name for name in INPUTS if (folder / name).is_file()]
    histories = [*folder.glob(HISTORY), *folder.glob("*/history.csv")]
    return sorted({*named, *histories})


def analyse(folder: Path, work: Path, settings: Settings, keeps_tables: bool) -> None:
    """Copy a folder's inputs into `work`, and write there each table that follows from them.

    With `keeps_tables`, tables that the folder has already are copied and not computed again.
    Raises SingError for faulty data.
    """
    for path in input_files(folder):
        target = work / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if keeps_tables:
        _copy_tables(folder, work)
    if (work / "ratings.csv").is_file() and not (work / "mos.csv").is_file():
        _analyse_ratings(work, settings)
    if (work / "choices.csv").is_file() and not (work / "abx.csv").is_file():
        _analyse_choices(work, settings)


def _copy_tables(folder: Path, work: Path) -> None:
    names = {"screening.csv", "screening.provenance.json", *(f"{name}.csv" for name in TABLES)}
    for name in sorted(names):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, work / name)


def _analyse_ratings(work: Path, settings: Settings) -> None:
    ratings, screening = work / "ratings.csv", work / "screening.csv"
    sessions = work / "sessions.csv"
    if settings.rules != NO_RULES and not screening.is_file():
        asked = screening_run.Request(
            source=Source(ratings),
            rules_name=settings.rules,
            sessions=sessions if sessions.is_file() else None,
            reference=settings.reference,
            seed=settings.seed,
            out=screening,
        )
        screening_run.screened(asked)
    request = mos_run.MosRequest(
        source=Source(ratings, screening if screening.is_file() else None),
        out=work / "mos.csv",
        interval=settings.interval,
        seed=settings.seed,
    )
    mos_run.run(request)


def _analyse_choices(work: Path, settings: Settings) -> None:
    """The preferences; classic ABX and CMOS have tables of their own, of no part in the paper's."""
    path = work / "choices.csv"
    task = abx_run.task_of(read_choices(path))
    if task != "preference":
        log.info("%s: a test of %s; see sing-eval analyze abx", path.name, task)
        return
    abx_run.run(abx_run.AbxRequest(Source(path), work / "abx.csv", task, seed=settings.seed))
