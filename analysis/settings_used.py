"""Which rules and interval decided the tables of answers: their own, not always those asked for.

A table that a folder of results has already is taken as it is, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.results import CHOICES_SCREENING, Results
from sing import files

UNKNOWN = "unknown"
"""Stands where a table has no record beside it."""


def settings_used(results: Results, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were asked for, but rules and interval as each table of answers has them.

    `results` are complete.
    """
    others = {name: value for name, value in asked.items() if name not in ("rules", "interval")}
    return {**others, "tables": decided(results)}


def decided(results: Results) -> dict[str, dict[str, str]]:
    """Rules and interval of mos.csv and abx.csv, rules of the screening tables, as far as there."""
    found: dict[str, dict[str, str]] = {}
    for name in ("screening.csv", CHOICES_SCREENING):
        if results.path(name).is_file():
            found[name] = {"rules": _rules(_record(results.path(name)))}
    mos = results.table("mos")
    if mos is not None:
        found["mos.csv"] = {
            name: ", ".join(sorted(set(mos[name]))) for name in ("rules", "interval")
        }
    if results.table("abx") is not None:
        record = _record(results.table_path("abx"))
        interval = str(record.get("interval", UNKNOWN))
        found["abx.csv"] = {"rules": _rules(record), "interval": interval}
    return found


def shown(facts: Mapping[str, str]) -> str:
    """What decided a table, in words."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _rules(record: dict[str, Any]) -> str:
    rules = record.get("rules", UNKNOWN)
    if not isinstance(rules, dict):
        return str(rules)
    return f"{rules.get('name')} ({str(rules.get('sha256'))[:12]})"


def _record(path: Path) -> dict[str, Any]:
    """The record of provenance beside a table; empty where there is none."""
    beside = path.with_suffix(".provenance.json")
    record = files.read_json(beside) if beside.is_file() else None
    return record if isinstance(record, dict) else {}
