"""The metrics table as an array: order, gaps, and what is not in it."""

from pathlib import Path

import numpy as np
import pytest

from eval_suite.score_table import read_scores
from sing.errors import SingError

A, B = "bass_synthetic_000-060-050", "flute_acoustic_001-061-100"

TABLE = f"""system,note,split,wav_mse,itakura_saito@0.0001,reason
mulaw8,{A},test,0.1,1,
silence,{A},test,0.2,2,
silence,{B},test,0.3,3,
wavenet,{B},test,0.4,,itakura_saito: too large
sing,{A},test,0.5,5,
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "metrics.csv").write_text(TABLE)
    return tmp_path / "metrics.csv"


def test_systems_come_before_baselines_and_gaps_are_nan(path: Path):
    scores = read_scores(path)
    assert scores.systems == ("sing", "wavenet", "silence", "mulaw8")
    assert scores.metrics == ("wav_mse", "itakura_saito@0.0001")
    assert [note.name for note in scores.notes] == [A, B]
    nan = np.nan
    np.testing.assert_array_equal(
        scores.values,
        [
            [[0.5, 5], [nan, nan], [0.2, 2], [0.1, 1]],
            [[nan, nan], [0.4, nan], [0.3, 3], [nan, nan]],
        ],
    )


def test_metrics_and_systems_are_chosen_by_name_however_a_floor_is_written(path: Path):
    scores = read_scores(path, ["itakura_saito@1e-4"], ["wavenet"])
    assert scores.metrics == ("itakura_saito@0.0001",)
    assert scores.systems == ("wavenet",)
    assert [note.name for note in scores.notes] == [B]
    assert np.isnan(scores.values).all()


@pytest.mark.parametrize(
    ("metrics", "systems", "fault"),
    [
        (["wav_msi"], [], "--metric wav_msi: not in .*metrics.csv; did you mean 'wav_mse'?"),
        (["reason"], [], "--metric reason: not in"),
        (["frechet_distance"], [], "one number a system, .* in the table of distances"),
        ([], ["wavnet"], "--system wavnet: not in .*metrics.csv; did you mean 'wavenet'?"),
    ],
)
def test_what_is_not_in_the_table_is_suggested(path: Path, metrics, systems, fault):
    with pytest.raises(SingError, match=fault):
        read_scores(path, metrics, systems)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("system,note,split,wav_mse,reason\n", "no row; write the table with sing-eval metrics"),
        (f"system,note,split,reason\nsing,{A},test,\n", "no column of a metric"),
    ],
)
def test_a_table_without_rows_or_metrics_is_refused(tmp_path: Path, text: str, fault: str):
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(SingError, match=fault):
        read_scores(tmp_path / "metrics.csv")


def test_a_value_too_large_for_a_mean_is_named(path: Path):
    path.write_text(TABLE.replace("0.3", "1e308"))
    fault = f"metrics.csv: silence, {B}: wav_mse 1e.308 is too large for a mean; mend the cell"
    with pytest.raises(SingError, match=fault):
        read_scores(path)
    assert read_scores(path, systems=["sing"]).values.max() == 5
