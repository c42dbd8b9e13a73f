"""Which notes and numbers are on a listening page, and what a wrong request is told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval_suite.listening_page.content import METRICS_SHOWN, Content, make_content
from eval_suite.request import Request
from eval_suite.tables import METRICS, write_table
from sing.data.nsynth import Dataset
from sing.errors import SingError
from sing.notes import Note
from sing.systems import System

Make = Callable[..., System]


@pytest.fixture
def make(dataset: Dataset, workplace: Path) -> Callable[..., Content]:
    """The content of a page of these sources, against the small dataset."""

    def content(*sources: str, table: Path | None = None, worst: str | None = None, most: int = 50,
                **asked: object) -> Content:  # fmt: skip
        given = {"with_baselines": False, "data": dataset.folder, **asked}
        request = Request(sources=tuple(map(Path, sources)), **given)
        return make_content(request, table, worst, most, "cpu")

    return content


def write_metrics(path: Path, rows: dict[tuple[str, Note], float]) -> Path:
    frame = pd.DataFrame(
        [
            {"system": system, "note": note.name, "split": "test", "pitch_error": value,
             "pitch_within_50": float(value <= 50), "reason": ""}
            for (system, note), value in rows.items()
        ]
    )  # fmt: skip
    write_table(path, METRICS, frame)
    return path


def test_columns_are_the_systems_after_the_ground_truth(make, make_system: Make, dataset: Dataset):
    make_system(Path("half"))
    content = make("half", str(dataset.folder))
    # The dataset is the ground truth: a second column of it would be heard twice.
    assert content.systems == ("half",)
    assert [column.name for column in content.columns] == [dataset.folder.name, "half"]
    assert content.metrics == METRICS_SHOWN
    assert set(content.splits) == {"test"}


def test_a_note_that_one_system_lacks_stays_on_the_page(
    make, make_system: Make, capfd: pytest.CaptureFixture[str]
):
    whole = make_system(Path("whole"))
    make_system(Path("part"), notes=whole.notes[:4])
    content = make("whole", "part")
    assert len(content.plan.notes) == 12
    assert "part has 4 of the 12 notes" in capfd.readouterr().err
    sounds = content.columns[2].sounds(whole.notes)
    assert set(sounds.faults) == set(range(4, 12))
    assert sounds.faults[5] == "part does not have this note"
    np.testing.assert_array_equal(sounds.waveforms[2], whole.waveform(whole.notes[2]))
    assert content.columns[2].lacks(whole.notes[5])


def test_the_first_notes_by_name_are_taken_and_it_is_said(
    make, make_system: Make, capfd: pytest.CaptureFixture[str]
):
    system = make_system(Path("half"))
    assert make("half", most=5).plan.notes == system.notes[:5]
    assert "5 of the 12 notes are on the page, the first by name" in capfd.readouterr().err
    assert make("half", most=5, limit=7).plan.notes == system.notes[:7]


def test_the_worst_notes_of_a_table_are_taken(make, make_system: Make):
    system = make_system(Path("half"))
    errors = dict(zip(system.notes, (3, 80, 1, 90, 5, 70, 2, 4, 6, 7, 8, 9), strict=True))
    table = write_metrics(
        Path("metrics.csv"), {("half", note): float(error) for note, error in errors.items()}
    )
    content = make("half", table=table, worst="pitch_error", limit=3)
    assert {errors[note] for note in content.plan.notes} == {70, 80, 90}
    assert content.metrics == ("pitch_error", "pitch_within_50")
    accurate = make("half", table=table, worst="pitch_within_50", limit=3)  # higher is better
    assert set(accurate.plan.notes) == set(content.plan.notes)
    assert make("half", table=table, metric_names=("pitch_within_50",)).metrics == (
        "pitch_within_50",
    )


def test_a_system_that_is_not_on_the_page_does_not_decide_which_notes_are_worst(
    make, make_system: Make, capfd: pytest.CaptureFixture[str]
):
    notes = make_system(Path("half")).notes
    table = write_metrics(
        Path("metrics.csv"),
        {
            **{("half", note): float(place) for place, note in enumerate(notes)},
            **{("silence", note): 1200.0 - place for place, note in enumerate(notes)},
        },
    )
    content = make("half", table=table, worst="pitch_error", limit=1)
    assert content.plan.notes == notes[-1:]
    assert "1 of the 12 notes is on the page, the worst in pitch_error" in capfd.readouterr().err


def test_a_metric_with_a_floor_is_found_as_people_write_it(make, make_system: Make):
    notes = [note.name for note in make_system(Path("half")).notes]
    header = "system,note,split,itakura_saito@0.0001,reason\n"
    Path("m.csv").write_text(header + f"half,{notes[0]},test,3,\nhalf,{notes[1]},test,4,\n")
    given = {"metric_names": ("itakura_saito@1e-4",), "worst": "itakura_saito@1e-4", "limit": 1}
    content = make("half", table=Path("m.csv"), **given)
    assert content.metrics == (content.worst,) == ("itakura_saito@0.0001",)
    assert [note.name for note in content.plan.notes] == notes[1:2]


def test_numbers_that_the_table_lacks_are_missing_with_a_reason(make, make_system: Make):
    system = make_system(Path("half"))
    table = write_metrics(Path("some.csv"), {("half", system.notes[0]): 3.0})
    content = make("half", table=table)
    assert content.table.cell("half", system.notes[0]) == ((3.0, 1.0), "")
    values, reason = content.table.cell("half", system.notes[1])
    assert np.isnan(values).all()
    assert reason == "some.csv has no row for it"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"worst": "pitch_error"}, "--worst pitch_error: needs the numbers of all notes; pass"),
        (
            {"worst": "pitch_eror", "table": "m.csv"},
            "--worst pitch_eror: not in m.csv; did you mean 'pitch_err",
        ),
        ({"table": "none.csv"}, "none.csv: there is no such file"),
        ({"table": "other.csv"}, "other.csv: no row of system 'half'; known: other"),
        (
            {"table": "m.csv", "metric_names": ("wav_mse",)},
            "--metric wav_mse: not in m.csv; known: pitch_error",
        ),
        ({"metric_names": ("wav_msi",)}, "--metric wav_msi: did you mean 'wav_mse'"),
        ({"split_name": "train"}, "half: none of the 36 notes of the page; check --split"),
    ],
)
def test_a_wrong_request_is_told_what_to_pass(
    make, make_system: Make, asked: dict[str, object], told: str
):
    system = make_system(Path("half"))
    write_metrics(Path("m.csv"), {("half", system.notes[0]): 3.0})
    write_metrics(Path("other.csv"), {("other", system.notes[0]): 3.0})
    if "table" in asked:
        asked = {**asked, "table": Path(str(asked["table"]))}
    with pytest.raises(SingError) as error:
        make("half", **asked)
    assert str(error.value).startswith(told)


def test_a_baseline_is_a_further_column_unless_a_source_has_its_name(make, make_system: Make):
    make_system(Path("half"))
    wanted = {"with_baselines": True, "baseline_names": ("silence",)}
    assert make("half", **wanted).systems == ("half", "silence")
    make_system(Path("silence"))
    with pytest.raises(SingError, match=r"^silence: a source has the name of a baseline"):
        make("silence", **wanted)
