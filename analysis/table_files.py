"""A table of the paper in four formats: CSV (tidy), Markdown, LaTeX and HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.format import is_number
from analysis.paper_table import MISSING, PAPER_TABLE, PaperTable, tidy
from eval_suite.tables import write_table
from sing import files

FORMATS = ("csv", "md", "tex", "html")

OURS, PAPER = "ours", "paper"

PREAMBLE = r"""% Needs \usepackage{booktabs, siunitx}
"""

_TEX_STYLE = r"""\scriptsize
\setlength{\tabcolsep}{2pt}
\sisetup{separate-uncertainty = true, group-digits = none}
"""


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
    """The two lines over the columns: quantity, and whose number it is."""
    labels = [(label, "") for label in table.label_headings]
    named = [f"{column.group} {column.heading}".strip() for column in table.columns]
    return labels + [(name, whose) for name in named for whose in (OURS, PAPER)]


def printed_rows(table: PaperTable) -> list[list[str]]:
    """The rows as printed: labels, then ours and the paper's number of each column in turn."""
    rows = []
    for row, shown in zip(table.rows, table.shown(), strict=True):
        cells = list(row.labels)
        for text, cell in zip(shown, row.cells, strict=True):
            cells += [text, cell.published]
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


def latex(table: PaperTable) -> str:
    """The table with booktabs and siunitx, ready to \\input."""
    pairs = [(_tex(quantity), _tex(whose)) for quantity, whose in headings(table)]
    labels = len(table.label_headings)
    rows = [
        [*map(_tex, row[:labels]), *map(_tex_cell, row[labels:])] for row in printed_rows(table)
    ]
    columns = [[row[place] for row in printed_rows(table)] for place in range(len(pairs))]
    frame = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(pairs))
    styler = frame.style.hide(axis="index")
    body = styler.to_latex(
        hrules=True,
        siunitx=True,
        multicol_align="c",
        column_format="l" * labels + "".join(map(_tex_column, columns[labels:])),
        caption=_tex(table.caption.partition(": ")[2]),  # LaTeX counts tables itself
        label=f"tab:{table.name}",
        position="t",
        position_float="centering",
    )
    notes = "".join(f"% {remark}\n" for remark in map(_one_line, table.all_remarks))
    return PREAMBLE + notes + body.replace("\\centering\n", f"\\centering\n{_TEX_STYLE}", 1)


def _tex_column(cells: Sequence[str]) -> str:
    """An S column no wider than its numbers: `S[table-format=1.4(3)]`; text is centred."""
    numbers = [cell.split(" ± ") for cell in cells if is_number(cell) and "e" not in cell]
    if not numbers:
        return "c"
    whole = max(len(number[0].split(".")[0]) for number in numbers)
    places = max(len(number[0].partition(".")[2]) for number in numbers)
    halves = [number[1].replace(".", "").lstrip("0") for number in numbers if len(number) == 2]
    digits = max(map(len, halves), default=0)
    return f"S[table-format={whole}.{places}{f'({digits})' if digits else ''}]"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tex_cell(text: str) -> str:
    """A cell of an S column: a number as it is, all else in braces."""
    if is_number(text) and not ("e" in text and "±" in text):
        return text.replace("±", r"\pm")
    if is_number(text):  # siunitx reads no half-width with a power of ten of its own
        power = re.sub(r"e([-+])0*(\d+)", r" \\cdot 10^{\1\2}", text)
        return f"{{${power.replace('±', chr(92) + 'pm')}$}}"
    return f"{{{_tex(text)}}}"


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "·": r"$\cdot$", "\n": " ",
}  # fmt: skip


def _tex(text: str) -> str:
    return "".join(_TEX.get(mark, mark) for mark in text)


def html_table(table: PaperTable) -> str:
    """The table as an HTML element, headed for screen readers too; remarks as a list below."""
    pairs = headings(table)
    labels = len(table.label_headings)
    first = "".join(
        f'<th scope="col" rowspan="2">{html.escape(name)}</th>' for name, _ in pairs[:labels]
    ) + "".join(
        f'<th scope="colgroup" colspan="2">{html.escape(name)}</th>'
        for name, whose in pairs[labels:]
        if whose == OURS
    )
    second = "".join(f'<th scope="col">{whose}</th>' for _, whose in pairs[labels:])
    body = "\n".join(_html_row(row, labels) for row in printed_rows(table))
    groups = f'<colgroup span="{labels}"></colgroup>' + '<colgroup span="2"></colgroup>' * (
        (len(pairs) - labels) // 2
    )
    remarks = "".join(f"<li>{html.escape(remark)}</li>" for remark in table.all_remarks)
    return (
        f'<table id="{table.name}">\n<caption>{html.escape(table.caption)}</caption>\n{groups}\n'
        f"<thead>\n<tr>{first}</tr>\n<tr>{second}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n"
        f'</table>\n<ul class="remarks">{remarks}</ul>'
    )


def _html_row(cells: Sequence[str], labels: int) -> str:
    made = [
        f'<th scope="row">{html.escape(cells[0])}</th>',
        *(f"<td>{html.escape(cell)}</td>" for cell in cells[1:labels]),
    ]
    for place, cell in enumerate(cells[labels:]):
        names = ["number", "paper" if place % 2 else "ours", *(["missing"] * (cell == MISSING))]
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
