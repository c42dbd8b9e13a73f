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

from figures import curves, figure_2, maps
from measured import Measured, measure, write_tables
from page import Pictures, facts, render
from places import Finished, Places, add_places, call, sort_runs
from shipped import WEIGHTS
from systems import METRICS, write_metrics, write_shown, write_systems

from eval_suite.contracts import METRICS as METRICS_TABLE
from eval_suite.tables import read_table
from sing import files
from sing.errors import SingError
from sing.provenance import versions

MARK = "provenance.json"
STUDY = "study"
TABLE_1 = ("table1.md", "table1.csv", "table1.tex")
MAPPED = ("spectral", "waveform")


def publish(places: Places, finished: Sequence[Finished], missing: Mapping[str, str]) -> None:
    """Measure everything, and write OUT whole; an earlier one is replaced, its study kept."""
    systems = write_systems(places, finished)
    table = read_table(write_metrics(places, finished[0].run, systems), METRICS_TABLE)
    write_shown(places, table, finished)
    call("tables", places.shown, "--out", places.shown / "tables", "--force")
    measured = measure(places, finished, missing, table)
    studies = [one for one in (places.rehearsed, places.out / STUDY) if one.is_dir()]
    with files.whole_folder(places.out, True, MARK) as part:
        if studies:
            shutil.copytree(studies[0], part / STUDY)
        _write(places, measured, part)


def _write(places: Places, measured: Measured, out: Path) -> None:
    for one in measured.finished:
        shutil.copyfile(one.run.folder / "history.csv", out / f"{one.system}.history.csv")
        shutil.copyfile(one.run.folder / "config.toml", out / f"{one.system}.toml")
    for name in TABLE_1:
        shutil.copyfile(places.shown / "tables" / name, out / name)
    write_tables(measured, out)
    call("report", places.shown, "--out", out / "report.html")
    table_1 = (out / TABLE_1[0]).read_text(encoding="utf-8")
    said = facts(measured, table_1, _draw(places, measured, out), (out / STUDY).is_dir())
    files.write_text(out / "README.md", render(said))
    files.write_json(out / MARK, _provenance(places, measured))


def _draw(places: Places, measured: Measured, out: Path) -> Pictures:
    shown, table = measured.shown, measured.table
    mapped = [one.system for one in shown if one.planned.variant in MAPPED]
    notes = figure_2(places, shown, table, out / "figure-2.png")
    curves(shown, out)
    return Pictures(notes, maps(table, mapped or [shown[0].system], out))


def _provenance(places: Places, measured: Measured) -> dict[str, object]:
    """Hashes of everything that decides the numbers, versions, and nothing of this machine."""
    weights = ("config.toml", "split.csv", "history.csv", "vocabulary.json", WEIGHTS,
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
        for one in measured.finished
    }
    return {
        "metrics": list(METRICS),
        "metrics_sha256": files.sha256(places.metrics),
        "missing": dict(measured.scores.missing),
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
