"""From a plan to a finished table: score what is left, then write it whole, with its provenance."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_suite.distances import (
    SystemDistance,
    distances_path,
    system_distances,
    write_distances,
)
from eval_suite.partial import PartialFile, Results, partial_path
from eval_suite.plan import Plan
from eval_suite.scoring import Scores
from eval_suite.sources import SOURCE_MARKS
from eval_suite.tables import METRICS, write_rows
from eval_suite.workers import score_shared
from sing import files, log
from sing.errors import CheckFailed, SingError
from sing.processes import Processes
from sing.provenance import provenance


@dataclass(frozen=True)
class Evaluation:
    """What was computed: the scores of notes, and the distances of whole systems."""

    results: Results
    distances: tuple[SystemDistance, ...]


def check_output(out: Path, resume: bool, force: bool) -> None:
    """Make sure that `out` and its provenance can be written.

    A table that is there may be what `resume` asks for: `is_finished` sees to it, once there is a
    plan. Raises SingError, saying which option to pass.
    """
    if out.is_dir():
        raise SingError(f"{out}: a folder; --out names the table's file, such as {out}/metrics.csv")
    if any((out.parent / mark).is_file() for mark in SOURCE_MARKS):
        raise SingError(f"{out}: inside a source, which is never changed; choose another --out")
    if not (resume and out.is_file()):
        for path in (out, _provenance_path(out)):
            files.check_file(path, force)
    if partial_path(out).exists() and not (resume or force):
        raise SingError(
            f"{partial_path(out)}: left by a command that was stopped; pass --resume to go on with "
            "it, or --force to start again"
        )


def is_finished(out: Path, plan: Plan, resume: bool, force: bool) -> bool:
    """Whether to `resume` finds that `out` is the finished table of this very plan; says so.

    Raises SingError for any other table there, and CheckFailed when rows of it have a reason.
    """
    if force or not (resume and out.is_file()):
        return False
    path = _provenance_path(out)
    facts: Any = files.read_json(path) if path.is_file() else {}
    is_same = isinstance(facts, dict) and facts.get("plan") == plan.key
    if not is_same or (plan.distances and not distances_path(out).is_file()):
        files.check_file(out, force)
    log.info("%s: finished already", out)
    if facts["failed"]:
        raise CheckFailed(
            f"{out}: {facts['failed']:,} rows could not be scored; see the column reason, and pass "
            "--force to score all again"
        )
    return True


def check_distances(out: Path, plan: Plan, force: bool) -> None:
    """Make sure that the plan's distances, if it has any, can be written beside `out`.

    Raises SingError, saying which option to pass.
    """
    if plan.distances:
        files.check_file(distances_path(out), force)


def _provenance_path(out: Path) -> Path:
    return out.with_suffix(".provenance.json")


def evaluate(
    plan: Plan, splits: Sequence[str], out: Path, jobs: int, resume: bool, processes: Processes
) -> Evaluation | None:
    """Score the plan's notes and write the tables and their provenance; None off rank 0.

    `out` is the table of notes; that of distances, if there are any, stands beside it. `splits` are
    the parts of the split, one a note. Finished batches are kept beside `out`, where `resume` finds
    them after a stop.
    """
    opened: list[PartialFile] = []
    with ExitStack() as stack:

        def begin() -> list[int]:
            partial = stack.enter_context(closing(PartialFile(out, plan, resume)))
            opened.append(partial)
            if partial.done:
                log.info("%d of %d batches are done already", len(partial.done), plan.batch_count)
            return [index for index in range(plan.batch_count) if index not in partial.done]

        # Only rank 0 has the file, so only it knows what a stopped command had finished.
        left = processes.on_main(begin)
        finished = score_shared(plan, left, jobs, processes)
        if not opened:
            deque(finished, maxlen=0)
            return None
        (partial,) = opened
        try:
            _collect(plan, partial, finished, len(left))
        except KeyboardInterrupt:
            log.info("stopped; what is done is kept: the same command with --resume goes on")
            raise
        made = Evaluation(partial.results, system_distances(plan, partial.results))
        _write(out, plan, splits, made)
        partial.discard()
    return made


def _collect(
    plan: Plan, partial: PartialFile, finished: Iterator[tuple[int, Scores]], batches: int
) -> None:
    """Keep the batches as they come, and say how fast that was."""
    started = time.perf_counter()
    notes, scoring, reading, generating = 0, 0.0, 0.0, 0.0
    for index, scores in log.progress(finished, f"scoring batches of {plan.batch_size}", batches):
        partial.append(index, scores)
        notes += scores.values.shape[1]
        scoring += scores.seconds
        reading += scores.reading
        generating += scores.generating
    if not notes:
        return
    elapsed = time.perf_counter() - started
    log.info(
        "scored %s notes of %d systems in %.3g s: %.0f notes a second; %.0f %% reading, "
        "%.0f %% generating",
        *(f"{notes:,}", len(plan.systems), elapsed, notes / elapsed),
        *(100 * reading / scoring, 100 * generating / scoring),
    )


def _write(out: Path, plan: Plan, splits: Sequence[str], made: Evaluation) -> None:
    """Write the table, row by row; beside it metrics.provenance.json, and any distances."""
    columns = ["system", "note", "split", *(metric.column for metric in plan.metrics), "reason"]
    write_rows(out, METRICS, columns, _rows(plan, splits, made.results))
    if plan.distances:
        write_distances(distances_path(out), made.distances)
    facts = {**plan.facts, "failed": len(made.results.reasons), "plan": plan.key}
    files.write_json(_provenance_path(out), provenance(**facts))


def _rows(plan: Plan, splits: Sequence[str], results: Results) -> Iterator[dict[str, Any]]:
    """The table's rows, sorted by system and note."""
    metrics = [metric.column for metric in plan.metrics]
    for place in sorted(range(len(plan.systems)), key=lambda place: plan.systems[place].name):
        for row, note in enumerate(plan.notes):
            yield {
                "system": plan.systems[place].name,
                "note": note.name,
                "split": splits[row],
                **dict(zip(metrics, results.values[place, row].tolist(), strict=True)),
                "reason": results.reasons.get((place, row)),
            }


def check_complete(out: Path, plan: Plan, results: Results) -> None:
    """Raise CheckFailed, naming the first of them, when rows of the table have a reason."""
    if not results.reasons:
        return
    place, row = min(results.reasons)
    rows = results.values.shape[0] * results.values.shape[1]
    raise CheckFailed(
        f"{out}: {len(results.reasons):,} of {rows:,} rows could not be scored; the first is "
        f"{plan.systems[place].name} {plan.notes[row].name}: {results.reasons[place, row]}; "
        "see the column reason"
    )
