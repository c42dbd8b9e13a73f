"""A table in LaTeX: booktabs lines, siunitx columns, and no wider than the text.

The paper's numbers stand in a line of their own below ours: side by side, Table 1 would be a sixth
too wide for a NeurIPS page in the smallest letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from analysis.format import is_number
from analysis.paper_table import PAPER, PaperTable

_PREAMBLE = "% Needs \\usepackage{booktabs, graphicx, siunitx}\n"

_STYLE = r"""\footnotesize
\setlength{\tabcolsep}{2pt}
\setlength{\belowcaptionskip}{4pt}
\sisetup{separate-uncertainty = true, tight-spacing = true, group-digits = none}
"""

# Only names of systems that nobody foresaw make a table too wide; then it is set smaller.
_FITTED = r"""\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi
"""


def latex(table: PaperTable) -> str:
    """The table as a float, ready to \\input."""
    labels = len(table.label_headings)
    rows = list(_rows(table))
    numbers = "".join(_column([row[place] for row in rows])
                      for place in range(labels, labels + len(table.columns)))  # fmt: skip
    body = "".join(f"{_line(row, labels)}\n" for row in rows)
    remarks = " ".join(_text(" ".join(remark.split())) for remark in table.all_remarks)
    below = f"\\par\\smallskip{{\\raggedright\\scriptsize {remarks}\\par}}\n" if remarks else ""
    caption = table.caption.partition(": ")[2]  # LaTeX counts tables itself
    return (
        f"{_PREAMBLE}\\begin{{table}}[t]\n\\centering\n{_STYLE}"
        f"\\caption{{{_text(caption[:1].upper() + caption[1:])}}}\n"
        f"\\label{{tab:{table.name}}}\n"
        f"\\sbox0{{\\begin{{tabular}}{{@{{}}{'l' * labels}{numbers}@{{}}}}\n\\toprule\n"
        f"{_headings(table)}\\midrule\n{body}\\bottomrule\n\\end{{tabular}}}}%\n{_FITTED}"
        f"{below}\\end{{table}}\n"
    )


def _rows(table: PaperTable) -> Iterator[tuple[str, ...]]:
    """Labels and our cells, and below them the paper's where it has such a row."""
    for row, shown in zip(table.rows, table.shown(), strict=True):
        yield (*row.labels, *shown)
        published = tuple(cell.published for cell in row.cells)
        if any(published):
            blanks = [""] * (len(row.labels) - 1)
            yield (f"  {PAPER}", *blanks, *published)


def _line(row: Sequence[str], labels: int) -> str:
    names = [_text(name).replace("  ", r"\quad ", 1) for name in row[:labels]]
    return " & ".join([*names, *map(_cell, row[labels:])]) + r" \\"


def _headings(table: PaperTable) -> str:
    """The columns' headings; above them, over a line, what several have in common."""
    labels = len(table.label_headings)
    names = [*table.label_headings, *(column.heading for column in table.columns)]
    last = " & ".join(f"{{{_text(name)}}}" for name in names) + " \\\\\n"
    if not any(column.group for column in table.columns):
        return last
    cells, rules, place = [""] * labels, "", labels + 1
    for group, members in groupby(table.columns, key=lambda column: column.group):
        span = len(list(members))
        cells.append(f"\\multicolumn{{{span}}}{{c}}{{{_text(group)}}}")
        rules += f"\\cmidrule(lr){{{place}-{place + span - 1}}}"
        place += span
    return f"{' & '.join(cells)} \\\\\n{rules}\n{last}"


def _column(cells: Sequence[str]) -> str:
    """An S column no wider than its numbers: `S[table-format=1.4(3)]`; text is centred."""
    numbers = [cell.split(" ± ") for cell in cells if is_number(cell) and "e" not in cell]
    if not numbers:
        return "c"
    whole = max(len(number[0].split(".")[0]) for number in numbers)
    places = max(len(number[0].partition(".")[2]) for number in numbers)
    halves = [number[1].replace(".", "").lstrip("0") for number in numbers if len(number) == 2]
    digits = max(map(len, halves), default=0)
    return f"S[table-format={whole}.{places}{f'({digits})' if digits else ''}]"


def _cell(text: str) -> str:
    """A cell of an S column: a number as it is, all else in braces."""
    if not is_number(text):
        return f"{{{_text(text)}}}"
    if "e" in text and "±" in text:
        return f"{{{_with_power(text)}}}"
    return text.replace("±", r"\pm")


def _with_power(text: str) -> str:
    """`9.0e-07 ± 8.8e-08` as (9.0 ± 0.9) · 10^-7, which siunitx cannot read in a column."""
    value, half = text.split(" ± ")
    mantissa, is_power, exponent = value.partition("e")
    scaled = float(half) / 10.0 ** int(exponent or 0)
    if is_power and scaled >= 0.05:
        return rf"$({mantissa} \pm {scaled:.1f}) \cdot 10^{{{int(exponent)}}}$"
    powers = re.sub(r"e([-+])0*(\d+)", r" \\cdot 10^{\1\2}", text)
    return f"${powers.replace('±', chr(92) + 'pm')}$"


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "·": r"$\cdot$", "\n": " ",
}  # fmt: skip


def _text(text: str) -> str:
    return "".join(_TEX.get(mark, mark) for mark in text)
