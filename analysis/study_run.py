"""A whole study analysed at once: from what people answered to every table that follows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis import abx_run, mos_run
from analysis.answers import Source
from analysis.reading import Reading
from analysis.reference import ROW, STUDY_TOML, USUAL, stated_reference
from analysis.results import (
    CHOICES_SCREENING,
    CHOICES_SESSIONS,
    INPUTS,
    TABLES,
    Results,
    open_results,
)
from analysis.screening import run as screening_run
from analysis.screening.choices import has_rule
from analysis.screening.rules import read_rules
from analysis.settings_used import decided, shown
from sing import log
from sing.errors import SingError

HISTORY = "*history.csv"

COMPUTED = ("screening.csv", CHOICES_SCREENING, "mos.csv", "abx.csv")
"""What is computed from ratings and choices."""


@dataclass(frozen=True)
class Settings:
    """What decides the numbers of a study, beside its data.

    `rules` is the name of a shipped rule set, a rules file, or none; `reference` the system that is
    the ground truth, None where nothing says it. `rows` say which system is which row of the
    paper; `columns`, `study`, `test` and `scale` how answers are read, as in `Reading`.
    """

    rules: str = "default"
    interval: str = "crowdmos"
    seed: int = 0
    reference: str | None = None
    rows: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    study: str | None = None
    test: str | None = None
    scale: tuple[float, float] | None = None

    @property
    def reading(self) -> Reading:
        """How the answers are read."""
        return Reading(self.columns, self.study, self.test, self.scale)

    @property
    def truth(self) -> str:
        """The ground truth's name, the usual one where nothing says it."""
        return self.reference or USUAL

    def settled(self, folder: Path) -> Settings:
        """With the reference asked for, else the row Ground Truth, else what the study says.

        The study is the one whose definition or export is in `folder`.
        """
        found = self.reference or self.rows.get(ROW) or stated_reference(folder, self.study)
        return replace(self, reference=found)

    def facts(self) -> dict[str, Any]:
        """The settings as they are recorded."""
        return {**asdict(self), "rows": dict(self.rows), "columns": dict(self.columns)}


NO_RULES = "none"


def input_files(folder: Path) -> list[Path]:
    """What was measured, collected and defined in a folder of results, sorted by name."""
    named = [folder / name for name in (*INPUTS, STUDY_TOML) if (folder / name).is_file()]
    histories = [*folder.glob(HISTORY), *folder.glob("*/history.csv")]
    return sorted({*named, *histories})


@contextmanager
def named_as(folder: Path, work: Path) -> Iterator[None]:
    """Errors in this block name files of `folder`, which the user knows, for their copies."""
    try:
        yield
    except SingError as error:
        raise SingError(str(error).replace(str(work), str(folder))) from None


@contextmanager
def completed(
    folder: Path, settings: Settings, elsewhere: Mapping[str, Path] | None = None
) -> Iterator[Results]:
    """A folder's results, with every table that follows from its answers and is not there yet.

    Those tables last as long as the block. `elsewhere` as in `open_results`. Raises SingError for a
    folder without results and for faulty data.
    """
    original = open_results(folder, elsewhere, settings.reading)
    with tempfile.TemporaryDirectory() as scratch, named_as(folder, Path(scratch)):
        work = Path(scratch)
        for path in sorted(folder.glob("*provenance.json")):
            shutil.copyfile(path, work / path.name)
        analyse(folder, work, settings, keeps_tables=True)
        made = [
            name for name in COMPUTED if (work / name).is_file() and not (folder / name).is_file()
        ]
        if made:
            log.info("%s: computed here, and not kept: %s", folder, ", ".join(made))
        results = Results(work, original.elsewhere, settings.reading)
        taken = {
            name: facts for name, facts in decided(results).items() if (folder / name).is_file()
        }
        if taken:
            listed = "; ".join(f"{name} ({shown(facts)})" for name, facts in taken.items())
            log.info("%s: taken as it is, not by --rules and --interval: %s", folder, listed)
        yield results


def analyse(folder: Path, work: Path, settings: Settings, keeps_tables: bool = False) -> None:
    """Copy a folder's inputs into `work`, and write there each table that follows from them.

    With `keeps_tables`, tables that the folder has already are copied and not computed again.
    Raises SingError for faulty data; `named_as` gives its files the names that the user knows.
    """
    for path in input_files(folder):
        target = work / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if keeps_tables:
        _copy_tables(folder, work)
    if not (work / "mos.csv").is_file():
        _analyse_ratings(work, settings)
    if not (work / "abx.csv").is_file():
        _analyse_choices(work, settings)


def _copy_tables(folder: Path, work: Path) -> None:
    screenings = ("screening.csv", CHOICES_SCREENING)
    records = (Path(name).with_suffix(".provenance.json").name for name in screenings)
    for name in sorted({*screenings, *records, *(f"{name}.csv" for name in TABLES)}):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, work / name)


def _analyse_ratings(work: Path, settings: Settings) -> None:
    source = settings.reading.source(work / "ratings.csv")
    if source is None:
        return
    screening = _screened(work, source, settings, "screening.csv")
    request = mos_run.MosRequest(
        source=replace(source, screening=screening),
        out=work / "mos.csv",
        interval=settings.interval,
        seed=settings.seed,
    )
    mos_run.run(request)


def _screened(
    work: Path, source: Source, settings: Settings, name: str, is_choices: bool = False
) -> Path | None:
    """The screening table of these answers, made unless it is there; None for no rules."""
    screening = work / name
    if screening.is_file():
        return screening
    if settings.rules == NO_RULES:
        return None
    if is_choices and not has_rule(read_rules(settings.rules).rules):
        log.info("%s: no rule of %s is for choices; all count", source.path.name, settings.rules)
        return None
    own = work / CHOICES_SESSIONS
    sessions = own if is_choices and own.is_file() else work / "sessions.csv"
    asked = screening_run.Request(
        source=source,
        rules_name=settings.rules,
        sessions=sessions if sessions.is_file() else None,
        reference=settings.truth,
        seed=settings.seed,
        out=screening,
        is_choices=is_choices,
    )
    screening_run.screened(asked)
    return screening


def _analyse_choices(work: Path, settings: Settings) -> None:
    """The preferences; classic ABX and CMOS have tables of their own, of no part in the paper's."""
    source = settings.reading.source(work / "choices.csv")
    if source is None:
        return
    task = abx_run.task_of(source.choices())
    if task != "preference":
        log.info("%s: a test of %s; see sing-eval analyze abx", source.path.name, task)
        return
    screening = _screened(work, source, settings, CHOICES_SCREENING, is_choices=True)
    source = replace(source, screening=screening)
    abx_run.run(abx_run.AbxRequest(source, work / "abx.csv", task, seed=settings.seed))
