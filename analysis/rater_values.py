"""One number of each rater who has finished, in the order of finishing: what monitoring takes.

Ratings of one rater depend on each other, and a sequence of single ratings would be no sequence of
fair bets. Raters come one after the other and know nothing of each other: so a rater is one value,
once, and only when done; an unfinished rater's mean would still change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sing.errors import SingError, suggestion

Values = NDArray[np.float64]


@dataclass(frozen=True)
class RaterValues:
    """Values [N] of finished raters in their order, each from `low` to `high`.

    `null` is the value that says no difference, or None. `trials_each` is after how many trials a
    rater is done; `unfinished` raters have fewer, `unusable` ones lack one of two systems.
    """

    what: str
    participants: tuple[str, ...]
    values: Values
    low: float
    high: float
    null: float | None
    trials_each: int
    unfinished: int
    unusable: int = 0
    is_in_time_order: bool = True


def of_system(
    ratings: pd.DataFrame,
    scale: tuple[float, float],
    system: str,
    trials_each: int | None = None,
    where: str = "ratings",
) -> RaterValues:
    """Each rater's mean score of one system. Raises SingError for an unknown system."""
    _check_system(system, ratings["system"].unique(), "--system", where)
    chosen = ratings[ratings["system"] == system]
    done, trials, unfinished = _finished(chosen, trials_each)
    means = done.groupby("participant", sort=False)["score"].mean()
    return RaterValues(
        f"mean score of {system}",
        tuple(map(str, means.index)),
        means.to_numpy(dtype=np.float64),
        *scale,
        None,
        trials,
        unfinished,
        is_in_time_order=_are_timed(ratings),
    )


def of_difference(
    ratings: pd.DataFrame,
    scale: tuple[float, float],
    a: str,
    b: str,
    trials_each: int | None = None,
    where: str = "ratings",
) -> RaterValues:
    """Each rater's mean score of a less that of b. Errors as above, and where a is b."""
    for option, system in (("--system", a), ("--against", b)):
        _check_system(system, ratings["system"].unique(), option, where)
    if a == b:
        raise SingError(f"--against {b}: the same system as --system; name another one")
    chosen = ratings[ratings["system"].isin((a, b))]
    done, trials, unfinished = _finished(chosen, trials_each)
    means = done.groupby(["participant", "system"], sort=False)["score"].mean().unstack()
    means = means.reindex(done["participant"].unique()).reindex(columns=[a, b])
    both = means.dropna()
    reach = scale[1] - scale[0]
    return RaterValues(
        f"mean score of {a} less that of {b}",
        tuple(map(str, both.index)),
        np.asarray(both[a] - both[b], dtype=np.float64),
        -reach,
        reach,
        0.0,
        trials,
        unfinished,
        len(means) - len(both),
        _are_timed(ratings),
    )


def of_preference(
    choices: pd.DataFrame,
    a: str,
    b: str | None = None,
    trials_each: int | None = None,
    where: str = "choices",
) -> RaterValues:
    """Each rater's share of choices of a over b. Without b, the one system that a is heard with."""
    systems = pd.concat([choices["a"], choices["b"]]).unique()
    for option, system in (("--system", a), ("--against", b or a)):
        _check_system(system, systems, option, where)
    has_a = (choices["a"] == a) | (choices["b"] == a)
    others = choices["b"].where(choices["a"] == a, choices["a"])
    if b is None:
        rivals = sorted(map(str, others[has_a].unique()))
        if len(rivals) > 1:
            listed = ", ".join(rivals)
            raise SingError(f"{where}: {a} is heard with {listed}; name one with --against")
        b = rivals[0]
    chosen = choices[has_a & (others == b)]
    if chosen.empty:
        raise SingError(f"{where}: {a} is never heard with {b}; name another pair")
    done, trials, unfinished = _finished(chosen, trials_each)
    hits = (done["choice"] == a).astype(float)
    shares = hits.groupby(done["participant"], sort=False).mean()
    return RaterValues(
        f"share of choices of {a} over {b}",
        tuple(map(str, shares.index)),
        np.asarray(shares, dtype=np.float64),
        0.0,
        1.0,
        0.5,
        trials,
        unfinished,
        is_in_time_order=_are_timed(choices),
    )


def _check_system(system: str, known: NDArray[np.object_], option: str, where: str) -> None:
    if system not in known:
        raise SingError(f"{option} {system}: not in {where}; {suggestion(system, map(str, known))}")


def _are_timed(rows: pd.DataFrame) -> bool:
    """Whether every row says when it was answered."""
    return "submitted_at" in rows and bool((rows["submitted_at"] != "").all())


def _finished(rows: pd.DataFrame, trials_each: int | None) -> tuple[pd.DataFrame, int, int]:
    """The first trials of raters who are done, in the order of finishing; how many each; the rest.

    Without `trials_each`, a rater is done with as many trials as most raters have. Trials stand in
    the order of their times, else of their positions, else of the file.
    """
    times = ["submitted_at"] if _are_timed(rows) else []
    order = [*times, *(["position"] if "position" in rows else [])]
    rows = rows.sort_values(order, kind="stable") if order else rows
    counts = rows.groupby("participant", sort=False).size()
    if trials_each is None:
        trials_each = int(counts.mode().max())
    if trials_each < 1:
        raise SingError(f"--trials {trials_each}: must be at least 1")
    place = rows.groupby("participant", sort=False).cumcount()
    done = counts.index[counts >= trials_each]
    kept = rows[rows["participant"].isin(done) & (place < trials_each)]
    last = kept[place[kept.index] == trials_each - 1]
    rank = {name: number for number, name in enumerate(last["participant"])}
    ordered = kept.assign(_rank=kept["participant"].map(rank)).sort_values("_rank", kind="stable")
    return ordered.drop(columns="_rank"), trials_each, len(counts) - len(done)
