"""Runs that are killed, interrupted or short of disk, and go on as if nothing had happened."""

import csv
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from forked_commands import Command, Finished, run_command

from sing.errors import SingError
from sing.notes import Note
from sing.train.checkpoints import CheckpointFile, Setting
from sing.train.phases import train

pytestmark = pytest.mark.slow

EVERY_STEP = ("checkpoint_minutes=1e-9",)


def history_of(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def load_checkpoint(run: Path):
    return CheckpointFile(run, Setting.here(1)).load()


def stop_when(words: Sequence[object], condition: Callable[[], bool], number: int) -> Finished:
    """Start a command and send it a signal once the condition holds."""
    command = Command(words)
    command.signal_when(condition, number)
    return command.finish()


@pytest.fixture
def new_checkpoint(saved_position):
    """Make a condition: the run has saved itself in the middle of an epoch of `phase` since now."""

    def make(run: Path, phase: str):
        before = saved_position(run)

        def saved() -> bool:
            position = saved_position(run)
            if position is None or position == before:
                return False
            return position.phase == phase and position.step > 0

        return saved

    return make


def test_run_killed_in_every_phase_and_resumed_ends_with_the_same_weights(
    tmp_path, train_command, new_checkpoint
):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = (*EVERY_STEP, "finetune.final_learning_rate=1e-4")
    assert run_command(train_command(whole, settings=settings)).exit_code == 0
    resume: tuple[str, ...] = ()
    for phase in ("autoencoder", "lstm", "finetune"):
        command = train_command(killed, *resume, settings=settings)
        stopped = stop_when(command, new_checkpoint(killed, phase), signal.SIGKILL)
        assert stopped.exit_code == -signal.SIGKILL
        resume = ("--resume",)
    finished = run_command(train_command(killed, "--resume", settings=settings))
    assert finished.exit_code == 0, finished.stderr
    for name in ("model.safetensors", "autoencoder.safetensors", "split.csv", "config.toml"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert history_of(killed) == history_of(whole)
    assert [row["phase"] for row in history_of(whole)] == [
        "autoencoder", "autoencoder", "lstm", "finetune", "finetune",
    ]  # fmt: skip


def test_interrupt_saves_says_so_in_one_line_and_can_be_resumed(
    tmp_path, train_command, new_checkpoint
):
    run = tmp_path / "run"
    command = train_command(run, settings=(*EVERY_STEP, "lstm.epochs=500"))
    stopped = stop_when(command, new_checkpoint(run, "lstm"), signal.SIGINT)
    assert stopped.exit_code == 130
    said = stopped.stderr.splitlines()[-1]
    assert said.startswith(f"error: {run}: stopped and saved at lstm epoch")
    assert "Traceback" not in stopped.stderr
    settings = (*EVERY_STEP, "lstm.epochs=500")
    again = train_command(run, "--resume", settings=settings)
    assert stop_when(again, new_checkpoint(run, "lstm"), signal.SIGTERM).exit_code == 130


def test_full_disk_is_one_line_and_leaves_the_last_checkpoint_whole(tmp_path, train_command):
    run = tmp_path / "run"
    assert run_command(train_command(run, "--phase", "autoencoder")).exit_code == 0
    before = (run / "checkpoints" / "last.pt").read_bytes()

    process = run_command(train_command(run, "--resume"), largest_file=4_000)
    assert process.exit_code == 2
    assert "the disk is full" in process.stderr.splitlines()[-1]
    assert (run / "checkpoints" / "last.pt").read_bytes() == before
    assert not list(run.rglob("*.part"))
    assert run_command(train_command(run, "--resume")).exit_code == 0


def test_loss_that_is_not_finite_is_one_line_and_leaves_the_last_checkpoint_whole(
    tmp_path, request_for
):
    run = tmp_path / "run"
    with pytest.raises(SingError, match=r"not finite in lstm .* give lstm.learning_rate"):
        train(request_for(run, "lstm.learning_rate=1e36", *EVERY_STEP))
    checkpoint = load_checkpoint(run)
    assert checkpoint is not None
    assert all(torch.isfinite(value).all() for value in checkpoint.networks.values())


def test_an_update_that_spoils_the_weights_is_found_before_they_are_kept(tmp_path, request_for):
    """The very last update of a phase diverges: no loss of its own shows it."""
    run = tmp_path / "run"
    steady = ("autoencoder.batch_size=100", "lstm.epochs=0", "finetune.epochs=0")
    train(request_for(tmp_path / "sound", *steady))
    with pytest.raises(SingError, match="the loss is not finite in autoencoder epoch 1"):
        train(request_for(run, *steady, "autoencoder.learning_rate=1e36"))
    assert not (run / "model.safetensors").exists()
    assert not (run / "history.csv").exists()


def test_a_checkpoint_whose_weights_turn_out_spoilt_gives_way_to_the_one_before(
    tmp_path, request_for
):
    run = tmp_path / "run"
    request = request_for(run, "autoencoder.learning_rate=1e36", *EVERY_STEP)
    with pytest.raises(SingError, match="the loss is not finite in autoencoder epoch 1"):
        train(request)
    checkpoint = load_checkpoint(run)
    assert checkpoint is not None
    assert max(value.abs().max().item() for value in checkpoint.networks.values()) < 1e30


def test_resuming_with_other_settings_or_notes_is_refused(tmp_path, request_for, make_dataset):
    begun = request_for(tmp_path / "run", "finetune.epochs=0")
    train(begun)
    other = request_for(tmp_path / "run", "loss=waveform", "finetune.epochs=0")
    with pytest.raises(SingError, match="'loss' is spectral in the run and waveform in this"):
        train(replace(other, resume=True))
    wider = request_for(tmp_path / "run", "model.hidden_channels=25", "finetune.epochs=0")
    one_line = r"run: 'model.hidden_channels' is \d+ in the run and 25 in this command; resume with"
    with pytest.raises(SingError, match=one_line):
        train(replace(wider, resume=True))
    few = make_dataset([Note("bass_acoustic_000", pitch, 25) for pitch in (50, 51)], name="few")
    with pytest.raises(SingError, match=f"was begun on other notes than {few} holds"):
        train(replace(begun, resume=True, data=few))


def test_run_of_another_version_and_full_folder_are_refused(tmp_path, request_for):
    request = request_for(tmp_path / "run", "lstm.epochs=0", "finetune.epochs=0")
    train(request)
    with pytest.raises(SingError, match="the folder is not empty; pass --force"):
        train(request)
    provenance = tmp_path / "run" / "provenance.json"
    provenance.write_text(provenance.read_text().replace('"run_format": 1', '"run_format": 99'))
    with pytest.raises(SingError, match="a run of format 99, this version reads 1"):
        train(replace(request, resume=True))


def test_resume_begins_a_run_that_was_killed_before_its_first_step(tmp_path, request_for):
    request = request_for(tmp_path / "run", "lstm.epochs=0", "finetune.epochs=0")
    train(request)
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "split.csv").write_text("note,spl")
    train(replace(request, out=tmp_path / "cut", resume=True))
    train(replace(request, out=tmp_path / "absent", resume=True))
    expected = (tmp_path / "run" / "model.safetensors").read_bytes()
    for name in ("cut", "absent"):
        assert (tmp_path / name / "model.safetensors").read_bytes() == expected
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("precious")
    with pytest.raises(SingError, match="the folder is not empty"):
        train(replace(request, out=foreign, resume=True))
    assert (foreign / "thesis.tex").exists()


def test_a_second_training_in_the_same_folder_is_refused(tmp_path, train_command, saved_position):
    run = tmp_path / "run"
    settings = (*EVERY_STEP, "autoencoder.epochs=500")
    first = Command(train_command(run, settings=settings))
    refused = []

    def has_refused_another() -> bool:
        if saved_position(run) is None:
            return False
        for how in ("--resume", "--force"):
            refused.append(run_command(train_command(run, how, settings=settings)))
        return True

    first.signal_when(has_refused_another, signal.SIGINT)
    assert first.finish().exit_code == 130
    for second in refused:
        assert second.exit_code == 2
        assert f"{run}: another training is at work there" in second.stderr.splitlines()[-1]
    again = train_command(run, "--resume", settings=settings)
    assert stop_when(again, lambda: "resuming" in (run / "log.txt").read_text(),
                     signal.SIGINT).exit_code == 130  # fmt: skip


def test_a_checkpoint_with_damaged_bytes_is_one_line(tmp_path, request_for):
    run = tmp_path / "run"
    request = request_for(run, "lstm.epochs=0", "finetune.epochs=0")
    train(request)
    path = run / "checkpoints" / "last.pt"
    sound = path.read_bytes()
    generator = random.Random(0)
    faults = []
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(3):
            damaged[generator.randrange(len(sound))] = generator.randrange(256)
        # The directory of the archive and its pickle are where damage shows.
        start = generator.choice([0, len(sound) - 2_000])
        damaged[start + generator.randrange(1_500)] ^= 0xFF
        path.write_bytes(damaged)
        try:
            load_checkpoint(run)
        except SingError as error:
            faults.append(str(error))
    assert len(faults) > 20
    assert all(fault.startswith(f"{path}: ") for fault in faults)
