"""A metric against ears: one point a rendering of a note."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from analysis.figures.style import Drawing, log_ticks, looks, mark_synthetic, new_figure
from eval_suite.metrics.registry import REGISTRY
from sing.errors import SingError

_LOG_RATIO = 30
"""A metric that spans more than this is drawn on a logarithmic axis."""


_REMARK = (
    "A correlation over systems would be that of a few points and is not given; intervals and "
    "mappings are those of sing-eval analyze agreement."
)


def rated_and_scored(ratings: pd.DataFrame, metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean score and metric of each rated (system, note) that has a value, sorted.

    `ratings` are main rows; columns system, note, score, raters and the metric.
    """
    grouped = ratings.groupby(["system", "note"])["score"]
    scores = grouped.agg(score="mean", raters="size").reset_index()
    joined = scores.merge(metrics[["system", "note", metric]], on=["system", "note"])
    return joined.dropna(subset=[metric]).sort_values(["system", "note"], ignore_index=True)


def draw_scatter(
    ratings: pd.DataFrame, metrics: pd.DataFrame, metric: str, is_synthetic: bool
) -> Drawing | None:
    """Mean score against the metric for every rendering that has both; None where none has.

    Raises SingError for a metric that the table does not have.
    """
    if metric not in metrics:
        raise SingError(f"--metric {metric}: not a column of metrics.csv; check its name")
    points = rated_and_scored(ratings, metrics, metric)
    if points.empty:
        return None
    figure, axes = new_figure(3.0)
    look = looks(list(points["system"]))
    for system, group in points.groupby("system", sort=True):
        colour, marker = look[str(system)]
        label = f"{system}{_correlation(group, metric)}"
        axes.plot(
            group[metric], group["score"], ls="", marker=marker, color=colour, ms=4, alpha=0.6,
            mec="none", label=label,
        )  # fmt: skip
    _scale(axes, points[metric].to_numpy())
    definition = REGISTRY.get(metric.partition("@")[0])
    unit = f", {definition.unit}" if definition is not None else ""
    axes.set_xlabel(f"{metric}{unit}")
    axes.set_ylabel("mean score of the rendering")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title="Spearman within the system")
    mark_synthetic(figure, is_synthetic)
    words = "; ".join(
        f"{system}: {len(group)} renderings{_correlation(group, metric)}"
        for system, group in points.groupby("system", sort=True)
    )
    return Drawing(
        f"{metric.replace('@', '-at-')}-against-mos",
        f"{metric} against mean opinion score",
        f"Mean score of each rendering over its {metric}. {words}.",
        figure,
        _REMARK,
    )


def _scale(axes: Axes, values: np.ndarray) -> None:
    """A logarithmic axis for positive values that span orders of magnitude."""
    if values.min() > 0 and values.max() > _LOG_RATIO * values.min():
        axes.set_xscale("log")
        log_ticks(axes.xaxis, float(values.min()), float(values.max()))


def _correlation(group: pd.DataFrame, metric: str) -> str:
    """`, ρ -0.41`; nothing where it is undefined."""
    values, scores = group[metric].to_numpy(), group["score"].to_numpy()
    if len(group) < 3 or np.ptp(values) == 0 or np.ptp(scores) == 0:
        return ""
    return f", ρ {stats.spearmanr(values, scores).statistic:.2f}".replace("-", "−")
