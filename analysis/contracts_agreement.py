"""The contracts of the tables that `sing-eval analyze agreement` writes."""

from __future__ import annotations

from eval_suite.contracts import Column, Contract

RATER_MEASURES = ("alpha", "icc_1_1", "icc_2_1", "icc_2_k", "correlation")
METRIC_MEASURES = ("pearson", "spearman", "kendall", "rmse", "rmse_star", "abx_share")
ALL = "(all)"
"""Stands in the column `system` of a row about all systems together."""

WITHIN = "(within)"
"""Stands there in a row about the mean over systems of what is found within each."""


def _value(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, may_be_empty=True)


AGREEMENT = Contract(
    "agreement",
    (
        Column("system", "text", f"a system, or {ALL}"),
        Column("measure", "text", "what is measured", choices=RATER_MEASURES),
        _value("value", "1 for perfect agreement, about 0 for none"),
        _value("ci_low", "lower end of the 95 % interval, for other notes and these raters"),
        _value("ci_high", "upper end of the 95 % interval"),
        Column("ratings", "number", "ratings that count", minimum=0),
        Column("participants", "number", "their raters", minimum=0),
        Column("stimuli", "number", "their (system, note) pairs", minimum=0),
        Column("reason", "text", "why a value is missing", may_be_empty=True),
    ),
    ("system", "measure"),
)

METRIC_AGREEMENT = Contract(
    "metric_agreement",
    (
        Column("metric", "text", "a column of the metrics table"),
        Column("system", "text", f"a system, {ALL} or {WITHIN}; a pair 'a | b' for abx_share"),
        Column("measure", "text", "what is measured", choices=METRIC_MEASURES),
        _value("value", "correlations are above 0 where the metric and listeners agree"),
        _value("ci_low", "lower end of the 95 % interval"),
        _value("ci_high", "upper end of the 95 % interval"),
        _value("ceiling", "of abx_share: what a metric that knows every note's majority reaches"),
        Column("count", "number", "stimuli, or trials for abx_share", minimum=0),
        Column("left_out", "number", "stimuli or trials without a value of the metric",
               minimum=0),
        Column("reason", "text", "why a value is missing", may_be_empty=True),
    ),
    ("metric", "system", "measure"),
)  # fmt: skip
