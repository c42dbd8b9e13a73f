"""The published page: numbers as text, put into README.md.jinja."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hybrids
from cells import (
    SEED_METRICS,
    by_seed,
    costs,
    means_by_system,
    number,
    percent,
    shown_ablations,
    shown_findings,
    verdicts,
    verdicts_by_system,
    worst_first,
)
from claims import ABLATION_METRICS
from findings import is_trained
from frame_rate import FRAME_RATE, HALF_WIDTH_HZ, tone_losses
from hours import total
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from measured import Measured
from places import Finished
from shipped import rivals, shipped_of

from analysis.figures.style import Drawing

TEMPLATE = "README.md.jinja"
CHANCE = 2 * HALF_WIDTH_HZ / FRAME_RATE


@dataclass(frozen=True)
class Pictures:
    """What was drawn: the notes of Figure 2, and the maps by file name."""

    notes: Sequence[str]
    maps: Mapping[str, Drawing]


def render(facts: Mapping[str, Any]) -> str:
    """The page of these facts. Raises UndefinedError when one is missing."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined,
        autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["percent"] = percent
    environment.filters["number"] = number
    return environment.get_template(TEMPLATE).render(facts)


def facts(
    measured: Measured, table_1: str, pictures: Pictures, has_study: bool
) -> dict[str, object]:
    """Everything that the page says, for `render`; `table_1` is Markdown."""
    shown, table = measured.shown, measured.table
    means, seeds = means_by_system(table), measured.scores.seeds
    verdicts_of = verdicts_by_system(measured.ablations)
    loudest_db, loud_share = hybrids.recorded_bins(shown[0].run)
    first = {name for one in shown for name in (one.system, one.autoencoder)}
    listed = {name: one for name, one in means["test"].items()
              if name in first or not is_trained(name)}  # fmt: skip
    return {
        **_scale(shown[0]),
        "missing": measured.scores.missing,
        "seeds": seeds,
        "findings": shown_findings(measured.findings),
        "verdicts": verdicts(measured.findings),
        "table_1": table_1,
        "listen": _listen(shown, pictures.notes),
        "maps": pictures.maps,
        "judged": ABLATION_METRICS,
        "ablations": shown_ablations(listed, verdicts_of),
        "ablated": verdicts_of,
        "means": means,
        "by_seed": by_seed(means, measured.finished),
        "seed_metrics": SEED_METRICS,
        "frame_rate": measured.frame_rate,
        "motion": {row["sound"]: row["code_motion"] for row in measured.frame_rate},
        "shares": {row["sound"]: row["mean_share"] for row in measured.frame_rate},
        "hybrids": measured.hybrids,
        "hybrid_of": shown[0].system,
        "loud_share": loud_share,
        "levels": {row["sound"]: row for row in measured.levels},
        "weak": worst_first(measured.weak_spots, shown[0].system),
        "loudest_db": loudest_db,
        "chance": CHANCE,
        "tone": tone_losses(),
        **_shipped(measured),
        "has_study": has_study,
        "costs": costs(measured.finished, measured.hours),
        "hours_total": total(measured.hours),
    }


def _shipped(measured: Measured) -> dict[str, object]:
    shipped = shipped_of(measured.finished)
    others = [] if shipped is None else rivals(measured.table, shipped, measured.finished)
    return {
        "shipped": shipped and shipped.planned.name,
        "ahead": [{**row, "lead": number(row["lead"]), "low": number(row["low"]),
                   "high": number(row["high"])}
                  for row in others if float(str(row["lead"])) > 0],
    }  # fmt: skip


def _scale(one: Finished) -> dict[str, dict[str, object]]:
    split, model = one.run.split, one.run.config.model
    notes = {
        "trained": f"{len(split.train):,}",
        "held_out": f"{len(split.test):,}",
        "held_out_pairs": len({note.pair for note in split.test}),
        "instruments": one.run.vocabulary.instrument_count,
    }
    return {
        "notes": notes,
        "size": {"hidden": model.hidden_channels, "channels": model.decoder_channels},
    }


def _listen(shown: Sequence[Finished], notes: Sequence[str]) -> str:
    """The command that makes a page of the notes of Figure 2."""
    systems = " ".join(f"results/paper/systems/{one.system}" for one in shown)
    return (
        f"printf '%s\\n' note {' '.join(dict.fromkeys(notes))} > notes.csv\n"
        f"sing-eval listen {systems} --notes notes.csv --out page"
    )
