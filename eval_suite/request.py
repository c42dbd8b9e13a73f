"""What a person asked `sing-eval metrics` for, and the plan that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval_suite.columns import choose_columns
from eval_suite.ground_truth import find_ground_truth, open_sources
from eval_suite.plan import (
    Plan,
    baselines,
    choose_notes,
    common_notes,
    parse_baselines,
    split_labels,
)
from eval_suite.sources import RunSource
from sing.errors import SingError


@dataclass(frozen=True)
class Request:
    """The arguments of the command that decide the table, as they were given."""

    sources: tuple[Path, ...] = ()
    split_name: str | None = None
    data: Path | None = None
    reference: Path | None = None
    metric_names: tuple[str, ...] = ()
    notes_file: str | None = None
    limit: int | None = None
    with_baselines: bool = True
    baseline_names: tuple[str, ...] = ()
    seed: int = 0
    classifier: Path | None = None
    keeps_features: bool = True


def make_plan(asked: Request, device: str) -> tuple[Plan, list[str]]:
    """The plan, and the part of the split in which each of its notes is.

    Raises SingError for sources, notes or metrics that do not exist or do not go together.
    """
    columns = choose_columns(asked.metric_names, asked.classifier)
    names = _baseline_names(asked)
    sources = open_sources(asked.sources, device)
    truth = find_ground_truth(sources, asked.reference, asked.data)
    wanted = choose_notes(truth, asked.split_name, asked.notes_file)
    notes = common_notes(wanted, sources)[: asked.limit]
    added = baselines(truth, notes, asked.seed, names) if asked.with_baselines else []
    taken = {source.name for source in sources} & {baseline.name for baseline in added}
    if taken:
        raise SingError(
            f"{sorted(taken)[0]}: a source has the name of a baseline; rename it, or pass "
            "--no-baselines"
        )
    # Only runs compute on a GPU: without one, nothing depends on the machine's having it.
    used = device if any(isinstance(source, RunSource) for source in sources) else "cpu"
    plan = Plan(
        truth.reference,
        (*sources, *added),
        notes,
        columns.metrics,
        asked.seed,
        used,
        columns.distances,
        columns.classifier,
        asked.keeps_features,
    )
    return plan, split_labels(notes, truth.split)


def _baseline_names(asked: Request) -> tuple[str, ...]:
    """The names given, checked before any source is opened; none given means all possible ones."""
    if asked.baseline_names and not asked.with_baselines:
        raise SingError(
            f"--baseline {asked.baseline_names[0]}: --no-baselines is given too; leave out one"
        )
    parse_baselines(asked.baseline_names)
    return asked.baseline_names
