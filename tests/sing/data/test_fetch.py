import base64
import hashlib
import io
import json
import tarfile
from collections import namedtuple
from pathlib import Path

import pytest

from sing.data import fetch as fetching
from sing.data.check import check
from sing.data.fetch import fetch
from sing.data.nsynth import open_dataset
from sing.errors import SingError

PART = "nsynth-test"


def tar_with(member: tarfile.TarInfo, content: bytes = b"evil") -> bytes:
    buffer = io.BytesIO()
    member.size = len(content) if member.isreg() else 0
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def gets(archive) -> list[str | None]:
    return [wanted for method, wanted in archive.asked if method == "GET"]


def test_a_part_is_downloaded_unpacked_and_recorded(archive, tmp_path, capsys):
    out = tmp_path / "out"
    folder = fetch(PART, out, url=archive.url)
    assert folder == out / PART
    assert len(open_dataset(folder).notes) == 12
    assert check(folder) == []
    assert contents(out) == [PART, f"{PART}.fetched.json"]
    assert json.loads((out / f"{PART}.fetched.json").read_text()) == {
        "url": archive.url,
        "bytes": len(archive.body),
        "sha256": hashlib.sha256(archive.body).hexdigest(),
        "notes": 12,
    }
    said = capsys.readouterr().err
    assert f"{PART}: 4,096 notes, 0.00 GB to download, 0.5 GB unpacked" in said
    assert "nsynth-test holds 12 notes, the release 4,096" in said
    assert archive.asked[0][0] == "HEAD"


def test_a_cut_download_is_resumed_within_one_call(archive, tmp_path):
    archive.cuts = [1000, 2000]
    folder = fetch(PART, tmp_path / "out", url=archive.url)
    assert gets(archive) == [None, "bytes=1000-", "bytes=3000-"]
    assert check(folder) == []


def test_a_download_given_up_is_resumed_by_the_next_call(archive, tmp_path):
    archive.cuts = [5000, 0, 0, 0, 0]
    with pytest.raises(SingError) as raised:
        fetch(PART, tmp_path / "out", url=archive.url)
    assert str(raised.value) == (
        f"{archive.url}: the download stopped after 5,000 of {len(archive.body):,} bytes "
        "(the connection was closed too early); run the command again to go on"
    )
    archive.asked.clear()
    folder = fetch(PART, tmp_path / "out", url=archive.url)
    assert gets(archive) == ["bytes=5000-"]
    assert check(folder) == []
    record = json.loads((tmp_path / "out" / f"{PART}.fetched.json").read_text())
    assert record["sha256"] == hashlib.sha256(archive.body).hexdigest()


def test_a_server_without_ranges_is_read_from_the_start(archive, tmp_path, capsys):
    archive.cuts = [1000]
    archive.honours_range = False
    assert check(fetch(PART, tmp_path / "out", url=archive.url)) == []
    assert "cannot be resumed at this server; starting anew" in capsys.readouterr().err


def test_a_renewed_archive_is_not_glued_to_the_old_one(archive, tmp_path):
    archive.cuts = [5000, 0, 0, 0, 0]
    with pytest.raises(SingError):
        fetch(PART, tmp_path / "out", url=archive.url)
    archive.asked.clear()
    archive.etag = '"v2"'
    assert check(fetch(PART, tmp_path / "out", url=archive.url)) == []
    assert gets(archive) == [None]


def test_an_archive_renewed_while_it_comes_is_read_anew(archive, tmp_path):
    archive.cuts = [1000]
    renewed = bytearray(archive.body)
    renewed[4:8] = b"\x01\x02\x03\x04"  # the time in gzip's header
    archive.renewed = bytes(renewed)
    fetch(PART, tmp_path / "out", url=archive.url)
    record = json.loads((tmp_path / "out" / f"{PART}.fetched.json").read_text())
    assert record["sha256"] == hashlib.sha256(renewed).hexdigest()


def test_an_interrupted_unpacking_does_not_download_again(archive, tmp_path, monkeypatch):
    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_unpack", stop)
        with pytest.raises(KeyboardInterrupt):
            fetch(PART, tmp_path / "out", url=archive.url)
    assert not (tmp_path / "out" / PART).exists()
    archive.asked.clear()
    assert check(fetch(PART, tmp_path / "out", url=archive.url)) == []
    assert gets(archive) == []


