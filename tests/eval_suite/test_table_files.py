"""Which tables a command may write, and the record beside them."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from eval_suite.contracts import NOTES
from eval_suite.table_files import check_outputs, hashes, write_tables
from sing.errors import SingError


def test_an_output_never_replaces_an_input_a_folder_or_without_force_a_file(tmp_path: Path):
    read, other = tmp_path / "metrics.csv", tmp_path / "other.csv"
    with pytest.raises(SingError, match="a table that is read; choose another --out"):
        check_outputs([other, tmp_path / "." / "metrics.csv"], [read], force=True)
    with pytest.raises(SingError, match="a folder; --out names the table's file"):
        check_outputs([tmp_path], [read], force=True)
    check_outputs([other], [read], force=False)
    other.write_text("")
    with pytest.raises(SingError, match="the file exists; pass --force"):
        check_outputs([other], [read], force=False)
    check_outputs([other], [read], force=True)


def test_the_record_beside_the_first_table_names_what_was_read(tmp_path: Path):
    read, out = tmp_path / "read.csv", tmp_path / "made.csv"
    read.write_bytes(b"note\n")
    frame = pd.DataFrame({"note": ["bass_synthetic_000-060-050"]})
    write_tables([(out, NOTES, frame), (tmp_path / "more.csv", NOTES, frame)], hashes({"it": read}))
    record = json.loads((tmp_path / "made.provenance.json").read_text())
    assert record["it"] == {"file": str(read), "sha256": hashlib.sha256(b"note\n").hexdigest()}
    assert (tmp_path / "more.csv").read_bytes() == out.read_bytes()
    assert not (tmp_path / "more.provenance.json").exists()
