"""Tables are read and written only as their contracts say."""

import math
from pathlib import Path

import pandas as pd
import pytest

from eval_suite.tables import METRICS, NOTES, SPEED, Contract, read_table, write_rows, write_table
from sing.errors import SingError

NOTE = "bass_synthetic_068-049-025"
OTHER = "bass_synthetic_068-049-050"

GOOD = f"""\
system,note,split,wav_mse,itakura_saito@0.0001,reason
sing,{NOTE},test,0.0002,1.5,
sing,{OTHER},test,,2.5,cannot be read
truth,{NOTE},,0,0,
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "metrics.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_metrics_table_is_read_with_numbers_as_floats_and_text_as_text(tmp_path: Path):
    table = read_table(write(tmp_path, GOOD), METRICS)
    assert table["wav_mse"].tolist()[:1] + table["wav_mse"].tolist()[2:] == [0.0002, 0.0]
    assert math.isnan(table["wav_mse"][1])
    assert table["itakura_saito@0.0001"].tolist() == [1.5, 2.5, 0.0]
    assert table["reason"].tolist() == ["", "cannot be read", ""]
    assert table["split"].tolist() == ["test", "test", ""]


def test_blank_lines_are_no_rows_and_the_others_keep_their_places(tmp_path: Path):
    header, first, *others = GOOD.splitlines()
    path = write(tmp_path, "\n".join([header, first, "", *others]) + "\n\n")
    assert len(read_table(path, METRICS)) == 3
    broken = write(tmp_path, path.read_text().replace(",,2.5", ",,x"))
    with pytest.raises(SingError, match="line 4: 'x'"):
        read_table(broken, METRICS)


def test_a_table_is_written_sorted_with_nine_digits_and_read_back_and_written_the_same(
    tmp_path: Path,
):
    table = pd.DataFrame(
        {
            "system": ["b", "a"],
            "note": [NOTE, OTHER],
            "split": ["test", "test"],
            "wav_mse": [1 / 3, float("nan")],
            "reason": ["", "silent"],
        }
    )
    path = tmp_path / "metrics.csv"
    write_table(path, METRICS, table)
    expected = (
        f"system,note,split,wav_mse,reason\na,{OTHER},test,,silent\nb,{NOTE},test,0.333333333,\n"
    )
    assert path.read_bytes() == expected.encode()
    write_table(path, METRICS, read_table(path, METRICS))
    assert path.read_bytes() == expected.encode()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("system,note", "systen,note", "line 1: no column 'system'; did you mean 'systen'?"),
        ("wav_mse,", "note,", "line 1: two columns are called 'note'; rename one"),
        (f"sing,{NOTE}", "sing,piano", "line 2: 'piano': not a note name; expected one such as"),
        (f"sing,{NOTE}", f",{NOTE}", "line 2: no system; fill the cell"),
        (f"{NOTE},test", f"{NOTE},tset", "'tset': split must be one of train, valid, test"),
        ("0.0002", "tiny", "line 2: 'tiny': wav_mse is not a finite number; mend the cell"),
        ("0.0002", "nan", "line 2: 'nan': wav_mse is not a finite number; mend the cell"),
        ("0.0002", "inf", "line 2: 'inf': wav_mse is not a finite number; mend the cell"),
        ("0.0002", "-1", "line 2: '-1': wav_mse must be from 0 to inf; mend the cell"),
        ("0.0002,1.5,", "0.0002,1.5", "line 2: 5 cells, expected 6; mend the line"),
        (OTHER, NOTE, f"line 3: sing {NOTE} stands there twice; remove one of them"),
        ("cannot be read", "", "line 3: a value is missing without a reason; give the reason"),
    ],
)
def test_a_broken_table_is_refused_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
):
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SingError) as caught:
        read_table(path, METRICS)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_line_is_counted_where_it_stands_even_after_a_cell_of_two_lines(tmp_path: Path):
    text = GOOD.replace("cannot be read", '"cannot\nbe read"').replace(",0,0,", ",x,0,")
    with pytest.raises(SingError, match=r"metrics.csv: line 5: 'x': wav_mse"):
        read_table(write(tmp_path, text), METRICS)


def test_a_missing_file_and_a_file_that_is_no_text_are_refused(tmp_path: Path):
    with pytest.raises(SingError, match="there is no such file"):
        read_table(tmp_path / "metrics.csv", METRICS)
    (tmp_path / "metrics.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SingError, match="not a UTF-8 CSV file"):
        read_table(tmp_path / "metrics.csv", METRICS)


def test_writing_a_broken_table_is_refused_and_leaves_the_old_file(tmp_path: Path):
    path = write(tmp_path, GOOD)
    table = read_table(path, METRICS)
    table.loc[0, "wav_mse"] = -1.0
    with pytest.raises(SingError, match=r"row 0: '-1.0': wav_mse must be from 0"):
        write_table(path, METRICS, table)
    assert path.read_text(encoding="utf-8") == GOOD


@pytest.mark.parametrize("notes", [(OTHER, NOTE), (NOTE, NOTE)])
def test_streamed_rows_must_be_sorted_and_unique(tmp_path: Path, notes: tuple[str, str]):
    columns = ["system", "note", "split", "reason"]
    rows = [{"system": "a", "note": note, "split": "test", "reason": None} for note in notes]
    with pytest.raises(ValueError, match="comes after"):
        write_rows(tmp_path / "metrics.csv", METRICS, columns, rows)
    assert not list(tmp_path.iterdir())


def test_a_list_of_notes_may_have_further_columns(tmp_path: Path):
    path = tmp_path / "notes.csv"
    path.write_text(f"note,comment\n{NOTE},high\n", encoding="utf-8")
    assert read_table(path, NOTES)["comment"].tolist() == ["high"]


def test_a_speed_table_may_lack_what_is_not_known(tmp_path: Path):
    path = tmp_path / "speed.csv"
    header = "system,device,seconds_per_second,megabytes,compression_factor,training_hours"
    path.write_text(f"{header}\nsing,cpu,22.3,243.18,,\n", encoding="utf-8")
    table = read_table(path, SPEED)
    assert table["megabytes"].tolist() == [243.18]
    assert table["training_hours"].isna().all()


@pytest.mark.parametrize("contract", [METRICS, NOTES, SPEED])
def test_every_key_is_a_required_column_with_a_meaning(contract: Contract):
    for name in contract.key:
        column = contract.column(name)
        assert column.is_required
        assert not column.may_be_empty
    assert all(column.meaning for column in contract.columns)
