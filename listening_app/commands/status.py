"""`sing-eval study status`: how a study is going, without a single score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from listening_app.commands.options import database_option, study_argument

if TYPE_CHECKING:
    from listening_app.store.counts import Counts
    from listening_app.store.rules import LockedRules


@click.command()
@study_argument
@click.option("--stimuli", "is_list_asked", is_flag=True, help="Also list every stimulus' count.")
@database_option
def status(folder: Path, is_list_asked: bool, database_url: str | None) -> None:
    """Print how the study in DIR is going: counts, drop-outs, times; never a score.

    What is counted per stimulus are the ratings of finished sessions.
    """
    from listening_app.store import Store
    from listening_app.store.rules import locked_rules
    from listening_app.study import open_study

    with Store(open_study(folder), database_url, create=False) as store:
        counts = store.counts()
        rules = store.database.read(locked_rules)
    for label, text in _lines(counts, rules):
        click.echo(f"{label:<11}{text}")
    if is_list_asked:
        for item in counts.items:
            click.echo(f"{item.filled:>6,} / {item.needed:,}  {item.item}")


def _lines(counts: Counts, rules: LockedRules | None) -> Iterator[tuple[str, str]]:
    yield "study", counts.study + (" (synthetic raters)" if counts.is_synthetic else "")
    raters = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.outcomes.items())
    yield "raters", raters or "none yet"
    if counts.stages_left:
        yield "left at", ", ".join(f"{stage} {n:,}" for stage, n in counts.stages_left.items())
    held = f"{counts.sheets_held:,} with a rater now"
    yield "sheets", f"{counts.sheets_completed:,} of {counts.sheets:,} finished, {held}"
    least = min(counts.items, key=lambda item: item.filled)
    yield (
        "ratings",
        f"{counts.filled_share:.0%} of those needed; fewest: {least.filled:,} of {least.needed:,} "
        f"for {least.item}",
    )
    yield (
        "time",
        f"{_number(counts.median_trial_seconds, 's')} a trial, "
        f"{_number(counts.median_session_minutes, 'min')} a session (medians)",
    )
    hits = counts.headphones
    yield (
        "headphones",
        f"{hits.tested:,} tested; passed: antiphase {_share(hits.antiphase)}, "
        f"Huggins {_share(hits.huggins)}, at least one {_share(hits.either)}",
    )
    yield (
        "pace",
        f"{_number(counts.completed_per_hour, 'finished')} an hour; in the last hour "
        f"{counts.joined_last_hour:,} came, {counts.completed_last_hour:,} finished",
    )
    yield "cost", f"{counts.cost:,.2f} {counts.currency} for finished sessions"
    yield "rules", f"{rules.file}, locked at {rules.locked_at}" if rules else "not locked"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:,.1f} {unit}"
