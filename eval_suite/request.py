"""What a person asked `sing-eval metrics` for, and the plan that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval_suite.columns import choose_columns
from eval_suite.ground_truth import GroundTruth, find_ground_truth, open_sources
from eval_suite.plan import (
    Plan,
    baselines,
    choose_notes,
    common_notes,
    parse_baselines,
    split_labels,
)
from eval_suite.sources import RunSource, Source
from sing.errors import SingError
from sing.notes import Note


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
    _check_baselines(asked)
    sources = open_sources(asked.sources, device)
    truth = find_ground_truth(sources, asked.reference, asked.data)
    wanted = choose_notes(truth, asked.split_name, asked.notes_file)
    notes = common_notes(wanted, sources)[: asked.limit]
    added = chosen_baselines(asked, truth, notes, sources)
    plan = Plan(
        truth.reference,
        (*sources, *added),
        notes,
        columns.metrics,
        asked.seed,
        device_for(sources, device),
        columns.distances,
        columns.classifier,
        asked.keeps_features,
    )
    return plan, split_labels(notes, truth.split)


def chosen_baselines(
    asked: Request, truth: GroundTruth, notes: Sequence[Note], sources: Sequence[Source]
) -> list[Source]:
    """The baselines asked for. Raises SingError when a source has the name of one."""
    if not asked.with_baselines:
        return []
    added = baselines(truth, notes, asked.seed, asked.baseline_names)
    taken = {source.name for source in sources} & {baseline.name for baseline in added}
    if taken:
        raise SingError(
            f"{sorted(taken)[0]}: a source has the name of a baseline; rename it, or give other "
            "names with --baseline"
        )
    return added


def device_for(sources: Sequence[Source], device: str) -> str:
    """`device` when a source is a run, else the CPU: nothing then depends on there being a GPU."""
    return device if any(isinstance(source, RunSource) for source in sources) else "cpu"


def _check_baselines(asked: Request) -> None:
    """Check the names given before any source is opened. Raises SingError for a wrong one."""
    if asked.baseline_names and not asked.with_baselines:
        raise SingError(
            f"--baseline {asked.baseline_names[0]}: --no-baselines is given too; leave out one"
        )
    parse_baselines(asked.baseline_names)
