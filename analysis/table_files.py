"""A table of the paper in four formats: CSV (tidy), Markdown, LaTeX and HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from analysis.paper_table import MISSING, OURS, PAPER, PAPER_TABLE, PaperTable, tidy
from analysis.table_latex import latex
from eval_suite.tables import write_table
from sing import files

FORMATS = ("csv", "md", "tex", "html")


def write_tables(folder: Path, tables: Sequence[PaperTable]) -> list[Path]:
    """Write each table in every format; the paths."""
    paths = []
    for table in tables:
        csv_path = folder / f"{table.name}.csv"
        write_table(csv_path, PAPER_TABLE, tidy(table))
        paths.append(csv_path)
        for suffix, text in (
            ("md", markdown(table)),
            ("tex", latex(table)),
            ("html", html_page(table)),
        ):
            paths.append(folder / f"{table.name}.{suffix}")
            files.write_text(paths[-1], text)
    return paths


def headings(table: PaperTable) -> list[tuple[str, str]]:
    """The two lines over the columns: quantity, and whose number it is if both are there."""
    labels = [(label, "") for label in table.label_headings]
    named = [f"{column.group} {column.heading}".strip() for column in table.columns]
    sides = (OURS, PAPER) if table.is_compared else ("",)
    return labels + [(name, whose) for name in named for whose in sides]


def printed_rows(table: PaperTable) -> list[list[str]]:
    """The rows as printed: labels, then ours and the paper's number, if any, of each column."""
    rows = []
    for row, shown in zip(table.rows, table.shown(), strict=True):
        cells = list(row.labels)
        for text, cell in zip(shown, row.cells, strict=True):
            cells += [text, cell.published] if table.is_compared else [text]
        rows.append(cells)
    return rows


def markdown(table: PaperTable) -> str:
    """The table for a README: aligned, numbers to the right."""
    names = [f"{quantity}, {whose}" if whose else quantity for quantity, whose in headings(table)]
    rows = [[_markdown_cell(cell) for cell in row] for row in printed_rows(table)]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    first = len(table.label_headings)
    rule = [
        "-" * width if place < first else "-" * (width - 1) + ":"
        for place, width in enumerate(widths)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if place < first else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    lines = [line(names), line(rule), *map(line, rows)]
    remarks = "".join(f"- {_markdown_cell(remark)}\n" for remark in table.all_remarks)
    return f"**{table.caption}**\n\n" + "\n".join(lines) + f"\n\n{remarks}"


def _markdown_cell(text: str) -> str:
    # A system's name is free text: nothing in it may end a cell or start a tag.
    for mark in "\\|*_`<>[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def html_table(table: PaperTable) -> str:
    """The table as an HTML element, headed for screen readers too; remarks as a list below."""
    body = "\n".join(_html_row(row, table) for row in printed_rows(table))
    remarks = "".join(f"<li>{html.escape(remark)}</li>" for remark in table.all_remarks)
    return (
        f'<table id="{table.name}">\n<caption>{html.escape(table.caption)}</caption>\n'
        f"{_html_head(table)}\n<tbody>\n{body}\n</tbody>\n"
        f'</table>\n<ul class="remarks">{remarks}</ul>'
    )


def _html_head(table: PaperTable) -> str:
    """Headings of columns; where the paper's numbers stand too, a second line says whose."""
    pairs = [(html.escape(name), whose) for name, whose in headings(table)]
    labels = len(table.label_headings)
    if not table.is_compared:
        kinds = [""] * labels + [' class="number"'] * len(table.columns)
        names = "".join(
            f'<th scope="col"{kind}>{name}</th>'
            for kind, (name, _) in zip(kinds, pairs, strict=True)
        )
        return f"<thead>\n<tr>{names}</tr>\n</thead>"
    first = "".join(f'<th scope="col" rowspan="2">{name}</th>' for name, _ in pairs[:labels])
    first += "".join(
        f'<th scope="colgroup" colspan="2">{name}</th>'
        for name, whose in pairs[labels:]
        if whose == OURS
    )
    second = "".join(f'<th scope="col">{whose}</th>' for _, whose in pairs[labels:])
    groups = f'<colgroup span="{labels}"></colgroup>'
    groups += '<colgroup span="2"></colgroup>' * len(table.columns)
    return f"{groups}\n<thead>\n<tr>{first}</tr>\n<tr>{second}</tr>\n</thead>"


def _html_row(cells: Sequence[str], table: PaperTable) -> str:
    labels = len(table.label_headings)
    sides = [whose for _, whose in headings(table)[labels:]]
    made = [
        f'<th scope="row">{html.escape(cells[0])}</th>',
        *(f"<td>{html.escape(cell)}</td>" for cell in cells[1:labels]),
    ]
    for cell, whose in zip(cells[labels:], sides, strict=True):
        names = ["number", whose or OURS, *(["missing"] * (cell == MISSING))]
        made.append(f'<td class="{" ".join(names)}">{html.escape(cell)}</td>')
    return f"<tr>{''.join(made)}</tr>"


def html_page(table: PaperTable) -> str:
    """The table as a page of its own."""
    title = html.escape(table.caption)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{html_table(table)}\n</main>\n</body>\n</html>\n"
    )


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}"
    "caption{position:absolute;left:-999em}th,td{padding:.3em .7em;text-align:left}"
    "thead{border-block:1.5px solid}tbody{border-bottom:1.5px solid}.number{text-align:right;"
    "white-space:nowrap}thead th[colspan]{text-align:center}.paper{color:#555}"
)
