"""What the ground truth is called: as asked for, else as the study beside the answers calls it."""

from __future__ import annotations

from pathlib import Path

from sing import files

USUAL = "ground-truth"
"""What it is called where nothing says another name."""

ROW = "Ground Truth"
"""The row of the paper that it is."""

STUDY_TOML, RECORD = "study.toml", "provenance.json"
"""What says it in a folder of answers: the study's definition, and the record of its export."""


def stated_reference(folder: Path, study: str | None = None) -> str | None:
    """The reference of the study whose definition or export is in this folder, if it has one.

    With `study`, that of the study of this name only. Raises SingError for a file that cannot be
    read.
    """
    known = (
        (STUDY_TOML, "name", files.read_toml),
        (RECORD, "study", files.read_json),
    )
    for file, key, read in known:
        path = folder / file
        record = read(path) if path.is_file() else None
        if isinstance(record, dict) and study in (None, record.get(key)):
            found = record.get("reference")
            if isinstance(found, str) and found:
                return found
    return None
