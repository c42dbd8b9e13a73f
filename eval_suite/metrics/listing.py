"""The list of metrics that `sing-eval metrics --list` prints."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval_suite.metrics.registry import DEFAULT_METRICS, DISTANCES, REGISTRY


def print_metrics(console: Console) -> None:
    """Print every metric with unit, direction, equation and source; `*` marks the default ones."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("metric", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("better", no_wrap=True)
    table.add_column("equation [source]", overflow="fold")
    for name, definition in REGISTRY.items():
        mark = "*" if name in DEFAULT_METRICS else ""
        meaning = Text(f"{definition.equation} [{definition.citation}]")
        table.add_row(name + mark, definition.unit, definition.better, meaning)
    for name, distance in DISTANCES.items():
        meaning = Text(f"{distance.equation} [{distance.citation}]")
        table.add_row(f"{name}¹", "1", "lower", meaning)
    console.print(table)
    floored = ", ".join(name for name in REGISTRY if REGISTRY[name].takes_epsilon)
    console.print(
        "* computed when no --metric is given. x is the reference, y the estimate. A floor other "
        f"than epsilon = 1 is written after the name, as in itakura_saito@1e-4; {floored} take one."
    )
    judged = ", ".join(name for name in REGISTRY if REGISTRY[name].needs_classifier)
    console.print(
        f"¹ one value a system, of all its notes. These and {judged} ask a trained classifier "
        "(--classifier). `--metric all` computes every one."
    )
