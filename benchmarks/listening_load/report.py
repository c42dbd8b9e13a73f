"""The findings in words, and as the page docs/results/listening-load.md."""

from __future__ import annotations

from crowd import Outcome, quantile
from rival import Results

TARGET_P99 = 0.250
"""Seconds in which 99 of 100 answers are to be stored, when raters think between them."""


class Report:
    """Prints every line as it comes, and keeps all of them for the page."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def say(self, line: str = "") -> None:
        """A line of its own."""
        print(line, flush=True)
        self._lines.append(line)

    def heading(self, text: str, columns: tuple[str, ...]) -> None:
        """A table's heading and the names of its columns."""
        for line in ("", f"## {text}", ""):
            self.say(line)
        self.row(columns)
        self.row(("---", *["---:"] * (len(columns) - 1)))

    def row(self, cells: tuple[str, ...]) -> None:
        """A row of the table."""
        self.say(f"| {' | '.join(cells)} |")

    def page(self) -> str:
        """Everything that was said, as Markdown."""
        return "\n".join(self._lines) + "\n"


THINKING = (
    *("server", "raters", "acknowledged", "stored", "finished", "errors"),
    *("answer p50", "p99", "longest", "sound p99", "busy cores", "of them raters", "target"),
)

WITHOUT_THINKING = (
    *("server", "at once", "acknowledged", "stored", "errors"),
    *("answers a second", "answer p50", "p99", "longest"),
)


def thinking(outcome: Outcome) -> tuple[str, ...]:
    """A row about raters who think."""
    p99 = quantile(outcome.waits, 0.99)
    is_met = outcome.is_complete and p99 < TARGET_P99
    return (
        outcome.load.name,
        f"{outcome.load.raters:,}",
        f"{len(outcome.waits):,}",
        f"{outcome.stored:,}",
        f"{outcome.finished:,}",
        f"{len(outcome.errors):,}",
        *_times(outcome.waits),
        _milliseconds(quantile(outcome.sounds, 0.99)),
        f"{outcome.busy:.1f}",
        f"{outcome.own:.1f}",
        f"{_milliseconds(TARGET_P99)} {'met' if is_met else 'MISSED'}",
    )


def without_thinking(outcome: Outcome) -> tuple[str, ...]:
    """A row about raters who answer as fast as they can."""
    return (
        outcome.load.name,
        f"{outcome.load.together:,}",
        f"{len(outcome.waits):,}",
        f"{outcome.stored:,}",
        f"{len(outcome.errors):,}",
        f"{len(outcome.waits) / outcome.seconds:,.0f}",
        *_times(outcome.waits),
    )


def rival(found: Results, sent: int, together: int) -> tuple[str, ...]:
    """The same row about pymushra, of `sent` results."""
    rate = together * len(found.seconds) / sum(found.seconds) if found.seconds else 0.0
    return (
        "pymushra 0.5, 1 process",
        f"{together:,}",
        f"{len(found.seconds):,}",
        f"{found.stored:,}",
        f"{sent - len(found.seconds):,}",
        f"{rate:,.0f}",
        *_times(found.seconds),
    )


def ratio(found: Results, ours: Outcome, together: int) -> str:
    """The comparison in words. Times of a server that has lost results say nothing."""
    if found.faults or found.stored < len(ours.waits):
        fault = found.faults[0] if found.faults else "results are missing"
        return f"{together} at once: pymushra failed ({' '.join(fault.split())})."
    tenth = max(1, len(found.seconds) // 10)
    first, last = (quantile(part, 0.5) for part in (found.seconds[:tenth], found.seconds[-tenth:]))
    times = [quantile(found.seconds, share) / quantile(ours.waits, share) for share in (0.5, 0.99)]
    return (
        f"{together} at once: pymushra takes {times[0]:.1f} times as long as ours (median), "
        f"{times[1]:.1f} times (p99); its first tenth of {len(found.seconds):,} results "
        f"{_milliseconds(first)} each, the last {_milliseconds(last)}."
    )


def _times(waits: list[float]) -> tuple[str, ...]:
    return tuple(
        _milliseconds(seconds)
        for seconds in (quantile(waits, 0.5), quantile(waits, 0.99), max(waits, default=0.0))
    )


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{1000 * seconds:,.0f} ms"
