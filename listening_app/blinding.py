"""The blinding audit: nothing that a rater's computer gets tells the system, except the sound.

Files are compared in what a browser or a server's header shows (name, size, header, time), and
in what a script could measure (loudness, offset, runs of zeros, clipping, equal files); sheets in
whether a system is met at certain places. A statistic is a leak where it is as uneven as chance
allows once in 1,000 studies; bandwidth is content and only reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from listening_app.stimuli import MOST_OFFSET, SILENCE_LUFS, loudness_of
from listening_app.study import Stimulus, Study
from sing import files, log
from sing.audio import FULL_SCALE, SAMPLE_RATE, from_pcm16, wav_header

CHANCE = 1e-3
"""A test whose p-value is below this is a leak."""

LOUDNESS_TOLERANCE = 0.5
"""LU between the systems' stimuli of one note."""

MOST_ZEROS = 160
"""Exact zeros in a row at an end: dither makes 10 ms of them impossible (once in 1e20)."""

_NAME = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Measured:
    """What can be measured of a file; loudness is None for silence, bandwidth in Hz."""

    header: bytes
    size: int
    time: float
    samples: int
    lufs: float | None
    offset: float
    zeros: int
    clipped: int
    bandwidth: float
    sha256: str


def leaks(study: Study) -> list[str]:
    """Every way to tell the systems apart but the sound, a line each; empty when it is blind."""
    measured = {
        name: _measure(stimulus)
        for name, stimulus in log.progress(
            study.stimuli.items(), "blinding audit", len(study.stimuli)
        )
    }
    return [
        *_of_names(study),
        *_of_files(study, measured),
        *_of_sounds(study, measured),
        *_of_statistics(study, measured),
        *_of_sheets(study),
    ]


def bandwidths(study: Study) -> dict[str, float]:
    """For each system the median frequency in Hz below which 99 % of a stimulus' energy lies."""
    of_system: dict[str, list[float]] = {}
    for stimulus in study.stimuli.values():
        if stimulus.kind in ("system", "reference"):
            of_system.setdefault(stimulus.system, []).append(_measure(stimulus).bandwidth)
    return {name: float(np.median(values)) for name, values in sorted(of_system.items())}


