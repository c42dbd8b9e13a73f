"""A listening page on disk, as a folder or as one file; whole or not at all.

page/  index.html           everything but sounds and pictures
       notes/0007.js        the sounds of the eighth note: FLAC in base64, in a script, because a
                            page that is opened from a disk may load scripts but not read files
       notes/0007-2.png     the rainbowgram of its third column
       listening-page.json  what the page was made from
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval_suite.listening_page.content import Content
from eval_suite.listening_page.rows import Row, make_rows
from eval_suite.listening_page.shown import ShownRow, page_words, shown_row
from sing import files, log
from sing.errors import CheckFailed, SingError
from sing.provenance import versions

MARK = "listening-page.json"
"""The file by which --force knows a folder that the command made."""

MOST_INLINE = 30
"""Notes in one self-contained file: at three systems about 15 MB."""

MOST = 50
"""Notes in a folder when nobody says how many."""

_SCRIPTS = ("player.js", "rows.js", "page.js")


def check_output(out: Path, is_inline: bool, limit: int | None, force: bool) -> None:
    """Make sure that the page can be written to `out`. Raises SingError, saying what to pass."""
    if not is_inline:
        if out.suffix == ".html":
            raise SingError(f"{out}: names a file; --out names a folder unless --self-contained")
        files.check_folder(out, force, MARK)
        return
    if limit is not None and limit > MOST_INLINE:
        raise SingError(
            f"--limit {limit}: at most {MOST_INLINE} notes fit a self-contained page; pass "
            f"--limit {MOST_INLINE}, or leave out --self-contained"
        )
    if out.is_dir() or out.suffix != ".html":
        raise SingError(f"{out}: --self-contained writes one file; pass --out page.html")
    files.check_file(out, force)


def write_folder(content: Content, out: Path, force: bool) -> Path:
    """Write the page as a folder; the path to open in a browser.

    Raises SingError for a full disk, and CheckFailed, when the page is written, for notes that
    should have a sound and have none.
    """
    broken: list[str] = []
    with files.whole_folder(out, force, MARK) as made:
        (made / "notes").mkdir()

        def keep(place: int, row: Row) -> tuple[list[str], str]:
            return _keep_files(made, place, row)

        rows = _rows(content, keep, broken)
        files.write_text(made / "index.html", render(content, rows, []))
        files.write_json(made / MARK, {"versions": versions(), **content.plan.facts})
    return _checked(out / "index.html", broken)


def write_file(content: Content, out: Path, force: bool) -> Path:
    """Write the page as one file that holds everything; its path. Errors as `write_folder`."""
    broken: list[str] = []
    sounds: list[list[str | None]] = []

    def keep(_: int, row: Row) -> tuple[list[str], str]:
        sounds.append(_sounds(row))
        pictures = [cell.picture and base64.b64encode(cell.picture).decode() for cell in row.cells]
        return [f"data:image/png;base64,{one}" if one else "" for one in pictures], ""

    page = render(content, _rows(content, keep, broken), sounds)
    files.check_file(out, force)
    files.write_text(out, page)
    return _checked(out, broken)


def _rows(
    content: Content, keep: Callable[[int, Row], tuple[list[str], str]], broken: list[str]
) -> list[ShownRow]:
    """The rows, once `keep` has stored each one's media and told their addresses."""
    rows = []
    made = log.progress(make_rows(content), "making the page", len(content.plan.notes))
    for place, row in enumerate(made):
        names = ("ground truth", *content.systems)
        broken += [
            f"{name} {row.note.name}: {cell.reason}"
            for name, cell in zip(names, row.cells, strict=True)
            if cell.is_broken
        ]
        rows.append(shown_row(content, row, *keep(place, row)))
    return rows


def _keep_files(folder: Path, place: int, row: Row) -> tuple[list[str], str]:
    """Write a note's pictures and sounds; the addresses of the pictures and of the script."""
    pictures = []
    for column, cell in enumerate(row.cells):
        address = f"notes/{place:04d}-{column}.png" if cell.picture is not None else ""
        if cell.picture is not None:
            (folder / address).write_bytes(cell.picture)
        pictures.append(address)
    script = f"notes/{place:04d}.js"
    text = f"receiveSounds({place}, {json.dumps(_sounds(row))});\n"
    (folder / script).write_text(text, encoding="utf-8", newline="\n")
    return pictures, script


def _sounds(row: Row) -> list[str | None]:
    return [
        base64.b64encode(cell.sound).decode() if cell.sound is not None else None
        for cell in row.cells
    ]


def render(
    content: Content, rows: Sequence[ShownRow], sounds: Sequence[Sequence[str | None]]
) -> str:
    """The HTML; `sounds` are each note's FLAC files in base64 if they are to be on the page."""
    loader = PackageLoader("eval_suite.listening_page")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

    def source(name: str) -> str:
        return loader.get_source(environment, name)[0]

    return environment.get_template("page.html").render(
        style=source("page.css"),
        script="".join(map(source, _SCRIPTS)),
        inline_sounds=sounds,
        **page_words(content, rows),
    )


def _checked(page: Path, broken: Sequence[str]) -> Path:
    if broken:
        raise CheckFailed(
            f"{page}: written, but without sounds that should be there: {len(broken):,}; the "
            f"first is {broken[0]}; their cells say why"
        )
    return page
