"""The hidden reference of MUSHRA: who does not hear that it is excellent does not count."""

from __future__ import annotations

import numpy as np

from analysis.screening.evidence import Evidence
from analysis.screening.finding import Finding, reasons, unknown
from analysis.screening.rules import HiddenReferenceRule
from sing.errors import SingError, suggestion

SCALE = (0.0, 100.0)


def hidden_reference(evidence: Evidence, rule: HiddenReferenceRule) -> Finding:
    """Raters who score the hidden reference below `lowest` on more than `largest_share` of items.

    ITU-R BS.1534-3, 4.1.2. Raises SingError for another scale, and where there is no such system.
    """
    where, scale = evidence.ratings.path, evidence.ratings.scale
    if scale != SCALE:
        stated = "no scale" if scale is None else f"a scale from {scale[0]:g} to {scale[1]:g}"
        raise SingError(
            f"{where}: {stated}; the hidden reference rule is for MUSHRA, from 0 to 100"
        )
    main = evidence.main
    systems = sorted(map(str, main["system"].unique()))
    if evidence.reference not in systems:
        hint = suggestion(evidence.reference, systems)
        raise SingError(
            f"{where}: no system '{evidence.reference}' as hidden reference; "
            f"name it with --reference ({hint})"
        )
    heard = main[main["system"] == evidence.reference]
    rater = evidence.numbers(heard)
    items = np.bincount(rater, minlength=len(evidence.participants))
    is_low = (heard["score"] < rule.lowest).to_numpy()
    low = np.bincount(rater, is_low, len(evidence.participants))
    share = low / np.maximum(items, 1)

    def word(one: int) -> str:
        return (
            f"hidden reference below {rule.lowest:g} on {100 * share[one]:.0f} % of {items[one]:,} "
            f"items, expected at most {100 * rule.largest_share:.0f} %"
        )

    return Finding(
        reasons(share > rule.largest_share, word), unknown("hidden reference", items > 0)
    )
