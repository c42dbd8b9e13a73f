"""The scores of finished batches, kept beside the table until it is whole.

One JSON line a batch, after a first line that says which plan it belongs to. Numbers are written
so that they are read back exactly, and a line that a kill cut short is dropped: a resumed table
has the bytes of an uninterrupted one.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval_suite.classifier.network import FEATURES
from eval_suite.plan import Plan
from eval_suite.scoring import Scores
from sing.errors import SingError

FORMAT = 2


def partial_path(out: Path) -> Path:
    """metrics.csv.partial beside metrics.csv."""
    return out.with_name(out.name + ".partial")


@dataclass
class Results:
    """All values [systems, notes, metrics], NaN where missing, and reasons by (system, note).

    240 bytes a note at the default size: 7 MB for 30,000 notes and five systems. `features`
    [systems + 1, notes, E], the reference's last, when distances of sets are asked for.
    """

    values: NDArray[np.float64]
    reasons: dict[tuple[int, int], str] = field(default_factory=dict)
    features: NDArray[np.float32] | None = None

    def add(self, first_note: int, scores: Scores) -> None:
        """Put in one batch's scores, whose first note is `first_note`."""
        self.values[:, first_note : first_note + scores.values.shape[1]] = scores.values
        if self.features is not None and scores.features is not None:
            self.features[:, first_note : first_note + scores.features.shape[1]] = scores.features
        for (system, row), reason in scores.reasons.items():
            self.reasons[system, first_note + row] = reason


def shared_notes(present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[notes, K]: where every system has a value, of [systems, notes, K].

    A system that has none for any note has none to share, and is not waited for.
    """
    has_any = present.any(axis=1, keepdims=True)
    return np.asarray((present | ~has_any).all(axis=0))


class PartialFile:
    """The open file of finished batches; `done` are their numbers, `results` their scores."""

    def __init__(self, out: Path, plan: Plan, resume: bool) -> None:
        self.path = partial_path(out)
        self.done: set[int] = set()
        shape = (len(plan.systems), len(plan.notes), len(plan.metrics))
        self.results = Results(np.full(shape, np.nan), features=_room_for_features(plan))
        self._plan = plan
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a", encoding="utf-8", newline="\n")
        try:
            self._claim()
            if resume and self.path.stat().st_size:
                self._read()
            else:
                self._file.truncate(0)
                self._write({"format": FORMAT, "plan": plan.key})
        except SingError:
            self._file.close()  # what is there is another command's, or to be looked at
            raise
        except OSError:
            self.close()
            raise

    def _claim(self) -> None:
        """Keep the file from other commands until it is closed or this process ends."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SingError(
                f"{self.path}: another command is writing this table; wait for it to end, or "
                "choose another --out"
            ) from None

    def append(self, index: int, scores: Scores) -> None:
        """Keep one finished batch; it survives a kill from here on."""
        self._add(index, scores)
        values = [
            [[None if np.isnan(value) else value for value in row] for row in system]
            for system in scores.values.tolist()
        ]
        reasons = [[system, note, reason] for (system, note), reason in scores.reasons.items()]
        line = {"batch": index, "values": values, "reasons": reasons}
        if scores.features is not None:
            packed = scores.features.astype("<f4").tobytes()
            line["features"] = base64.b64encode(packed).decode("ascii")
        self._write(line)

    def close(self) -> None:
        """Close the file, which stays for --resume if there is anything to resume."""
        with contextlib.suppress(OSError):  # lines are flushed one by one: none is lost here
            self._file.close()
        if not self.done:
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Close and remove the file, once the table is written."""
        self.done.clear()
        self.close()

    def _add(self, index: int, scores: Scores) -> None:
        self.done.add(index)
        self.results.add(index * self._plan.batch_size, scores)

    def _write(self, value: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            error.filename = str(self.path)  # the message of a full disk names the file
            raise

    def _read(self) -> None:
        whole = 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read_line(line, is_first=whole == 0)
                whole += len(line)
        if whole == 0:
            self._write_over()
        else:
            os.truncate(self.path, whole)

    def _features(self, line: dict[str, Any], notes: int) -> NDArray[np.float64] | None:
        if self.results.features is None:
            return None
        packed = np.frombuffer(base64.b64decode(line["features"]), dtype="<f4")
        systems, _, count = self.results.features.shape
        return packed.reshape(systems, notes, count).astype(np.float64)

    def _write_over(self) -> None:
        """Begin again: the kill came before the first line was whole."""
        header = json.dumps({"format": FORMAT, "plan": self._plan.key})
        self.path.write_text(header + "\n", encoding="utf-8", newline="\n")

    def _read_line(self, line: bytes, is_first: bool) -> None:
        try:
            value = json.loads(line)
            if is_first:
                is_ours = (value["format"], value["plan"]) == (FORMAT, self._plan.key)
            else:
                scores = np.array(value["values"], dtype=np.float64)
                reasons = {(system, note): text for system, note, text in value["reasons"]}
                features = self._features(value, scores.shape[1])
                self._add(value["batch"], Scores(scores, reasons, features))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise SingError(
                f"{self.path}: damaged ({error}); start again with --force and without --resume"
            ) from None
        if is_first and not is_ours:
            raise SingError(
                f"{self.path}: belongs to another request (other notes, sources, metrics, seed or "
                "version); repeat that one, or start again with --force and without --resume"
            )


def _room_for_features(plan: Plan) -> NDArray[np.float32] | None:
    if not plan.distances:
        return None
    shape = (len(plan.systems) + 1, len(plan.notes), FEATURES)
    return np.full(shape, np.nan, dtype=np.float32)
