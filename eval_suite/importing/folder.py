"""A folder of anybody's outputs made a system folder, note by note; stopped anywhere, it goes on.

DIR/gen_<note>.wav ...   -->   systems/S/   system.json     what was found and changed, in counts
                                            notes.csv       as every system's
                                            imported.csv    what was done to each note, with hashes
                                            audio/<note>.wav
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval_suite.importing import findings, listing, records
from eval_suite.importing.conversion import Conversion, Converted, Failed, Fit, convert_all
from eval_suite.importing.datasets import part_of_dataset
from eval_suite.importing.in_order import FLUSHES, in_order
from eval_suite.importing.listing import Listing, SourceFile
from eval_suite.importing.names import NoteFinder
from eval_suite.importing.output import MADE_BY, audio_versions, output_of
from eval_suite.importing.reading import length_at_sample_rate
from eval_suite.named_dataset import NamedDataset, open_named_dataset
from eval_suite.sources import DatasetSource
from sing import files, log
from sing.audio import NOTE_SAMPLES
from sing.errors import CheckFailed, SingError
from sing.generate.selection import listed_notes
from sing.notes import Note
from sing.systems import SystemWriter


@dataclass(frozen=True)
class ImportRequest:
    """The arguments of `sing-eval systems import`."""

    folder: Path
    name: str
    out: Path
    data: Path | None = None
    split: str = "test"
    listed: str | None = None
    names: Path | None = None
    fit: Fit = "pad-or-cut"
    match_loudness: bool = False
    jobs: int | None = None
    resume: bool = False
    force: bool = False


def import_folder(request: ImportRequest) -> int:
    """Import a folder's files into a system folder of kind `imported`; how many could not be used.

    Those are in system.json under `failed` with the reason. Raises SingError for all that is
    wrong with the request, before anything is written, and CheckFailed when no file is usable.
    """
    _check_places(request)
    named = open_named_dataset(request.data) if request.data is not None else None
    expected, found = _what_to_import(request, named)
    if request.fit == "refuse":
        _refuse_other_lengths(found.sources)
    facts = _facts(request, named, expected, found)
    output = output_of(request.out, facts, request.resume, request.force)
    writer = SystemWriter(request.out, request.name, "imported")
    done = _done(writer, request.out, found) if output.begin() else {}
    left = [source for source in found.sources if source.note.name not in done]
    if not left and output.is_finished and not records.has_journal(request.out):
        output.finish()
        log.info("%s: finished already", request.out)
        return 0
    dataset = named.dataset if named is not None else None
    conversion = Conversion(dataset, request.match_loudness)
    failed, uncompared = _convert(left, conversion, request, writer, done)
    if not done:
        shutil.rmtree(request.out)
        raise CheckFailed(
            f"{request.folder}: not one of its {len(failed):,} files can be used, such as "
            f"{failed[0].file}: {failed[0].reason}"
        )
    outcome = findings.find(done.values(), failed, found, expected, dataset, request.match_loudness)
    _finish(request.out, writer, outcome, facts)
    output.finish()
    outcome.say()
    findings.say_clipped(request.out)
    findings.say_uncompared(uncompared)
    log.info("%s: notes imported: %s", request.out, f"{len(done):,}")
    return len(failed)


def _check_places(request: ImportRequest) -> None:
    if request.name in ("", ".", "..") or set(request.name) & set("/\\,\n"):
        raise SingError(f"--as '{request.name}': not a plain name; give one such as wavenet")
    source, out = request.folder.resolve(), request.out.resolve()
    if out == source or out in source.parents:
        raise SingError(
            f"{request.out}: holds the files to import, which would be lost; choose another --out"
        )


def _what_to_import(
    request: ImportRequest, named: NamedDataset | None
) -> tuple[Sequence[Note], Listing]:
    """The notes to be expected, and the files: of the notes of a list only, if there is one."""
    wanted = None if request.listed is None else listed_notes(request.listed)
    expected: Sequence[Note] = wanted or ()
    if wanted is None and named is not None:
        expected = part_of_dataset(named.dataset, request.split)
    if request.names is not None:
        found = listing.list_named(request.folder, request.names)
    else:
        known = {*expected, *(named.dataset.notes if named is not None else ())}
        found = listing.list_folder(request.folder, NoteFinder(known), request.out)
    if wanted is not None:
        chosen = set(wanted)
        sources = tuple(source for source in found.sources if source.note in chosen)
        if not sources:
            example = found.sources[0].note.name
            raise SingError(
                f"{request.folder}: no note of {request.listed} among its "
                f"{len(found.sources):,}, such as {example}; check --notes"
            )
        found = replace(found, sources=sources)
    return expected, found


def _refuse_other_lengths(sources: Sequence[SourceFile]) -> None:
    for source in log.progress(sources, "lengths"):
        samples = length_at_sample_rate(source.path)
        # What has no length at all fails when it is read, with its reason.
        if samples not in (None, NOTE_SAMPLES):
            raise SingError(
                f"{source.path}: {samples:,} samples at 16 kHz, expected {NOTE_SAMPLES:,} (4 s); "
                "pass --fit pad-or-cut"
            )


def _facts(
    request: ImportRequest, named: NamedDataset | None, expected: Sequence[Note], found: Listing
) -> dict[str, Any]:
    """What decides the bytes; sizes stand for the contents, which `_done` compares by hash."""
    lines = (
        f"{source.shown}\t{source.note.name}\t"
        f"{source.path.stat().st_size if source.path.is_file() else -1}"
        for source in found.sources
    )
    return {
        MADE_BY: "sing-eval systems import",
        "imported_from": listing.shown_name(request.folder.resolve()),
        "files_sha256": files.sha256_of_lines(lines),
        "dataset": named.recorded if named is not None else None,
        "dataset_sha256": DatasetSource(named.dataset).facts()["sha256"] if named else None,
        "expected_sha256": files.sha256_of_lines(note.name for note in expected),
        "fit": request.fit,
        "match_loudness": request.match_loudness,
        "versions": audio_versions(),
    }


def _done(writer: SystemWriter, out: Path, found: Listing) -> dict[str, records.Record]:
    """The records of the notes that a stopped command has finished, with their audio.

    A note whose source has other contents by now loses its audio, so that it is done again.
    """
    known = records.recorded(out)
    lacking = set(writer.missing([source.note for source in found.sources]))
    there = [one for one in found.sources if one.note not in lacking and one.note.name in known]
    done, changed = {}, []
    for source in log.progress(there, "comparing with the files"):
        name = source.note.name
        if files.sha256(source.path) == known[name].sha256:
            done[name] = known[name]
        else:
            changed.append(name)
            (out / "audio" / f"{name}.wav").unlink()
    if changed:
        log.warning("other contents than before, imported anew: %s", ", ".join(sorted(changed)))
    return done


def _convert(
    sources: Sequence[SourceFile],
    conversion: Conversion,
    request: ImportRequest,
    writer: SystemWriter,
    done: dict[str, records.Record],
) -> tuple[list[Failed], list[str]]:
    """Convert and write the files, adding to `done`.

    Returns the files that could not be used, and what is wrong with references' recordings.
    """

    def save(result: Converted | Failed) -> records.Record | Failed:
        if isinstance(result, Failed):
            return result
        writer.write(result.note, result.waveform)
        if result.reference_fault:
            uncompared.append(result.reference_fault)
        written = request.out / "audio" / f"{result.note.name}.wav"
        return replace(result.record, audio_sha256=files.sha256(written))

    failed: list[Failed] = []
    uncompared: list[str] = []  # filled by the threads of `save`, so in any order
    converted = convert_all(sources, conversion, request.jobs)
    with ThreadPoolExecutor(FLUSHES) as threads:
        saved = in_order(threads, save, converted, 2 * FLUSHES)
        for result in log.progress(saved, "importing", len(sources)):
            if isinstance(result, Failed):
                failed.append(result)
            else:
                records.add_to_journal(request.out, result)
                done[result.note] = result
    return failed, sorted(uncompared)


def _finish(
    out: Path, writer: SystemWriter, outcome: findings.Findings, facts: dict[str, Any]
) -> None:
    records.write_records(out, outcome.records)
    about = {**facts, **outcome.facts(), "imported_sha256": files.sha256(out / records.RECORDS)}
    writer.finish([Note.parse(record.note) for record in outcome.records], **about)
    records.drop_journal(out)
