import pytest

from analysis import tables_run
from analysis.breakdown_tables import breakdown_tables
from analysis.paper_table import PAPER_TABLE
from analysis.study_run import Settings
from analysis.table_files import FORMATS
from eval_suite.contracts import BREAKDOWN
from eval_suite.tables import read_table, write_table
from sing.errors import SingError


def test_breakdowns_lie_beside_the_papers_tables_in_every_format(
    make_study, breakdown_frame, tmp_path
):
    folder = make_study(leave=("ratings.csv", "choices.csv", "speed.csv"))
    frame = breakdown_frame(["sing", "wavenet"])
    write_table(folder / "breakdown.csv", BREAKDOWN, frame)
    made = tables_run.run(folder, tmp_path / "tables", Settings())
    (table,) = made.breakdowns
    assert [row.name for row in table.rows] == ["25", "100"]  # velocities in their order
    assert table.shown() == [("0.020", "0.020"), ("0.100 ± 0.010",) * 2]
    written = {path.name for path in (tmp_path / "tables").glob("spectral_loss-by-velocity.*")}
    assert written == {f"spectral_loss-by-velocity.{suffix}" for suffix in FORMATS}
    tidy = read_table(tmp_path / "tables" / "spectral_loss-by-velocity.csv", PAPER_TABLE)
    assert tidy["system"].tolist() == ["sing", "wavenet"] * 2
    assert tidy["reason"].tolist() == ["", ""] + ["interval undefined: fewer than two "
                                                  "(instrument, pitch) pairs"] * 2  # fmt: skip
    elsewhere = folder.parent / "elsewhere.csv"
    (folder / "breakdown.csv").rename(elsewhere)
    again = tables_run.run(folder, tmp_path / "again", Settings(), breakdown=elsewhere)
    assert [one.shown() for one in again.breakdowns] == [table.shown()]
    assert not tables_run.run(folder, tmp_path / "none", Settings()).breakdowns
    with pytest.raises(SingError, match="did you mean 'spectral_loss'"):
        breakdown_tables(frame, ["spectral_los"])
    with pytest.raises(SingError, match="see sing-eval breakdown"):
        tables_run.run(folder, tmp_path / "no", Settings(), metrics=["wav_mse"])
