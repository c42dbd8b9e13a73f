"""Write the generated pages of the documentation: cli.md, contracts.md, study-toml.md.

`make docs` runs it; a test checks that the pages in the repository are what it writes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import click

from analysis.contracts_agreement import AGREEMENT, METRIC_AGREEMENT
from analysis.contracts_comparison import COMPARISONS
from analysis.contracts_coverage import COVERAGE
from analysis.contracts_monitor import MONITOR
from analysis.contracts_mos import MOS_GROUPS, PLAN, RATERS, STIMULI
from analysis.contracts_preference import CMOS, DISCRIMINATION, PREFERENCE, PREFERENCE_NOTES
from analysis.contracts_screening import MULTIVERSE
from analysis.paper_table import PAPER_TABLE
from eval_suite.cli import cli as sing_eval
from eval_suite.contracts import CONTRACTS, Column, Contract
from eval_suite.study_contracts import STUDY_CONTRACTS
from listening_app.settings_page import settings_page
from sing.cli import cli as sing

ANALYSIS = (
    *(MULTIVERSE, MOS_GROUPS, RATERS, STIMULI, PLAN),
    *(PREFERENCE, PREFERENCE_NOTES, DISCRIMINATION, CMOS, COMPARISONS),
    *(AGREEMENT, METRIC_AGREEMENT, MONITOR, PAPER_TABLE, COVERAGE),
)

FOLDER = Path(__file__).parent
WIDTH = 96


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group with its full path, the group itself first."""
    yield path, group
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def cli_page() -> str:
    """The help of every command."""
    parts = ["# Command reference\n\nWritten by `make docs` from the commands' own `--help`.\n"]
    for root, name in ((sing, "sing"), (sing_eval, "sing-eval")):
        for path, command in commands(root, name):
            context = click.Context(command, info_name=path, max_content_width=WIDTH)
            context.terminal_width = WIDTH
            text = command.get_help(context)
            parts.append(f"## {path}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def contracts_page() -> str:
    """The columns of every results table."""
    parts = [
        "# Table contracts\n\nWritten by `make docs` from eval_suite/tables.py. All tables are "
        "CSV: UTF-8, LF, sorted by key, numbers as `%.9g`, an empty cell for a missing value.\n"
    ]
    # The preference table of the analysis has all columns of abx, and more.
    contracts = CONTRACTS | STUDY_CONTRACTS | {contract.name: contract for contract in ANALYSIS}
    parts += [_contract(contract) for contract in contracts.values()]
    return "\n".join(parts)


def _contract(contract: Contract) -> str:
    columns = (*contract.columns, *([contract.others] if contract.others else []))
    rows = "\n".join(
        f"| {column.name}{'*' if column.name in contract.key else ''} | {column.kind} | "
        f"{_values(column)} | {column.meaning} |"
        for column in columns
    )
    head = "| column (* key) | kind | values | meaning |\n| --- | --- | --- | --- |"
    return f"## {contract.name}\n\n{head}\n{rows}\n"


def _values(column: Column) -> str:
    values = ", ".join(column.choices)
    if column.kind == "number" and math.isfinite(column.minimum):
        values = f"at least {column.minimum:g}"
        if math.isfinite(column.maximum):
            values = f"{column.minimum:g} to {column.maximum:g}"
    if column.may_be_empty:
        values += ", or empty" if values else "may be empty"
    return values


PAGES = {
    "cli.md": cli_page,
    "contracts.md": contracts_page,
    "guide/study-toml.md": settings_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
