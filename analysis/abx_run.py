"""From a file of choices to the tables of preference, classic ABX or CMOS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from analysis.abx import preferences, preferences_by_note
from analysis.answers import Source, beside
from analysis.cells import ends, interval, reasons, with_decimals
from analysis.choices import Choices
from analysis.cmos import comparison_scores
from analysis.contracts_preference import CMOS, DISCRIMINATION, PREFERENCE, PREFERENCE_NOTES
from analysis.discrimination import Model, discriminations
from analysis.proportions import Method
from eval_suite.contracts import Contract
from eval_suite.intervals import RESAMPLES
from eval_suite.table_files import check_outputs, write_tables
from eval_suite.text_table import TextTable, p_text
from sing.errors import SingError

Task = Literal["preference", "abx", "cmos"]


@dataclass(frozen=True)
class AbxRequest:
    """What is asked of `sing-eval analyze abx`."""

    source: Source
    out: Path
    task: Task | None = None
    method: Method = "logit"
    model: Model = "differencing"
    by_note: bool = False
    seed: int = 0
    resamples: int = RESAMPLES

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that will be written."""
        return (self.out, beside(self.out, "notes")) if self.by_note else (self.out,)


def run(request: AbxRequest, force: bool = False) -> TextTable:
    """Read, compute and write; the table to print.

    Raises SingError, before anything is computed, where a file cannot be written or read.
    """
    check_outputs(request.outputs, request.source.files.values(), force)
    choices = request.source.choices()
    task = request.task or task_of(choices)
    if request.by_note and task != "preference":
        raise SingError(f"--by note: there is no such table of {task}, only of preference")
    contract, table, shown = _result(request, choices, task)
    tables = [(request.out, contract, table)]
    if request.by_note:
        by_note = preferences_by_note(choices.main, str(choices.path))
        tables.append((request.outputs[1], PREFERENCE_NOTES, by_note))
    facts = {"task": task, "interval": request.method, "seed": request.seed}
    write_tables(tables, {**request.source.facts(choices.rules), **facts})
    return shown


def task_of(choices: Choices) -> Task:
    """The task that the column `test` tells; preference where it says preference, ab or nothing.

    Raises SingError for any other test.
    """
    test = str(choices.main["test"].iloc[0]) if "test" in choices.main else ""
    if test in ("", "preference", "ab"):
        return "preference"
    if test == "abx":
        return "abx"
    if test == "cmos":
        return "cmos"
    raise SingError(f"{choices.path}: test '{test}' is none of preference, abx, cmos; pass --task")


def _result(
    request: AbxRequest, choices: Choices, task: Task
) -> tuple[Contract, pd.DataFrame, TextTable]:
    main, where = choices.main, str(choices.path)
    how = (request.method, request.seed, request.resamples)
    if task == "cmos":
        table = comparison_scores(main, where)
        return CMOS, table, _shown_cmos(table)
    if task == "abx":
        table = discriminations(main, request.model, *how, where)
        return DISCRIMINATION, table, _shown_discriminations(table)
    table = preferences(main, *how, where)
    return PREFERENCE, table, _shown_preferences(table)


_NAMES = ("a", "b", "trials", "raters", "notes")


def _names(row: pd.Series) -> tuple[str, ...]:
    counts = (f"{int(row[name]):,}" for name in ("trials", "participants", "notes"))
    return (row["a"], row["b"], *counts)


def _reasons(table: pd.DataFrame) -> tuple[str, ...]:
    names = table["a"] + " | " + table["b"]
    return reasons(zip(names, table["reason"], strict=True))


def _shown_preferences(table: pd.DataFrame) -> TextTable:
    lines = []
    for _, row in table.iterrows():
        two_way, bootstrap, exact = (
            ends(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in ("ci", "bootstrap", "exact")
        )
        first = f"{with_decimals(row['proportion_first'])} p {p_text(row['first_p_value'])}"
        numbers = (with_decimals(row["proportion_a"]), two_way, bootstrap, p_text(row["p_holm"]))
        plain = (exact, p_text(row["p_value"]))
        lines.append((*_names(row), *numbers, *plain, first, with_decimals(row["agreement"])))
    method = table["interval"].iloc[0]
    header = (
        *(*_NAMES, "a chosen", f"two-way ({method})", "two-way bootstrap", "p"),
        *("exact", "binomial p", "A chosen", "agreement"),
    )
    remarks = (
        "a chosen: share of trials; its 95 % intervals: two-way for other raters and other notes, "
        "exact (Clopper-Pearson) as if trials were independent",
        "p: of no preference, for other raters and notes, by Holm's correction over the pairs; "
        "binomial p: as if trials were independent",
        "A chosen: share of trials in which the system at A was chosen, 0.5 without a bias of "
        "position; agreement: chance that two raters of a note choose alike",
    )
    return TextTable(header, tuple(lines), (*remarks, *_reasons(table)), left=2)


def _shown_discriminations(table: pd.DataFrame) -> TextTable:
    lines = []
    for _, row in table.iterrows():
        two_way, exact = (ends(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in ("ci", "exact"))
        sensitivity = interval(row["d_prime"], row["d_low"], row["d_high"], 2)
        shares = (with_decimals(row["proportion_correct"]), two_way, exact, p_text(row["p_value"]))
        lines.append((*_names(row), *shares, sensitivity, with_decimals(row["proportion_first"])))
    header = (
        *(*_NAMES, "correct", f"two-way ({table['interval'].iloc[0]})", "exact", "p"),
        *("d'", "A chosen"),
    )
    remarks = (
        "correct: share of trials in which X was told; 0.5 by guessing, of which p is the exact "
        "chance",
        f"d': by the {table['model'].iloc[0]} model (Macmillan and Creelman 2005, ch. 9), with the "
        "two-way interval's ends",
    )
    return TextTable(header, tuple(lines), (*remarks, *_reasons(table)), left=2)


def _shown_cmos(table: pd.DataFrame) -> TextTable:
    lines = [
        (
            *_names(row),
            interval(row["cmos"], row["ci_low"], row["ci_high"]),
            p_text(row["p_holm"]),
            with_decimals(row["order_effect"]),
        )
        for _, row in table.iterrows()
    ]
    remarks = (
        "CMOS: how much better a is than b, with the two-way 95 % interval; below 0, b is better",
        "p: of no difference, by Holm's correction over the pairs; order effect: how much better "
        "what stood at B was found",
    )
    header = (*_NAMES, "CMOS", "p", "order effect")
    return TextTable(header, tuple(lines), (*remarks, *_reasons(table)), left=2)
