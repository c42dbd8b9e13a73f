"""The paper's two listening studies, rehearsed from end to end with invented raters.

    python benchmarks/paper/study.py --runs runs/paper

Builds the paper's designs from the ground truth, the nearest trained pitch and the finished SING
variants, lets synthetic raters take them through the real app over HTTP, and analyses what they
answered; results.py publishes it. Their opinions are invented (TRUTH): every table and figure is
marked as synthetic, and says nothing about any system's sound.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from places import Finished, Places, add_places, call, dataset_of, sort_runs
from systems import chosen_notes, write_nearest_pitch, write_systems

from sing import files
from sing.errors import SingError
from sing.generate.speed import measure_speed, speed_csv
from sing.processes import pick_device

TRUTH = {
    "ground-truth": 3.86,  # Table 2
    "sing-spectral": 3.55,  # Table 2
    "sing-no-time-embedding": 3.2,
    "sing-waveform": 2.4,
    "nearest-pitch": 2.85,  # in WaveNet's place
}
"""What the invented raters think of each system, from 1 to 5."""

UNMARKED = ("screening.csv", "mos.csv", "abx.csv")
"""Tables in which nothing says that their raters are invented: their names do."""

PAGE = "rehearsal.md"
SEED = 0


@dataclass(frozen=True)
class Size:
    """How much the raters are asked: `notes` by each system, so many ratings of each sound."""

    notes: int
    ratings: int
    answers: int


def build(places: Places, finished: Sequence[Finished], size: Size) -> dict[str, Path]:
    """Write what the studies play; the systems by name, the ground truth first."""
    variants = [one for one in finished if one.system in TRUTH]
    if not variants:
        raise SingError(f"{places.runs}: no finished run of {', '.join(TRUTH)}; train one")
    run = variants[0].run
    notes = random.Random(SEED).sample(run.split.test, min(size.notes, len(run.split.test)))
    rows = [{"note": note.name} for note in sorted(notes, key=lambda note: note.name)]
    files.write_csv(places.work / "study" / "notes.csv", ("note",), rows)
    write_systems(places, variants)
    nearest = write_nearest_pitch(places, run, chosen_notes(run.split))
    found = {one.system: places.systems / one.system for one in variants}
    return {"ground-truth": dataset_of(run).folder, nearest.name: nearest, **found}


def rehearse(
    places: Places, design: str, systems: Mapping[str, Path], settings: Sequence[str]
) -> str:
    """Make a study of the paper's design, let raters take it, and return the verdict's lines."""
    folder = places.work / "study" / design
    named = [f"{name}={path}" for name, path in systems.items()]
    # The list is seen from the study's folder.
    overrides = ["notes.list=../notes.csv", f"name={design}", *settings]
    sets = [part for override in overrides for part in ("--set", override)]
    call("study", "new", folder, *named, "--test", design, *sets)
    call("study", "build", folder)
    means = [part for name in systems for part in ("--mos", f"{name}={TRUTH[name]}")]
    said = call("study", "rehearse", folder, *means, "--seed", SEED)
    return "\n".join(said.splitlines()[:-1])  # the last line is the folder


def collect(places: Places, run: Finished) -> Path:
    """One folder of results: what the raters answered, the run's speed and its history."""
    results = places.work / "study" / "results"
    mos, abx = (places.work / "study" / name / "rehearsal" / "export"
                for name in ("paper-mos", "paper-abx"))  # fmt: skip
    results.mkdir(parents=True)
    shutil.copyfile(mos / "ratings.csv", results / "ratings.csv")
    shutil.copyfile(abx / "choices.csv", results / "choices.csv")
    with (results / "sessions.csv").open("w", newline="", encoding="utf-8") as joined:
        writer = csv.writer(joined, lineterminator="\n")
        for place, folder in enumerate((abx, mos)):  # sorted by study
            with (folder / "sessions.csv").open(newline="", encoding="utf-8") as one:
                writer.writerows(list(csv.reader(one))[place and 1 :])
    speed = measure_speed(replace(run.run, name=run.system), 8, pick_device("cpu"), 1.0)
    files.write_text(results / "speed.csv", speed_csv([speed]))
    return results


