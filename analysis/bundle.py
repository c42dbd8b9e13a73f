"""A study as one archive that can be analysed again: data, rules, settings, hashes, results.

bundle.json   the settings, the SHA-256 of every file, and the versions it was analysed with
inputs/       measured and collected tables, raters renamed, with the screening rules
results/      what follows from them: screening, mos, abx, and the paper's tables
README.txt    how to analyse it again
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from analysis import tables_run
from analysis.bundle_people import PEOPLE, write_people
from analysis.results import Results, open_results
from analysis.screening.rules import rules_path
from analysis.study_run import COMPUTED, NO_RULES, Settings, analyse, input_files, named_as
from sing import files
from sing.errors import CheckFailed, SingError
from sing.provenance import versions

MANIFEST = "bundle.json"
"""The archive's list of contents; also the mark of an unpacked bundle."""

FORMAT = 1

_INPUTS, _RESULTS, _RULES = "inputs", "results", "rules.toml"
_PRIVATE = ("answers.csv",)
"""Free text of raters, which may name them: it stays at home."""

_RECORDED = ("study", "test", "reference", "fingerprint", "is_synthetic", "rules")

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = 4 << 30
"""Of an unpacked bundle: more is a damaged or a hostile archive."""

_README = """A listening study of note synthesizers, as one archive.

Analyse it again:

    sing-eval reproduce BUNDLE.zip

It checks the hashes in bundle.json, computes everything in results/ from inputs/, and says
whether the bytes are the same. Raters have new names here, and their free text is left out.
"""


@dataclass(frozen=True)
class Reproduced:
    """What a bundle gave when it was analysed again: files that are the same, and that are not."""

    folder: Path
    same: tuple[str, ...]
    different: tuple[str, ...]


def write_bundle(folder: Path, out: Path, settings: Settings, force: bool = False) -> Path:
    """Analyse a folder of results and write data, rules and results as one zip file; its path.

    Raises SingError for faulty data, and for an `out` that may not be written.
    """
    if out.suffix != ".zip":
        raise SingError(f"{out}: not the name of an archive; end it with .zip")
    files.check_file(out, force)
    open_results(folder, reading=settings.reading)
    settings = settings.settled(folder)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        settings = _collect(folder, work / _INPUTS, settings)
        with named_as(folder, work / _INPUTS):
            _compute(work / _INPUTS, work / _RESULTS, settings)
        synthetic = Results(work / _INPUTS).is_synthetic
        files.write_json(work / MANIFEST, _manifest(work, settings, synthetic))
        files.write_text(work / "README.txt", _README)
        files.check_file(out, force)
        _pack(work, out)
    return out


def _collect(folder: Path, inputs: Path, settings: Settings) -> Settings:
    """Copy the inputs, raters renamed, with the rules' own file.

    Answers are written under the house's names; the settings that read them so.
    """
    inputs.mkdir()
    columns = write_people(folder, inputs, settings.reading)
    for path in input_files(folder):
        if path.name not in PEOPLE and path.name not in _PRIVATE:
            target = inputs / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    _keep_record(folder, inputs)
    if settings.rules != NO_RULES:
        files.write_text(inputs / _RULES, _rules_text(settings.rules))
    return replace(settings, columns=columns)


def _keep_record(folder: Path, inputs: Path) -> None:
    """What the app's export says of the study; not the command, whose paths may name people."""
    path = folder / "provenance.json"
    record = files.read_json(path) if path.is_file() else {}
    if isinstance(record, dict) and "fingerprint" in record:
        kept = {key: record[key] for key in _RECORDED if key in record}
        files.write_json(inputs / path.name, kept)


def _rules_text(name: str) -> str:
    try:
        return rules_path(name).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SingError(f"--rules {name}: cannot be read; check the name") from None


def _compute(inputs: Path, results: Path, settings: Settings) -> None:
    """Everything that follows from the inputs; no record of where or when."""
    results.mkdir()
    rules = inputs / _RULES
    used = replace(settings, rules=str(rules) if rules.is_file() else NO_RULES)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        with named_as(inputs, work):
            analyse(inputs, work, used)
        made = tables_run.make_tables(Results(work), settings.rows, settings.seed)
        tables_run.write_made(made, results / "tables")
        for name in COMPUTED:
            if (work / name).is_file():
                shutil.copyfile(work / name, results / name)


