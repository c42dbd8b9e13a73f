"""The contract of a coverage study: how often each method's intervals hold the truth."""

from __future__ import annotations

from eval_suite.contracts import Column, Contract, count, share

COVERAGE = Contract(
    "interval-coverage",
    (
        Column("design", "text", "who rated what, such as full: 60 raters x 100 notes"),
        Column("method", "text", "of the interval, such as crowdmos"),
        share("coverage", "share of studies whose 95 % interval holds the truth"),
        count("half_width", "mean half-width, points of the scale"),
        count("ratio", "half_width over that of an interval from the true variance"),
        share("covers_honest", "share of studies whose interval holds the mean of honest raters"),
    ),
    ("design", "method"),
)
