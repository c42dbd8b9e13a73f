"""Measure the finished runs, and publish tables, figures and the findings.

    python benchmarks/paper/results.py --runs runs/paper

Runs that are not finished are named as missing. The same runs give the same bytes, on one kind of
machine. The studies of study.py are published along with them; without new ones, earlier ones stay.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import hybrids
import numpy as np
import pandas as pd
from claims import ABLATION_METRICS
from figures import curves, figure_2, maps
from findings import (
    ABLATION_COLUMNS,
    COLUMNS,
    ablations,
    find_all,
    scores_of,
)
from frame_rate import COLUMNS as FRAME_RATE_COLUMNS
from frame_rate import measure, tone_losses
from hours import hours_of, total
from page import (
    CHANCE,
    costs,
    means_by_system,
    ranked,
    render,
    shown_ablations,
    shown_findings,
    verdicts,
    verdicts_by_system,
)
from places import Finished, Places, add_places, call, sort_runs
from systems import METRICS, write_metrics, write_systems

from eval_suite.contracts import METRICS as METRICS_TABLE
from eval_suite.intervals import bootstrap_means, cluster_numbers
from eval_suite.tables import read_table
from sing import files
from sing.errors import SingError
from sing.generate.selection import shipped_run
from sing.notes import Note
from sing.provenance import versions

MARK = "provenance.json"
STUDY = "study"
WEIGHTS = "model.safetensors"
MEAN_COLUMNS = ("system", "part", "metric", "mean", "ci_low", "ci_high")
TABLE_1 = ("table1.md", "table1.csv", "table1.tex")


def publish(places: Places, finished: Sequence[Finished], missing: Mapping[str, str]) -> None:
    """Measure everything, and write OUT whole; an earlier one is replaced, its study kept."""
    systems = write_systems(places, finished)
    table = read_table(write_metrics(places, finished[0].run, systems), METRICS_TABLE)
    call("tables", places.work, "--out", places.work / "tables", "--force")
    studies = [one for one in (places.rehearsed, places.out / STUDY) if one.is_dir()]
    with files.whole_folder(places.out, True, MARK) as part:
        if studies:
            shutil.copytree(studies[0], part / STUDY)
        _write(places, finished, missing, table, part)


def _write(
    places: Places,
    finished: Sequence[Finished],
    missing: Mapping[str, str],
    table: pd.DataFrame,
    out: Path,
) -> None:
    for one in finished:
        for folder in (places.work, out):
            shutil.copyfile(one.run.folder / "history.csv", folder / f"{one.system}.history.csv")
        shutil.copyfile(one.run.folder / "config.toml", out / f"{one.system}.toml")
    for name in TABLE_1:
        shutil.copyfile(places.work / "tables" / name, out / name)
    scores = scores_of(table, finished, missing)
    found, ablated = find_all(scores), ablations(scores, finished)
    grid = measure(places, finished, table)
    mixtures = hybrids.measure(places, finished[0])
    files.write_csv(out / "findings.csv", COLUMNS, found)
    files.write_csv(out / "ablations.csv", ABLATION_COLUMNS, ablated)
    files.write_csv(out / "frame-rate.csv", FRAME_RATE_COLUMNS, grid)
    files.write_csv(out / "hybrids.csv", hybrids.COLUMNS, mixtures)
    files.write_csv(out / "means.csv", MEAN_COLUMNS, _means(table))
    notes = figure_2(places, finished, table, out / "figure-2.png")
    call("report", places.work, "--out", out / "report.html")
    curves(finished, out)
    mapped = [one.system for one in finished if one.planned.variant in ("spectral", "waveform")]
    all_hours = [hours_of(one.planned.name, one.run.folder) for one in finished]
    means, verdicts_of = means_by_system(table), verdicts_by_system(ablated)
    drawn = maps(table, mapped or [finished[0].system], out)
    page = render(
        {
            **_scale(finished[0]),
            "missing": missing,
            "seeds": scores.seeds,
            "many_seeds": len(scores.seeds) > 1,
            "findings": shown_findings(found),
            "verdicts": verdicts(found),
            "table_1": (places.work / "tables" / "table1.md").read_text(encoding="utf-8"),
            "listen": _listen(finished, notes),
            "maps": drawn,
            "judged": ABLATION_METRICS,
            "ablations": shown_ablations(means["test"], verdicts_of),
            "ablated": verdicts_of,
            "means": means,
            "frame_rate": grid,
            "motion": {row["sound"]: row["code_motion"] for row in grid},
            "hybrids": mixtures,
            "hybrid_of": finished[0].system,
            "loudest_db": hybrids.loudest_db(finished[0].run),
            "chance": CHANCE,
            "tone": tone_losses(),
            "shipped": _shipped(finished),
            "ranked": ranked(means["test"]),
            "has_study": (out / STUDY).is_dir(),
            "costs": costs(finished, all_hours),
            "hours_total": total(all_hours),
        }
    )
    files.write_text(out / "README.md", page)
    files.write_json(out / MARK, _provenance(places, finished, missing))


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


def _shipped(finished: Sequence[Finished]) -> str | None:
    """The run that the package ships as its demo model, by its weights."""
    weights = files.sha256(shipped_run() / WEIGHTS)
    same = (one for one in finished if files.sha256(one.run.folder / WEIGHTS) == weights)
    return next((one.planned.name for one in same), None)


def _listen(finished: Sequence[Finished], notes: Sequence[str]) -> str:
    """The command that makes a page of the notes of Figure 2."""
    systems = " ".join(f"results/paper/systems/{one.system}" for one in finished)
    return (
        f"printf '%s\\n' note {' '.join(dict.fromkeys(notes))} > notes.csv\n"
        f"sing-eval listen {systems} --notes notes.csv --out page"
    )


def _means(table: pd.DataFrame) -> list[dict[str, object]]:
    """Every system's mean of every metric and part, with intervals over (instrument, pitch)."""
    rows: list[dict[str, object]] = []
    names = list(table.select_dtypes("number"))
    for (system, part), group in table.groupby(["system", "split"], sort=True):
        pairs = cluster_numbers([Note.parse(name).pair for name in group["note"]])
        ends = bootstrap_means(group[names].to_numpy(dtype=np.float64), pairs, 0)
        for metric, *values in zip(names, *ends, strict=True):
            cells = (None if np.isnan(value) else float(value) for value in values)
            rows.append(dict(zip(MEAN_COLUMNS, (system, part, metric, *cells), strict=True)))
    return rows


def _provenance(
    places: Places, finished: Sequence[Finished], missing: Mapping[str, str]
) -> dict[str, object]:
    """Hashes of everything that decides the numbers, versions, and nothing of this machine."""
    weights = ("config.toml", "split.csv", "history.csv", "vocabulary.json", "model.safetensors",
               "autoencoder.safetensors")  # fmt: skip
    runs = {
        one.planned.name: {
            "sha256": {
                name: files.sha256(one.run.folder / name)
                for name in weights
                if (one.run.folder / name).is_file()
            },
            "notes_sha256": one.run.provenance.get("notes_sha256"),
            "trained_with": one.run.provenance.get("versions"),
        }
        for one in finished
    }
    return {
        "metrics": list(METRICS),
        "metrics_sha256": files.sha256(places.metrics),
        "missing": dict(missing),
        "runs": runs,
        "versions": versions(),
    }


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description="Measure the finished runs, publish results.")
    add_places(parser)
    given = parser.parse_args()
    places = Places(given.runs, given.work, given.out)
    try:
        publish(places, *sort_runs(places.runs, given.settings))
    except SingError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(places.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