def _manifest(work: Path, settings: Settings, is_synthetic: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "settings": {**settings.facts(), "rules": Path(settings.rules).name},
        "is_synthetic": is_synthetic,
        "versions": versions(),
        "inputs": _hashes(work / _INPUTS),
        "results": _hashes(work / _RESULTS),
    }


def _hashes(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): files.sha256(path) for path in paths}


def _pack(work: Path, out: Path) -> None:
    """All files as one archive, in the order of names and without times."""
    paths = sorted(path for path in work.rglob("*") if path.is_file())
    with files.atomic_path(out) as part, zipfile.ZipFile(part, "w") as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(work).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


def reproduce(bundle: Path, out: Path, force: bool = False) -> Reproduced:
    """Unpack a bundle into the folder `out`, analyse it again, and compare the bytes.

    `out` then holds the inputs and the results of now. Raises SingError for what is no bundle or
    a damaged one, and CheckFailed, when all is written, for results that differ.
    """
    files.check_folder(out, force, MANIFEST)
    with files.whole_folder(out, force, MANIFEST) as part:
        manifest = _unpack(bundle, part)
        settings = _settings(bundle, manifest)
        _compute(part / _INPUTS, part / _RESULTS, settings)
        now, then = _hashes(part / _RESULTS), manifest["results"]
        names = sorted({*now, *then})
        same = tuple(name for name in names if now.get(name) == then.get(name))
        different = tuple(name for name in names if now.get(name) != then.get(name))
    if different:
        raise CheckFailed(
            f"{bundle}: {len(different):,} of {len(names):,} results differ: "
            f"{', '.join(different)}; compare bundle.json's versions with yours"
        )
    return Reproduced(out, same, different)


def _settings(bundle: Path, manifest: Mapping[str, Any]) -> Settings:
    values = dict(manifest["settings"])
    try:
        if not all(isinstance(values.get(name, {}), dict) for name in ("rows", "columns")):
            raise TypeError
        scale = values.pop("scale", None)
        return Settings(**values, scale=None if scale is None else (scale[0], scale[1]))
    except (TypeError, LookupError):
        raise SingError(f"{bundle}: unknown settings; use the version that wrote it") from None


def _unpack(bundle: Path, folder: Path) -> dict[str, Any]:
    """The manifest, once every input is unpacked, and inputs and results are what it says.

    Packed results are looked at only: those of now are written.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            manifest = _read_manifest(bundle, archive)
            _check_entries(bundle, archive.infolist())
            for name, expected in manifest["inputs"].items():
                target = folder / _INPUTS / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(f"{_INPUTS}/{name}"))
                if files.sha256(target) != expected:
                    raise _not_as_packed(bundle, name)
            _check_results(bundle, archive, manifest["results"])
    except FileNotFoundError:
        raise SingError(f"{bundle}: there is no such file; check the path") from None
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError) as error:
        raise SingError(f"{bundle}: not a whole bundle ({error}); get it anew") from None
    files.write_json(folder / MANIFEST, manifest)
    return manifest


def _check_results(bundle: Path, archive: zipfile.ZipFile, expected: Mapping[str, str]) -> None:
    """Raise SingError for a result that somebody reads in the archive, but that was not packed."""
    for name, digest in expected.items():
        if hashlib.sha256(archive.read(f"{_RESULTS}/{name}")).hexdigest() != digest:
            raise _not_as_packed(bundle, name)


def _not_as_packed(bundle: Path, name: str) -> SingError:
    return SingError(f"{bundle}: {name} is not the file that was packed; get it anew")


def _read_manifest(bundle: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(MANIFEST))
    except ValueError:
        raise SingError(f"{bundle}: {MANIFEST} is not JSON; get the bundle anew") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise SingError(f"{bundle}: not a bundle of format {FORMAT}; use the version that wrote it")
    parts = [manifest.get(key) for key in ("settings", "inputs", "results")]
    if not all(isinstance(part, dict) for part in parts):
        raise SingError(f"{bundle}: {MANIFEST} is damaged; get the bundle anew")
    names = [*manifest["inputs"], *manifest["results"]]
    if not all(map(_is_inside, names)):
        raise SingError(f"{bundle}: a name in it leads out of the folder; do not trust it")
    return manifest


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
    )


def _check_entries(bundle: Path, entries: Iterable[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise SingError(f"{bundle}: unpacks to more than {_MOST_BYTES >> 30} GB; do not trust it")
