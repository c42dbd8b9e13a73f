"""What a person asked `sing-eval metrics` for, and the plan that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval_suite.ground_truth import find_ground_truth, open_sources
from eval_suite.metrics import parse_metrics
from eval_suite.plan import Plan, baselines, choose_notes, common_notes, split_labels
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
    seed: int = 0


def make_plan(asked: Request, device: str) -> tuple[Plan, list[str]]:
    """The plan, and the part of the split in which each of its notes is.

    Raises SingError for sources, notes or metrics that do not exist or do not go together.
    """
    metrics = parse_metrics(asked.metric_names)
    sources = open_sources(asked.sources, device)
    truth = find_ground_truth(sources, asked.reference, asked.data)
    wanted = choose_notes(truth, asked.split_name, asked.notes_file)
    notes = common_notes(wanted, sources)[: asked.limit]
    added = baselines(truth, notes, asked.seed) if asked.with_baselines else []
    taken = {source.name for source in sources} & {baseline.name for baseline in added}
    if taken:
        raise SingError(
            f"{sorted(taken)[0]}: a source has the name of a baseline; rename it, or pass "
            "--no-baselines"
        )
    # Only runs compute on a GPU: without one, nothing depends on the machine's having it.
    used = device if any(isinstance(source, RunSource) for source in sources) else "cpu"
    plan = Plan(truth.reference, (*sources, *added), notes, metrics, asked.seed, used)
    return plan, split_labels(notes, truth.split)
