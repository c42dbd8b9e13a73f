"""What an import found and did, as facts for system.json and as lines for the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_suite.importing.conversion import Failed
from eval_suite.importing.listing import Listing
from eval_suite.importing.reading import LOSSY
from eval_suite.importing.records import Record
from sing import files, log
from sing.audio import SAMPLE_RATE
from sing.data.nsynth import Dataset
from sing.notes import Note

MAKER_SAMPLES = 60_000
"""The length of the files that NSynth's instrument maker came with."""

_SHOWN = 10


@dataclass(frozen=True)
class Findings:
    """The outcome of an import. Lists of names are sorted."""

    records: Sequence[Record]
    failed: Sequence[Failed]
    listing: Listing
    missing: Sequence[str]
    unknown: Sequence[str]
    match_loudness: bool

    def facts(self) -> dict[str, Any]:
        """Every change made, by how many notes it touched, and every note that has a fault."""
        failed = [
            {"note": one.note.name, "file": one.file, "reason": one.reason} for one in self.failed
        ]
        return {
            "changes": {name: len(records) for name, records in self._changes().items()},
            "failed": failed,
            "missing": list(self.missing),
            "unknown": list(self.unknown),
            "unrecognised": self.listing.unrecognised,
            "copies": list(self.listing.copies),
            "killed": [record.note for record in self._killed()],
        }

    def say(self) -> None:
        """Log what was done and what a person should look at, a line each."""
        for name, records in self._changes().items():
            if records:
                log.info("%s: %s", name.replace("_", " "), _spread(name, records))
        self._say_tails()
        if any(_is_instrument_makers(record) for record in self.records):
            log.warning(
                "MP3 files, or files of 60,000 samples: those of NSynth's instrument maker are "
                "12 dB softer and cropped at the onset, so not comparable in level or alignment"
            )
        _warn("not in the dataset, imported all the same", self.unknown)
        _warn("asked for, but no file has them", self.missing)
        _warn("files without a note's name", list(self.listing.unrecognised))
        _warn("files left out, equal to another of the same note", self.listing.copies)
        for one in self.failed[:_SHOWN]:
            log.warning("%s: %s", one.file, one.reason)

    def _changes(self) -> dict[str, list[Record]]:
        every = self.records
        return {
            "resampled": [one for one in every if one.sample_rate != SAMPLE_RATE],
            "mixed_down": [one for one in every if one.channels != 1],
            "padded": [one for one in every if one.padded_samples],
            "cut": [one for one in every if one.cut_samples],
            "gain": [one for one in every if one.gain_db is not None],
            "name_repaired": [one for one in every if one.repaired],
        }

    def _killed(self) -> list[Record]:
        return [record for record in self.records if record.killed_at_seconds is not None]

    def _say_tails(self) -> None:
        places = [
            f"{record.note} after {record.killed_at_seconds:.2f} s" for record in self._killed()
        ]
        _warn("nothing but zeros up to the end, as a killed run leaves", places)
        lossy = [
            record.note for record in self.records if any(name in record.encoding for name in LOSSY)
        ]
        _warn("lossy encodings (MP3, Ogg), whose onset and level may be off", lossy)
        if self.match_loudness:
            _warn(
                "level left as it was: silent, or without a recording in the dataset",
                [record.note for record in self.records if record.gain_db is None],
            )


def find(
    records: Iterable[Record],
    failed: Sequence[Failed],
    listing: Listing,
    expected: Iterable[Note],
    dataset: Dataset | None,
    match_loudness: bool,
) -> Findings:
    """Compare what was imported with the notes that were to be expected and with the dataset."""
    found = {source.note for source in listing.sources}
    missing = sorted(note.name for note in set(expected) - found)
    unknown = sorted(note.name for note in found if dataset is not None and note not in dataset)
    ordered = sorted(records, key=lambda record: record.note)
    return Findings(ordered, failed, listing, missing, unknown, match_loudness)


def say_clipped(folder: Path) -> None:
    """Warn of the samples beyond full scale that a system's notes have lost, the most first."""
    rows = files.read_csv(folder / "notes.csv", ("note", "clipped_samples"))
    clipped = {row["note"]: int(row["clipped_samples"]) for row in rows}
    names = sorted((name for name in clipped if clipped[name]), key=lambda name: -clipped[name])
    what = f"{sum(clipped.values()):,} samples beyond full scale were clipped, in these notes"
    _warn(what, names)


def say_uncompared(faults: Sequence[str]) -> None:
    """Warn of recordings of the dataset that are broken: their notes were imported without them."""
    for fault in faults[:_SHOWN]:
        log.warning("imported, but not compared with the reference: %s", fault)
    if len(faults) > _SHOWN:
        log.warning("imported, but not compared with the reference: %d in all", len(faults))


def _is_instrument_makers(record: Record) -> bool:
    return "MPEG_LAYER" in record.encoding or (
        record.samples == MAKER_SAMPLES and record.sample_rate == SAMPLE_RATE
    )


def _spread(name: str, records: Sequence[Record]) -> str:
    """How many notes, and by how much: `12 notes, by 4,096 samples at the end`."""
    counted = f"{len(records):,} note{'s' if len(records) != 1 else ''}"
    if name == "resampled":
        rates = sorted({record.sample_rate for record in records})
        return f"{counted}, from {', '.join(f'{rate:,}' for rate in rates[:4])} Hz"
    if name in ("padded", "cut"):
        amounts = [record.padded_samples or record.cut_samples for record in records]
        return f"{counted}, by {_range(amounts, '{:,}')} samples at the end"
    if name == "gain":
        gains = [record.gain_db or 0.0 for record in records]
        return f"{counted}, by {_range(gains, '{:+.1f}')} dB"
    return counted


def _range(values: Sequence[float], form: str) -> str:
    low, high = form.format(min(values)), form.format(max(values))
    return low if low == high else f"{low} to {high}"


def _warn(what: str, names: Sequence[str]) -> None:
    if names:
        rest = f", ... ({len(names):,} in all)" if len(names) > _SHOWN else ""
        log.warning("%s: %s%s", what, ", ".join(names[:_SHOWN]), rest)
