import os
import resource
import subprocess
import sys

import pytest

from sing import files
from sing.errors import SingError


def test_an_error_while_writing_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def interrupted() -> None:
        with files.atomic_path(path) as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_full_disk_is_one_line_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    program = "import sys; from pathlib import Path; from sing import files; "
    program += "files.write_text(Path(sys.argv[1]), 'x' * 100_000)"
    process = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"SingError: {path}: the disk is full" in process.stderr
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SingError, match="cannot be used"):
        files.write_text(tmp_path / "file" / "a.txt", "x")


def test_another_file_that_is_missing_is_not_blamed_on_the_one_that_is_written(tmp_path):
    source = tmp_path / "source"

    def copied() -> None:
        with files.atomic_path(tmp_path / "copy") as part:
            part.write_bytes(source.read_bytes())

    def gathered() -> None:
        with files.whole_folder(tmp_path / "folder", False) as made:
            (made / "one").write_bytes(source.read_bytes())

    for copy in (copied, gathered):
        with pytest.raises(FileNotFoundError) as raised:
            copy()
        assert raised.value.filename == str(source)
    assert not os.listdir(tmp_path)


def test_csv_files_come_back_and_numbers_have_nine_digits(tmp_path):
    rows = [{"note": 'é, "x"', "value": 1 / 3}, {"note": "b", "value": None}]
    files.write_csv(tmp_path / "t.csv", ("note", "value"), rows)
    assert (tmp_path / "t.csv").read_bytes() == 'note,value\n"é, ""x""",0.333333333\nb,\n'.encode()
    read = files.read_csv(tmp_path / "t.csv", ("note",))
    assert read == [{"note": 'é, "x"', "value": "0.333333333"}, {"note": "b", "value": ""}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nota,split\na,train\n", "line 1: no column 'note'; did you mean 'nota'"),
        ("note,split\na,train\nb\n", "line 3: not 2 cells"),
        ("note,split\na,train,x\n", "line 2: not 2 cells"),
    ],
)
def test_broken_csv_files_are_named_with_their_line(tmp_path, text, fault):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(SingError, match=fault):
        files.read_csv(tmp_path / "t.csv", ("note", "split"))


def test_binary_and_missing_files_are_named(tmp_path):
    (tmp_path / "t").write_bytes(b"\xff\xfe\x00\x01")
    for read in (lambda p: files.read_csv(p, ("a",)), files.read_json):
        with pytest.raises(SingError, match=r"not (a UTF-8 CSV file|JSON)"):
            read(tmp_path / "t")
        with pytest.raises(SingError, match="there is no such file"):
            read(tmp_path / "none")
        with pytest.raises(SingError, match="a folder, not a file; give a file"):
            read(tmp_path)


def test_output_that_exists_needs_force(tmp_path):
    folder = tmp_path / "out"
    files.claim_folder(folder, force=False)
    folder.mkdir()
    files.claim_folder(folder, force=False)
    (folder / "x").write_text("")
    with pytest.raises(SingError, match="not empty; pass --force"):
        files.claim_folder(folder, force=False)
    with pytest.raises(SingError, match="a folder of other things"):
        files.claim_folder(folder, True, "system.json")
    assert (folder / "x").exists()
    (folder / "system.json").write_text("{}")
    files.check_folder(folder, True, "system.json")
    assert (folder / "x").exists()
    files.claim_folder(folder, True, "system.json")
    assert not folder.exists()


def test_a_file_is_never_replaced_by_a_folder_nor_a_folder_by_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SingError, match="file: a file, where a folder is to be made"):
        files.claim_folder(tmp_path / "file", True, "file")
    with pytest.raises(SingError, match="folder: a folder, where a file is to be written"):
        files.check_file(tmp_path / "folder", force=True)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_is_replaced_only_when_forced(tmp_path):
    path = tmp_path / "table.csv"
    files.check_file(path, force=False)
    path.touch()
    with pytest.raises(SingError, match=r"the file exists; pass --force"):
        files.check_file(path, force=False)
    files.check_file(path, force=True)
    assert path.exists()  # until it is replaced


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "system.json").touch()
    (tmp_path / "link").symlink_to(own)
    files.claim_folder(tmp_path / "link", True, "system.json")
    assert own.is_dir()
    assert not any(own.iterdir())
    assert (tmp_path / "link").is_symlink()


def test_a_file_that_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path):
    real = tmp_path / "elsewhere" / "real.csv"
    real.parent.mkdir()
    real.write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    files.write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert [path.name for path in real.parent.iterdir()] == ["real.csv"]


def test_a_byte_order_mark_at_the_beginning_is_no_part_of_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbf" + b"rate = 3\n")
    assert files.read_toml(path) == {"rate": 3}
    path.write_bytes(b"\xef\xbb\xbf" + b'{"rate": 3}\n')
    assert files.read_json(path) == {"rate": 3}