def analyse(places: Places, results: Path) -> str:
    """Screening, scores, preferences, tables, figures and the report; what mos and abx print."""
    ratings, screening = results / "ratings.csv", results / "screening.csv"
    sessions = places.work / "study" / "paper-mos" / "rehearsal" / "export" / "sessions.csv"
    call("analyze", "screen", ratings, "--sessions", sessions, "--out", screening)
    said = [
        call("analyze", "mos", ratings, "--screening", screening, "--out", results / "mos.csv"),
        call("analyze", "abx", results / "choices.csv", "--out", results / "abx.csv"),
    ]
    for command in ("tables", "figures", "report"):
        call(command, results)
    return "\n".join(text.rpartition("\n")[0].rpartition("\n")[0] for text in map(str.rstrip, said))


def publish(places: Places, results: Path, verdicts: Mapping[str, str], said: str) -> Path:
    """Copy what is small beside a page that says what it is, for results.py to publish."""
    out = places.rehearsed
    out.mkdir(parents=True)
    pictures = sorted((results / "figures").glob("*.png"))
    tables = [results / "tables" / name for name in ("table2.md", "table2.csv", "abx.md")]
    for path in (results / "report.html", *pictures, *tables):
        shutil.copyfile(path, out / path.name)
    for name in UNMARKED:
        shutil.copyfile(results / name, out / f"synthetic-{name}")
    lines = ["# The paper's listening studies, rehearsed (synthetic)", "",
             "Written by `python benchmarks/paper/study.py`. **No person heard anything**: the "
             "raters are invented, and so is what they think of each system. This shows that the "
             "way from a study's design to the paper's tables works, and finds again what was put "
             "in. The tables differ from run to run, since raters at the same time get other "
             "sheets.", ""]  # fmt: skip
    for design, verdict in verdicts.items():
        lines += [f"## {design}", "", "```text", verdict, "```", ""]
    lines += [
        "## What the analysis finds",
        "",
        "```text",
        said,
        "```",
        "",
        "[Table 2](table2.md), [the ABX sentences](abx.md), [the report](report.html).",
        "",
    ]
    lines += [f"![{path.stem}]({path.name})" for path in pictures]
    files.write_text(out / PAGE, "\n".join(lines) + "\n")
    return out


def run_studies(places: Places, settings: list[str], size: Size) -> Path:
    """Both studies from the finished runs to the published folder, begun anew."""
    finished, _ = sort_runs(places.runs, settings)
    shutil.rmtree(places.work / "study", ignore_errors=True)  # this script's own
    systems = build(places, finished, size)
    per_rater = f"trials_per_rater={min(30, size.notes * len(systems))}"
    verdicts = {
        "paper-mos": rehearse(
            places, "paper-mos", systems, [per_rater, f"ratings_per_stimulus={size.ratings}"]
        )
    }
    first, *others = (name for name in TRUTH if name in systems and name != "ground-truth")
    pairs = ", ".join(f'["{first}", "{other}"]' for other in others)
    per_rater = f"trials_per_rater={min(25, size.notes * len(others))}"
    verdicts["paper-abx"] = rehearse(
        places, "paper-abx", systems,
        [per_rater, f"ratings_per_stimulus={size.answers}", f"pairs=[{pairs}]"],
    )  # fmt: skip
    results = collect(places, next(one for one in finished if one.system == first))
    return publish(places, results, verdicts, analyse(places, results))


def main() -> int:
    """Rehearse, analyse, publish."""
    parser = argparse.ArgumentParser(description="Rehearse the paper's listening studies.")
    add_places(parser)
    parser.add_argument("--notes", type=int, default=100, help="Notes (as the paper).")
    parser.add_argument("--ratings", type=int, default=60, help="Of each sound (as the paper).")
    parser.add_argument("--answers", type=int, default=10, help="Of each triplet (as the paper).")
    given = parser.parse_args()
    places = Places(given.runs, given.work, given.out)
    try:
        print(run_studies(places, given.settings, Size(given.notes, given.ratings, given.answers)))
    except SingError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