def test_a_body_shorter_than_announced_is_an_error(archive, tmp_path):
    archive.announced = len(archive.body) + 10
    with pytest.raises(SingError, match="the download stopped after"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert not (tmp_path / "out" / PART).exists()


def test_a_server_that_tells_no_size_is_refused(archive, tmp_path):
    archive.tells_size = False
    with pytest.raises(SingError, match="the server does not say how large it is"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert gets(archive) == []


def test_the_md5_that_the_server_states_is_checked(archive, tmp_path):
    right = base64.b64encode(hashlib.md5(archive.body).digest()).decode()
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    archive.headers["x-goog-hash"] = f"crc32c=AAAAAA==,md5={wrong}"
    with pytest.raises(SingError, match="another hash than the one it states; run again"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert contents(tmp_path / "out") == []
    archive.headers["x-goog-hash"] = f"crc32c=AAAAAA==,md5={right}"
    assert check(fetch(PART, tmp_path / "out", url=archive.url)) == []


def test_a_later_download_is_held_against_the_recorded_hash(archive, tmp_path):
    out = tmp_path / "out"
    fetch(PART, out, url=archive.url)
    archive.body = archive.body[:-1] + b"\x01"
    with pytest.raises(SingError, match=rf"than the one in {out}/nsynth-test.fetched.json; run"):
        fetch(PART, out, url=archive.url, force=True)
    assert len(open_dataset(out / PART).notes) == 12


def test_a_dataset_that_is_there_stays_without_force(archive, tmp_path):
    out = tmp_path / "out"
    (out / PART).mkdir(parents=True)
    (out / PART / "precious").touch()
    with pytest.raises(SingError, match="is there already; pass --force"):
        fetch(PART, out, url=archive.url)
    with pytest.raises(SingError, match="a folder of other things"):
        fetch(PART, out, url=archive.url, force=True)
    assert archive.asked == []
    # A dataset that was put there by hand is not ours to replace either.
    (out / PART / "examples.json").touch()
    with pytest.raises(SingError, match="a folder of other things"):
        fetch(PART, out, url=archive.url, force=True)
    (out / PART).rename(tmp_path / "elsewhere")
    fetch(PART, out, url=archive.url)
    (out / PART / "spoilt").touch()
    fetch(PART, out, url=archive.url, force=True)
    assert contents(out / PART) == ["audio", "examples.json"]


def link(kind: bytes, name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../outside"),
        tarfile.TarInfo(f"{PART}/audio/../../../../outside"),
        link(tarfile.SYMTYPE, f"{PART}/outside", "/etc/passwd"),
        link(tarfile.SYMTYPE, f"{PART}/outside", "examples.json"),
        link(tarfile.LNKTYPE, f"{PART}/outside", "../../outside"),
        link(tarfile.FIFOTYPE, f"{PART}/outside", ""),
        link(tarfile.CHRTYPE, f"{PART}/outside", ""),
    ],
    ids=lambda member: f"{member.name}-{member.type.decode()}",
)
def test_a_hostile_archive_is_refused_and_leaves_nothing(archive, tmp_path, member):
    archive.body = tar_with(member)
    with pytest.raises(SingError, match="refused"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert contents(tmp_path / "out") == []
    assert list(tmp_path.rglob("outside")) == []


def test_an_absolute_name_is_unpacked_inside_the_folder(archive, tmp_path):
    outside = tmp_path / "outside"
    archive.body = tar_with(tarfile.TarInfo(str(outside)))
    with pytest.raises(SingError, match=r"holds no examples.json|refused"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert not outside.exists()


@pytest.mark.parametrize("spoil", [lambda b: b[:-5000], lambda b: b"no archive" * 100])
def test_a_damaged_archive_is_said_and_removed(archive, tmp_path, spoil):
    archive.body = spoil(archive.body)
    with pytest.raises(SingError, match="a damaged archive"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert contents(tmp_path / "out") == []


def test_an_archive_of_something_else_is_refused(archive, tmp_path):
    archive.body = tar_with(tarfile.TarInfo("README"))
    with pytest.raises(SingError, match=r"the archive holds no examples.json; check its address"):
        fetch(PART, tmp_path / "out", url=archive.url)


def test_an_absent_file_is_said_in_one_line(archive, tmp_path):
    archive.status = 404
    with pytest.raises(SingError) as raised:
        fetch(PART, tmp_path / "out", url=archive.url)
    assert str(raised.value) == (
        f"{archive.url}: the server answers 404 Not Found; check the address"
    )
    assert contents(tmp_path / "out") == []


def test_a_failing_server_is_said_in_one_line(archive, tmp_path):
    archive.status = 503
    with pytest.raises(SingError, match="the server answers 503 Service Unavailable"):
        fetch(PART, tmp_path / "out", url=archive.url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:9/x.tar.gz", r"cannot be reached \(Connection refused\)"),
        ("file:///etc/passwd", "not an http or https address"),
        ("nonsense", "not an http or https address"),
    ],
)
def test_an_unusable_address_is_said_in_one_line(tmp_path, url, message):
    with pytest.raises(SingError, match=message):
        fetch(PART, tmp_path / "out", url=url)


def test_too_little_disk_space_is_said_before_the_download(archive, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(0, 0, 2**28)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SingError, match=r"nsynth-test needs 0\.7 GB and 0\.2 GB are free"):
        fetch(PART, tmp_path / "out", url=archive.url)
    assert gets(archive) == []


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(SingError, match=r"no such part of NSynth; did you mean 'nsynth-train'\?"):
        fetch("nsynth-trian", tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(SingError, match="a file, not a folder of datasets"):
        fetch(PART, tmp_path / "out", url="http://127.0.0.1:9/")