def _measure(stimulus: Stimulus) -> Measured:
    content = stimulus.path.read_bytes()
    status = stimulus.path.stat()
    samples = np.frombuffer(content[44 : len(content) // 2 * 2], dtype="<i2").astype(np.int16)
    waveform = from_pcm16(samples).astype(np.float64)
    is_long_enough = len(waveform) >= SAMPLE_RATE
    return Measured(
        header=content[:44],
        size=len(content),
        time=status.st_mtime,
        samples=len(samples),
        lufs=loudness_of(waveform) if is_long_enough else None,
        offset=float(waveform.mean()) if len(waveform) else 0.0,
        zeros=_zeros_at_an_end(samples),
        clipped=int(np.count_nonzero((samples == FULL_SCALE - 1) | (samples == -FULL_SCALE))),
        bandwidth=_bandwidth(waveform) if is_long_enough else 0.0,
        sha256=files.sha256(stimulus.path),
    )


def _zeros_at_an_end(samples: NDArray[np.int16]) -> int:
    sounding = np.flatnonzero(samples)
    if not len(sounding):
        return len(samples)
    return max(int(sounding[0]), len(samples) - 1 - int(sounding[-1]))


def _bandwidth(waveform: NDArray[np.float64]) -> float:
    energy = np.cumsum(np.abs(np.fft.rfft(waveform)) ** 2)
    bin_number = int(np.searchsorted(energy, 0.99 * energy[-1]))
    return bin_number * SAMPLE_RATE / len(waveform)


def _of_names(study: Study) -> Iterator[str]:
    for name in study.stimuli:
        if _NAME.fullmatch(name) is None:
            yield f"stimuli/{name}.wav: the name is not opaque; build the study again"
    known = {f"{name}.wav" for name in study.stimuli}
    for path in sorted((study.folder / "stimuli").iterdir()):
        if path.name not in known:
            yield f"stimuli/{path.name}: not one of the study's files; move it away"


def _of_files(study: Study, measured: Mapping[str, Measured]) -> Iterator[str]:
    """Files that are not as built, sizes and headers that differ, and files that are equal."""
    samples = Counter(one.samples for one in measured.values()).most_common(1)[0][0]
    size = Counter(one.size for one in measured.values()).most_common(1)[0][0]
    first_of: dict[str, str] = {}
    for name, one in measured.items():
        if one.size != size:
            yield f"stimuli/{name}.wav: {one.size:,} bytes, others have {size:,}"
        elif one.header != wav_header(samples):
            yield f"stimuli/{name}.wav: its header is not that of the others"
        if one.sha256 != study.stimuli[name].sha256:
            yield f"stimuli/{name}.wav: changed since the study was built"
        twin = first_of.setdefault(one.sha256, name)
        if twin != name:
            yield f"stimuli/{name}.wav: equal to {twin}.wav, which shows what X is a copy of"


def _of_sounds(study: Study, measured: Mapping[str, Measured]) -> Iterator[str]:
    """Loudness, offsets, zeros and clipping of single stimuli."""
    of_note: dict[str, list[float]] = {}
    for name, one in measured.items():
        if one.lufs is not None and one.lufs > SILENCE_LUFS and study.stimuli[name].kind != "trap":
            of_note.setdefault(study.stimuli[name].note.name, []).append(one.lufs)
        if abs(one.offset) > 1.01 * MOST_OFFSET:  # rounding to 16 bits moves it
            yield f"stimuli/{name}.wav: an offset of {one.offset:.5f}"
        if one.zeros > MOST_ZEROS:
            yield f"stimuli/{name}.wav: {one.zeros:,} exact zeros at an end"
        if one.clipped:
            yield f"stimuli/{name}.wav: {one.clipped:,} samples at full scale"
    for note, values in sorted(of_note.items()):
        spread = max(values) - min(values)
        if spread > LOUDNESS_TOLERANCE:
            yield (
                f"{note}: {spread:.1f} LU between its stimuli, more than {LOUDNESS_TOLERANCE:g}; "
                "set loudness.normalize = true"
            )


def _of_statistics(study: Study, measured: Mapping[str, Measured]) -> Iterator[str]:
    """What differs between the systems' stimuli on the whole, however little on each."""
    main = [name for name, one in study.stimuli.items() if one.kind == "system"]
    systems = [study.stimuli[name].system for name in main]
    order = {name: rank for rank, name in enumerate(sorted(study.stimuli))}
    loud = _relative_loudness(study, measured)
    loud_systems = [study.stimuli[name].system for name in loud]
    quantities = (
        ("the order of the files' names predicts the system; build with another seed",
         systems, [order[name] for name in main]),
        ("the files' time of change predicts the system; give all the same",
         systems, [measured[name].time for name in main]),
        ("loudness predicts the system; set loudness.normalize = true, and build again",
         loud_systems, list(loud.values())),
    )  # fmt: skip
    for leak, groups, values in quantities:
        if _difference_p(groups, values) < CHANCE:
            yield leak


def _relative_loudness(study: Study, measured: Mapping[str, Measured]) -> dict[str, float]:
    """Of stimuli that sound, the loudness above the median of the note's, in tenths of an LU."""
    of_note: dict[str, dict[str, float]] = {}
    for name, stimulus in study.stimuli.items():
        lufs = measured[name].lufs
        if stimulus.kind == "system" and lufs is not None:
            of_note.setdefault(stimulus.note.name, {})[name] = lufs
    return {
        name: round(lufs - float(np.median(list(together.values()))), 1)
        for together in of_note.values()
        for name, lufs in together.items()
    }


def _of_sheets(study: Study) -> Iterator[str]:
    """Places on which a system is met, or the right answer stands, more often than on others."""
    positions = []
    slots = []
    right: Counter[str] = Counter()
    for sheet in study.sheets.values():
        main = [trial for trial in sheet.trials if trial.kind == "main"]
        for position, trial in enumerate(main):
            answers = [slot for slot in trial.slots if slot.name not in ("X", "REF")]
            systems = [(study.stimuli[slot.stimulus].system, slot.name) for slot in answers]
            slots += systems
            positions += [(system, position) for system, _ in systems]
            if trial.expected:
                right.update({slot.name: slot.name == trial.expected for slot in answers})
    if _association_p(positions) < CHANCE:
        yield "the position in the session predicts the system; build with another seed"
    if _association_p(slots) < CHANCE:
        yield "the slot predicts the system; build with another seed"
    if _uneven_p(list(right.values())) < CHANCE:
        yield "the right answer is in one slot more often than in others; build with another seed"


def _difference_p(groups: Sequence[str], values: Sequence[float]) -> float:
    """Kruskal and Wallis' p-value of no difference between the groups; 1 where there is none."""
    from scipy.stats import kruskal

    samples = [
        [value for group, value in zip(groups, values, strict=True) if group == name]
        for name in sorted(set(groups))
    ]
    if len(samples) < 2 or len(set(values)) < 2:
        return 1.0
    return float(kruskal(*samples).pvalue)


def _association_p(seen: Sequence[tuple[str, Hashable]]) -> float:
    """The chi-square test's p-value of no association between the two parts."""
    from scipy.stats import chi2_contingency

    rows = sorted({row for row, _ in seen})
    columns = sorted({column for _, column in seen}, key=str)
    if len(rows) < 2 or len(columns) < 2:
        return 1.0
    counts = Counter(seen)
    table = np.array([[counts[row, column] for column in columns] for row in rows])
    return float(chi2_contingency(table, correction=False).pvalue)


def _uneven_p(counts: Sequence[int]) -> float:
    """The chi-square test's p-value of equal shares."""
    from scipy.stats import chisquare

    return float(chisquare(counts).pvalue) if len(counts) > 1 else 1.0
