"""The report's page: one HTML file with its figures in it, whole or not at all."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis import tables_run
from analysis.figures import draw
from analysis.figures.style import Drawing, png_bytes
from analysis.paper_table import PaperTable
from analysis.published import PAPER
from analysis.report.checklist import checklist
from analysis.report.comparisons import comparisons
from analysis.report.story import records, tell
from analysis.results import Results
from analysis.settings_used import settings_used, shown
from analysis.study_run import Settings, completed, input_files
from analysis.table_files import html_table
from sing import files
from sing.errors import SingError
from sing.provenance import provenance

_KINDS = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}
_PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}

_MOST_BYTES = 4 << 20
"""Of a sound or picture inside the page; larger ones belong beside it."""


@dataclass(frozen=True)
class ReportRequest:
    """What is asked of `sing-eval report`.

    `examples` are sounds to hear on the page, `pictures` further figures such as rainbowgrams,
    `listening_page` a page to link to.
    """

    folder: Path
    out: Path
    settings: Settings
    examples: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    listening_page: Path | None = None


@dataclass(frozen=True)
class Medium:
    """A sound or a picture inside the page: a data address, and what it is called."""

    name: str
    address: str


def write_report(request: ReportRequest, force: bool = False) -> Path:
    """Analyse what is not analysed yet, and write the page; its path.

    Raises SingError for data, sounds or pictures that cannot be read, and for an `out` that may
    not be written.
    """
    files.check_file(request.out, force)
    request = replace(request, settings=request.settings.settled(request.folder))
    media = [_media(request.examples, _KINDS), _media(request.pictures, _PICTURES)]
    with completed(request.folder, request.settings) as results:
        text = render(results, request, *media)
    files.check_file(request.out, force)
    files.write_text(request.out, text)
    return request.out


def render(
    results: Results,
    request: ReportRequest,
    examples: Sequence[Medium],
    pictures: Sequence[Medium],
) -> str:
    """The page's HTML. `results` are complete, those of `request` are what the user has."""
    original, settings = Results(request.folder), request.settings
    made = tables_run.make_tables(results, settings.rows, settings.seed)
    drawings = draw.draw(results, settings.rows, seed=settings.seed)
    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        story=tell(results, request.folder.resolve().name),
        tables=[html_table(table) for table in made.tables],
        breakdowns=[html_table(table) for table in _of_first_metric(made.breakdowns)],
        comparisons=comparisons(results, settings),
        sentences=made.sentences,
        figures=[_figure(drawing) for drawing in drawings],
        pictures=pictures,
        examples=examples,
        listening_page=_link(request),
        checklist=checklist(results, settings.reference),
        files=_hashes(original),
        computed=_computed(results, original),
        records=_shown_records(original),
        settings=_settings(results, settings),
        versions=sorted(provenance()["versions"].items()),
        paper=PAPER,
    )


def _of_first_metric(breakdowns: Sequence[PaperTable]) -> list[PaperTable]:
    """The tables of one metric: a page holds no more, the folder of tables has them all."""
    metrics = [table.name.rpartition("-by-")[0] for table in breakdowns]
    pairs = zip(metrics, breakdowns, strict=True)
    return [table for metric, table in pairs if metric == metrics[0]]


def _figure(drawing: Drawing) -> dict[str, str]:
    return {
        "title": drawing.title,
        "description": drawing.description,
        "remark": drawing.remark,
        "address": _address(png_bytes(drawing.figure), "image/png"),
    }


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _media(paths: Sequence[Path], kinds: Mapping[str, str]) -> list[Medium]:
    found = []
    for path in paths:
        kind = kinds.get(path.suffix.lower())
        if kind is None:
            raise SingError(f"{path}: not one of {', '.join(kinds)}; choose another file")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SingError(f"{path}: cannot be read ({error.strerror}); check the path") from None
        if len(content) > _MOST_BYTES:
            raise SingError(
                f"{path}: larger than {_MOST_BYTES >> 20} MB, too large for the page; "
                "link to a page of sing-eval listen with --listen"
            )
        found.append(Medium(path.stem, _address(content, kind)))
    return found


def _link(request: ReportRequest) -> str:
    """The listening page's address relative to the report, so that both can move together."""
    page = request.listening_page
    if page is None:
        return ""
    target = page / "index.html" if page.is_dir() else page
    if not target.is_file():
        raise SingError(f"{page}: no page; write one with sing-eval listen")
    if target.suffix.lower() not in (".html", ".htm"):
        raise SingError(f"--listen {page}: no HTML page; name one of sing-eval listen")
    return Path(os.path.relpath(target.resolve(), request.out.resolve().parent)).as_posix()


def _hashes(results: Results) -> list[tuple[str, str]]:
    """Every input and table of the folder with its SHA-256."""
    tables = [*results.folder.glob("*.csv"), *input_files(results.folder)]
    named = {path.relative_to(results.folder).as_posix(): path for path in tables}
    return [(name, files.sha256(path)) for name, path in sorted(named.items())]


def _computed(results: Results, original: Results) -> list[str]:
    """The tables that were made for this page because the folder has none."""
    names = (path.name for path in sorted(results.folder.glob("*.csv")))
    return [name for name in names if not original.path(name).exists()]


def _shown_records(results: Results) -> list[tuple[str, str]]:
    """The commands that wrote the tables, by the record's name."""
    shown = []
    for name, record in records(results).items():
        command: Any = record.get("command", [])
        if isinstance(command, list) and command:
            shown.append((name, " ".join(map(str, command))))
    return shown


def _settings(results: Results, settings: Settings) -> list[tuple[str, str]]:
    """What decided the numbers; of what was not asked for, nothing."""
    facts = settings_used(results, settings.facts())
    tables = [(name, shown(about)) for name, about in facts.pop("tables").items()]
    rows = "; ".join(f"{row} is {system}" for row, system in sorted(facts.pop("rows").items()))
    names = "; ".join(
        f"{ours} is {theirs}" for ours, theirs in sorted(facts.pop("columns").items())
    )
    if settings.scale is not None:
        facts["scale"] = "{:g} to {:g}".format(*settings.scale)
    plain = [(name, str(value)) for name, value in facts.items() if value is not None]
    return [*tables, *plain, ("rows", rows or "by name"), *([("columns", names)] if names else [])]
