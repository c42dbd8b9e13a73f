"""What a stopped command leaves behind, and how the next one goes on from it."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval_suite.baselines.trivial import NearestPitch, Silence, WhiteNoise
from eval_suite.metrics.metric import parse_metrics
from eval_suite.partial import PartialFile, partial_path
from eval_suite.plan import Plan
from eval_suite.scoring import Scores
from eval_suite.sources import DatasetSource
from sing.data.nsynth import Dataset, open_dataset
from sing.errors import SingError
from sing.notes import Note


@pytest.fixture
def plan() -> Plan:
    """20 notes (three batches) of noise and silence against silence, in two metrics."""
    notes = tuple(Note("organ_electronic_000", pitch, 50) for pitch in range(20))
    metrics = parse_metrics(("wav_mse", "spectral_loss"))
    return Plan(Silence(), (WhiteNoise(0), Silence()), notes, metrics, 0, "cpu")


def batch(plan: Plan, index: int) -> Scores:
    """Awkward values for one batch: thirds, and a missing one with a reason."""
    shape = (2, len(plan.batch(index)), 2)
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape) / 3 + index
    values[0, 1, 0] = np.nan
    return Scores(values, {(0, 1): f"why, in batch {index}: ünïcode"})


def test_a_resumed_file_has_the_very_values_and_reasons_of_the_finished_batches(
    plan: Plan, tmp_path: Path
):
    first = PartialFile(tmp_path / "m.csv", plan, resume=False)
    for index in (2, 0):
        first.append(index, batch(plan, index))
    first.close()
    again = PartialFile(tmp_path / "m.csv", plan, resume=True)
    assert again.done == {0, 2}
    np.testing.assert_array_equal(again.results.values, first.results.values)
    assert again.results.reasons == {
        (0, 1): "why, in batch 0: ünïcode",
        (0, 17): "why, in batch 2: ünïcode",
    }
    assert np.isnan(again.results.values[:, 8:16]).all()
    again.append(1, batch(plan, 1))
    again.discard()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lost_bytes", [1, 5, 60])
def test_a_line_that_a_kill_cut_short_is_dropped_and_written_anew(
    plan: Plan, tmp_path: Path, lost_bytes: int
):
    path = partial_path(tmp_path / "m.csv")
    file = PartialFile(tmp_path / "m.csv", plan, resume=False)
    file.append(0, batch(plan, 0))
    file.append(1, batch(plan, 1))
    file.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost_bytes])
    again = PartialFile(tmp_path / "m.csv", plan, resume=True)
    assert again.done == {0}
    again.append(1, batch(plan, 1))
    again.close()
    assert path.read_bytes() == whole


def test_a_file_cut_in_its_first_line_begins_again(plan: Plan, tmp_path: Path):
    path = partial_path(tmp_path / "m.csv")
    path.write_bytes(b'{"format": 1, "pl')
    file = PartialFile(tmp_path / "m.csv", plan, resume=True)
    file.append(0, batch(plan, 0))
    file.close()
    again = PartialFile(tmp_path / "m.csv", plan, resume=True)
    again.close()
    assert again.done == {0}


@pytest.mark.parametrize("change", ["notes", "systems", "order of systems", "metrics", "seed"])
def test_a_file_of_another_request_is_refused_and_kept(plan: Plan, tmp_path: Path, change: str):
    file = PartialFile(tmp_path / "m.csv", plan, resume=False)
    file.append(0, batch(plan, 0))
    file.close()
    before = file.path.read_bytes()
    changed = {
        "notes": Plan(plan.reference, plan.systems, plan.notes[1:], plan.metrics, 0, "cpu"),
        "order of systems": Plan(
            plan.reference, plan.systems[::-1], plan.notes, plan.metrics, 0, "cpu"
        ),
        "systems": Plan(plan.reference, (WhiteNoise(1),), plan.notes, plan.metrics, 0, "cpu"),
        "metrics": Plan(plan.reference, plan.systems, plan.notes, plan.metrics[::-1], 0, "cpu"),
        "seed": Plan(plan.reference, plan.systems, plan.notes, plan.metrics, 1, "cpu"),
    }[change]
    with pytest.raises(SingError, match="belongs to another request"):
        PartialFile(tmp_path / "m.csv", changed, resume=True)
    assert file.path.read_bytes() == before


@pytest.mark.parametrize("change", ["stand-ins", "dataset"])
def test_values_of_other_stand_ins_are_not_gone_on_with(
    plan: Plan, dataset: Dataset, tmp_path: Path, change: str
):
    # Another split leaves other training notes to stand in; the notes to score may be the same.
    folder = shutil.copytree(dataset.folder, tmp_path / "data", copy_function=os.link)
    notes = dataset.notes[:20]
    nearest = NearestPitch(DatasetSource(open_dataset(folder)), {notes[0]: notes[1]})
    first = replace(plan, systems=(nearest, Silence()), notes=notes)
    file = PartialFile(tmp_path / "m.csv", first, resume=False)
    file.append(0, batch(first, 0))
    file.close()
    if change == "stand-ins":
        nearest = replace(nearest, stand_ins={notes[0]: notes[2]})
    else:
        text = (folder / "examples.json").read_text()
        (folder / "examples.json").unlink()
        (folder / "examples.json").write_text(text + "\n")
    with pytest.raises(SingError, match="belongs to another request"):
        PartialFile(tmp_path / "m.csv", replace(first, systems=(nearest, Silence())), resume=True)


@pytest.mark.parametrize(
    "line", ["not json\n", '{"batch": 0}\n', '{"batch": 0, "values": [1], "reasons": []}\n']
)
def test_a_damaged_file_is_refused(plan: Plan, tmp_path: Path, line: str):
    file = PartialFile(tmp_path / "m.csv", plan, resume=False)
    file.append(1, batch(plan, 1))
    file.close()
    with file.path.open("a") as damaged:
        damaged.write(line)
    with pytest.raises(SingError, match=r"m.csv.partial: damaged .*start again with --force"):
        PartialFile(tmp_path / "m.csv", plan, resume=True)


def test_a_command_that_stops_before_its_first_batch_leaves_nothing(plan: Plan, tmp_path: Path):
    PartialFile(tmp_path / "m.csv", plan, resume=False).close()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error_that_names_the_file_and_keeps_what_is_done(
    plan: Plan, tmp_path: Path
):
    file = PartialFile(tmp_path / "m.csv", plan, resume=False)
    file.append(0, batch(plan, 0))
    file.close()
    file._file = Path("/dev/full").open("w")  # noqa: SIM115 - closed by the file of batches
    with pytest.raises(OSError, match="No space left") as caught:
        file.append(1, batch(plan, 1))
    assert caught.value.filename == str(file.path)
    file.close()
    again = PartialFile(tmp_path / "m.csv", plan, resume=True)
    again.close()
    assert again.done == {0}


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_that_another_command_is_writing_is_left_to_it(
    plan: Plan, tmp_path: Path, resume: bool
):
    first = PartialFile(tmp_path / "m.csv", plan, resume=False)
    first.append(0, batch(plan, 0))
    before = first.path.read_bytes()
    with pytest.raises(SingError, match="another command is writing this table"):
        PartialFile(tmp_path / "m.csv", plan, resume)
    assert first.path.read_bytes() == before
    first.close()
    again = PartialFile(tmp_path / "m.csv", plan, resume=True)
    assert again.done == {0}
    again.close()
