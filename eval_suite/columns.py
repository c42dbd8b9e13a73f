"""Which numbers a command computes: metrics of single notes, distances of whole systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval_suite.classifier.judge import Classifier, open_classifier
from eval_suite.metrics.metric import ALL, Metric, parse_metrics
from eval_suite.metrics.registry import DEFAULT_METRICS, DISTANCES, REGISTRY, Distance
from sing.errors import SingError


@dataclass(frozen=True)
class Columns:
    """What was asked for, and the classifier if any of it asks one."""

    metrics: tuple[Metric, ...]
    distances: tuple[Distance, ...]
    classifier: Classifier | None


def choose_columns(
    names: Sequence[str],
    classifier: Path | None = None,
    default: Sequence[str] = DEFAULT_METRICS,
) -> Columns:
    """The columns of these names in their order, each once; `default` for no names.

    `all` stands for every metric and distance. `classifier` is a folder, the shipped one for None.
    Raises SingError for a name that is not known, and for a classifier that is not there or that
    nothing asks.
    """
    wanted = [*REGISTRY, *DISTANCES] if ALL in names else names or default
    distances = tuple(DISTANCES[name] for name in dict.fromkeys(wanted) if name in DISTANCES)
    own = [name for name in wanted if name not in DISTANCES]
    metrics = parse_metrics(own) if own else ()
    if not distances and not any(metric.definition.needs_classifier for metric in metrics):
        if classifier is not None:
            raise SingError(
                f"--classifier {classifier}: no metric asks for one; add --metric frechet_distance "
                "or leave it out"
            )
        return Columns(metrics, distances, None)
    judge = open_classifier(classifier)
    metrics = tuple(
        replace(metric, classifier=judge) if metric.definition.needs_classifier else metric
        for metric in metrics
    )
    return Columns(metrics, distances, judge)
