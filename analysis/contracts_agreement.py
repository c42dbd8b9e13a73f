"""The contracts of the tables that `sing-eval analyze agreement` writes."""

from __future__ import annotations

from eval_suite.contracts import REASON, Column, Contract, count, value

RATER_MEASURES = ("alpha", "icc_1_1", "icc_2_1", "icc_2_k", "correlation")
METRIC_MEASURES = ("pearson", "spearman", "kendall", "rmse", "rmse_star", "abx_share")
ALL = "(all)"
"""Stands in the column `system` of a row about all systems together."""

WITHIN = "(within)"
"""Stands there in a row about the mean over systems of what is found within each."""


AGREEMENT = Contract(
    "agreement",
    (
        Column("system", "text", f"a system, or {ALL}"),
        Column("measure", "text", "what is measured", choices=RATER_MEASURES),
        value("value", "1 for perfect agreement, about 0 for none"),
        value("ci_low", "lower end of the 95 % interval, for other notes and these raters"),
        value("ci_high", "upper end of the 95 % interval"),
        count("ratings", "ratings that count"),
        count("participants", "their raters"),
        count("stimuli", "their (system, note) pairs"),
        REASON,
    ),
    ("system", "measure"),
)

METRIC_AGREEMENT = Contract(
    "metric_agreement",
    (
        Column("metric", "text", "a column of the metrics table"),
        Column("system", "text", f"a system, {ALL} or {WITHIN}; a pair 'a | b' for abx_share"),
        Column("measure", "text", "what is measured", choices=METRIC_MEASURES),
        value("value", "correlations are above 0 where the metric and listeners agree"),
        value("ci_low", "lower end of the 95 % interval"),
        value("ci_high", "upper end of the 95 % interval"),
        value("ceiling", "of abx_share: what a metric that knows every note's majority reaches"),
        count("count", "stimuli, or trials for abx_share"),
        count("left_out", "stimuli or trials without a value of the metric"),
        REASON,
    ),
    ("metric", "system", "measure"),
)
