"""Fetching NSynth's json/wav release: sized up first, resumed when cut, unpacked safely.

The official page gives the address http://download.magenta.tensorflow.org/..., which is a Google
storage bucket of that name. The same bucket is read here over TLS. The release publishes no
hashes: a download is held against the size and the MD5 that the server states, and its SHA-256 is
recorded in <part>.fetched.json, against which a later download of the same address is held.
"""

from __future__ import annotations

import gzip
import logging
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pooch

from sing import audio, files, log
from sing.data.download import Remote, ResumingDownloader, look_up
from sing.data.nsynth import EXAMPLES
from sing.errors import SingError, suggestion
from sing.locks import alone

ADDRESS = "https://storage.googleapis.com/download.magenta.tensorflow.org/datasets/nsynth"

PARTS = {"nsynth-train": 289_205, "nsynth-valid": 12_678, "nsynth-test": 4_096}
"""The parts of the release and how many notes each has."""

_RECORD_BYTES = 500
_RESERVE_BYTES = 256 * 2**20


def fetch(part: str, folder: Path, *, url: str | None = None, force: bool = False) -> Path:
    """Download and unpack a part of NSynth, and return its dataset, `folder`/`part`.

    `url` is another address of the same archive (a mirror). A download that was cut goes on where
    it stopped. Raises SingError for an unknown part, a dataset that is there already (without
    `force`), too little disk space, a server that fails, and an archive that is not what it
    should be.
    """
    if part not in PARTS:
        raise SingError(f"'{part}': no such part of NSynth; {suggestion(part, PARTS)}")
    target = folder / part
    if target.exists() and not force:
        raise SingError(f"{target}: is there already; pass --force to fetch it again")
    files.check_folder(target, force, *_marks(target))
    if folder.exists() and not folder.is_dir():
        raise SingError(f"{folder}: a file, not a folder of datasets; choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    fault = f"{target}: another command is fetching it; wait for it to end"
    with alone(folder / f".{part}.lock", fault):
        _fetch(part, folder, url or f"{ADDRESS}/{part}.jsonwav.tar.gz")
    return target


def _fetch(part: str, folder: Path, url: str) -> None:
    archive = folder / f"{part}.jsonwav.tar.gz"
    remote = look_up(url)
    _announce(part, folder, remote, archive)
    record = _download(part, archive, remote)
    staging = folder / f".{part}.unpacking"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        count = _unpack(archive, staging)
        root = _root(staging, folder / part)
        files.write_json(_record_path(folder, part), {**record, "notes": count})
        _install(root, folder / part)
    except SingError:
        archive.unlink()
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if count != PARTS[part]:
        log.warning("%s holds %s notes, the release %s", part, f"{count:,}", f"{PARTS[part]:,}")
    archive.unlink()


def _announce(part: str, folder: Path, remote: Remote, archive: Path) -> None:
    unpacked = PARTS[part] * (audio.NOTE_FILE_BYTES + _RECORD_BYTES)
    log.info(
        "%s: %s notes, %.2f GB to download, %.1f GB unpacked",
        *(part, f"{PARTS[part]:,}", remote.size / 2**30, unpacked / 2**30),
    )
    there = sum(path.stat().st_size for path in _partial_files(archive) if path.is_file())
    needed = max(0, remote.size - there) + unpacked + _RESERVE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SingError(
            f"{folder}: {part} needs {needed / 2**30:.1f} GB and {free / 2**30:.1f} GB are free; "
            "make room or choose another --out"
        )


def _partial_files(archive: Path) -> tuple[Path, Path]:
    return archive, ResumingDownloader.partial_path(archive)


def _record_path(folder: Path, part: str) -> Path:
    return folder / f"{part}.fetched.json"


def _marks(target: Path) -> tuple[str, ...]:
    """By what --force knows a dataset that was fetched; nothing where no fetch is recorded."""
    return (EXAMPLES,) if _record_path(target.parent, target.name).is_file() else ()


def _download(part: str, archive: Path, remote: Remote) -> dict[str, str | int]:
    """Bring the archive here, check it, and return what is to be recorded of it."""
    record = _record_path(archive.parent, part)
    before = files.read_json(record) if record.is_file() else {}
    known = None
    if before.get("url") == remote.url:
        known = f"sha256:{before['sha256']}"
    elif remote.md5:
        known = f"md5:{remote.md5}"
    # Its lines would come on top of ours, unformatted.
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        pooch.retrieve(
            remote.url,
            known_hash=known,
            fname=archive.name,
            path=archive.parent,
            downloader=ResumingDownloader(remote, archive, label=f"{part} [MB]"),
        )
    except ValueError:
        # pooch's way to say that the hashes differ; it has removed the file.
        against = f"the one in {record}" if "sha256" in (known or "") else "the one it states"
        raise SingError(
            f"{remote.url}: the archive came with another hash than {against}; run again, "
            "or delete the recorded hash if the archive was renewed"
        ) from None
    return {"url": remote.url, "bytes": archive.stat().st_size, "sha256": files.sha256(archive)}


def _unpack(archive: Path, staging: Path) -> int:
    """Unpack into `staging`, files and folders only, and return the count of audio files."""
    count = 0
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for member in log.progress(_safe_members(tar, archive, staging), "unpacking"):
                tar.extract(member, staging, set_attrs=False, filter="data")
                count += Path(member.name).suffix in audio.AUDIO_SUFFIXES
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SingError(f"{archive}: a damaged archive ({error}); fetch it again") from None
    return count


def _safe_members(tar: tarfile.TarFile, archive: Path, staging: Path) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        try:
            tarfile.data_filter(member, str(staging))
        except tarfile.FilterError as error:
            raise SingError(f"{archive}: refused, it holds an unsafe name ({error})") from None
        if not (member.isreg() or member.isdir()):
            raise SingError(f"{archive}: refused, '{member.name}' is neither a file nor a folder")
        yield member


def _root(staging: Path, target: Path) -> Path:
    """The folder of the unpacked dataset: in the release it is one inside the archive."""
    root = staging / target.name if (staging / target.name).is_dir() else staging
    if not (root / EXAMPLES).is_file():
        raise SingError(f"{target}: the archive holds no {EXAMPLES}; check its address")
    return root


def _install(root: Path, target: Path) -> None:
    files.claim_folder(target, True, *_marks(target))
    if target.exists():
        target.rmdir()
    root.rename(target)
