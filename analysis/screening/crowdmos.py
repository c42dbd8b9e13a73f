"""crowdMOS's screening as published (Ribeiro et al., ICASSP 2011): two passes, not iterated.

A rater's mean score of each system is correlated with all raters' mean score of each system. The
first pass rejects those below 0.25, and the too fast; means are taken again without them, and the
second pass drops those below 0.7. Where the paper is silent: docs/decisions/0012-screening.md.

With three systems these are correlations of three numbers: 42 % of raters who answer at random
pass the first pass.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from analysis.screening.correlation import FEWEST
from analysis.screening.evidence import Cells, Evidence, Flags, Numbers, Values
from analysis.screening.finding import Finding, reasons
from analysis.screening.rules import CrowdmosRule


def crowdmos(evidence: Evidence, rule: CrowdmosRule, is_out: Flags) -> Finding:
    """Raters whom the two passes leave out. `is_out` [raters] are those already found too fast."""
    cells = evidence.cells
    first = means_correlation(cells, np.ones(cells.raters, dtype=np.bool_), rule.leave_one_out)
    fails_first = is_out | (first < rule.first_pass)
    # Who has no correlation is paid, but does not count.
    second = means_correlation(cells, ~fails_first & np.isfinite(first), rule.leave_one_out)
    sessions = _sessions(evidence)
    correlation = np.where(fails_first, first, second)

    def word(rater: int) -> str:
        if np.isnan(correlation[rater]):
            return "correlation undefined: fewer than two systems rated, or all means equal"
        if fails_first[rater]:
            if first[rater] < rule.first_pass:
                return f"first pass: correlation {first[rater]:.2f} below {rule.first_pass:g}"
            return ""
        if second[rater] < rule.second_pass:
            return f"second pass: correlation {second[rater]:.2f} below {rule.second_pass:g}"
        return f"{sessions[rater]} sessions, expected at least {rule.fewest_sessions}"

    fails = fails_first | ~(second >= rule.second_pass) | (sessions < rule.fewest_sessions)
    return Finding(reasons(fails, word), (_false_passes(cells, rule),), correlation)


def _false_passes(cells: Cells, rule: CrowdmosRule) -> str:
    groups = cells.systems if cells.systems > 1 else cells.stimuli
    share = chance_share(max(rule.first_pass, rule.second_pass), groups)
    what = "systems" if cells.systems > 1 else "stimuli"
    return (
        f"crowdmos: of raters who answer at random, about {100 * share:.0f} % pass "
        f"({groups} {what})"
    )


def chance_share(threshold: float, count: int) -> float:
    """The chance that `count` independent normal pairs have a correlation of at least `threshold`.

    By Student's t of count - 2 degrees of freedom; with three, 1/2 - arcsin(threshold) / pi.
    """
    if count <= FEWEST:
        return 0.5
    degrees = count - 2
    ratio = threshold * math.sqrt(degrees) / math.sqrt(max(1 - threshold**2, 1e-12))
    return float(special.stdtr(degrees, -ratio))


def means_correlation(cells: Cells, is_counted: Flags, leave_one_out: bool) -> Values:
    """Each rater's correlation of means per system with those of the raters who count, [raters].

    Over stimuli where there are fewer than two systems. NaN where undefined.
    """
    groups = cells.systems if cells.systems > 1 else cells.stimuli
    group = cells.system_of[cells.stimulus] if cells.systems > 1 else cells.stimulus
    place = cells.rater * groups + group
    shape = (cells.raters, groups)
    total = np.bincount(place, cells.score, cells.raters * groups).reshape(shape)
    count = np.bincount(place, minlength=cells.raters * groups).reshape(shape)
    all_total, all_count = (part[is_counted].sum(axis=0) for part in (total, count))
    with np.errstate(invalid="ignore", divide="ignore"):
        own = total / count
        if leave_one_out:
            counted = is_counted[:, None]
            means = (all_total - counted * total) / (all_count - counted * count)
        else:
            means = np.broadcast_to(all_total / all_count, shape)
    return _rowwise(own, means)


def _rowwise(first: Values, second: Values) -> Values:
    """Pearson's correlation of each row over the places where both rows have a number."""
    known = np.isfinite(first) & np.isfinite(second)
    count = np.maximum(known.sum(axis=1), 1)

    def centred(values: Values) -> Values:
        filled = np.where(known, values, 0)
        deviation = np.where(known, filled - (filled.sum(axis=1) / count)[:, None], 0)
        norm = np.sqrt((deviation**2).sum(axis=1))
        norm[norm <= 1e-9 * np.sqrt((filled**2).sum(axis=1))] = np.nan
        return np.asarray(deviation / norm[:, None])

    product = (centred(first) * centred(second)).sum(axis=1)
    return np.where(known.sum(axis=1) >= 2, np.clip(product, -1, 1), np.nan)


def _sessions(evidence: Evidence) -> Numbers:
    """How many sessions (assignments) each rater took part in; one where none is recorded."""
    main = evidence.main
    if "session" not in main:
        return np.ones(len(evidence.participants), dtype=np.int64)
    counts = main.groupby("participant")["session"].nunique()
    return np.asarray(counts.reindex(evidence.participants, fill_value=0), dtype=np.int64)
