import pytest

from eval_suite.importing import records
from sing.errors import SingError


def record(note: str, **changes) -> records.Record:
    values = {
        "note": note, "file": "a, b.wav", "sha256": "0" * 64, "audio_sha256": "1" * 64,
        "encoding": "WAV FLOAT", "sample_rate": 44_100, "channels": 2, "samples": 176_400,
        "padded_samples": 0, "cut_samples": 12, "gain_db": -3.25, "zero_tail_seconds": 0.5,
        "killed_at_seconds": None, "repaired": False,
    }  # fmt: skip
    return records.Record(**{**values, **changes})


def test_records_are_read_back_as_they_were_written(tmp_path):
    written = [record("b-060-100", repaired=True, killed_at_seconds=1.5), record("a-060-100")]
    records.write_records(tmp_path, written)
    read = records.read_records(tmp_path)
    assert list(read) == ["a-060-100", "b-060-100"]
    assert set(read.values()) == set(written)


def test_the_journal_keeps_what_a_kill_left_whole(tmp_path):
    records.add_to_journal(tmp_path, record("a-060-100"))
    records.add_to_journal(tmp_path, record("b-060-100"))
    path = tmp_path / records.JOURNAL
    path.write_text(path.read_text()[:-20])
    records.add_to_journal(tmp_path, record("c-060-100", gain_db=None))
    found = records.recorded(tmp_path)
    assert found == {name: record(name, **more) for name, more in
                     (("a-060-100", {}), ("c-060-100", {"gain_db": None}))}  # fmt: skip


def test_a_cell_of_the_wrong_kind_is_told_with_its_line(tmp_path):
    records.write_records(tmp_path, [record("a-060-100")])
    path = tmp_path / records.RECORDS
    path.write_text(path.read_text().replace("44100", "fast"))
    with pytest.raises(SingError, match=r"imported\.csv: line 2: .*'fast'"):
        records.read_records(tmp_path)
