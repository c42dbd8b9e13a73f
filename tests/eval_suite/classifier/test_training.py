"""Training: what it reaches on pairs it never heard, and that stopping it changes nothing."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from eval_suite.classifier import training
from eval_suite.classifier.checkpoint import Position, load_checkpoint, save_checkpoint
from eval_suite.classifier.folder import Settings, is_finished
from eval_suite.classifier.judge import open_classifier
from eval_suite.classifier.network import Network
from eval_suite.classifier.training import rate_share, train
from sing import files
from sing.data.split import read_split
from sing.errors import SingError

ROOT = Path(__file__).resolve().parents[3]

SAME = ("classifier.json", "model.safetensors", "history.csv", "split.csv")


class Killed(Exception):
    """Stands for the end of the process."""


def test_it_knows_held_out_pairs_that_it_never_heard(trained, dataset):
    split = read_split(trained.folder / "split.csv")
    assert not {note.pair for note in split.train} & {note.pair for note in split.test}
    found = trained.card.accuracy
    assert found["test"]["pitch"].judged == found["test"]["family"].judged == 12
    assert found["test"]["pitch"].right >= 9  # by chance: 1
    # Of two instruments a held-out pitch has only been heard from the other one, which misleads a
    # classifier of 36 notes; the demo's is held to its test notes in test_shipped.py.
    assert found["train"]["family"].right >= 33  # of 36; by chance: 18


def test_the_folder_is_whole_and_says_what_it_came_from(trained, dataset):
    names = {path.name for path in trained.folder.iterdir()}
    assert names == {*SAME, "provenance.json"}
    provenance = files.read_json(trained.folder / "provenance.json")
    assert provenance["dataset"] == str(dataset.folder.resolve())
    history = files.read_csv(trained.folder / "history.csv", ["epoch", "objective"])
    assert [int(row["epoch"]) for row in history] == [*range(1, 11)]
    assert float(history[-1]["objective"]) < 0.5 * float(history[0]["objective"])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(
    request_for, tmp_path, briefly_trained
):
    train(request_for(tmp_path / "same"))
    for name in SAME:
        assert (tmp_path / "same" / name).read_bytes() == (briefly_trained / name).read_bytes()
    train(request_for(tmp_path / "other", settings=Settings(seed=1, epochs=1, batch_size=36)))
    other = (tmp_path / "other" / "model.safetensors").read_bytes()
    assert other != (briefly_trained / "model.safetensors").read_bytes()


@pytest.mark.parametrize("saves", [2, 4])  # in an epoch, and at its end
def test_a_training_that_was_killed_goes_on_to_the_same_bytes(
    saves, request_for, tmp_path, briefly_trained, monkeypatch
):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    done = []

    def save_and_die(*arguments):
        save(*arguments)
        done.append(1)
        if len(done) == saves:
            raise Killed

    save = training.save_checkpoint
    monkeypatch.setattr(training, "save_checkpoint", save_and_die)
    with pytest.raises(Killed):
        train(request_for(tmp_path / "c"))
    assert not is_finished(tmp_path / "c")
    monkeypatch.setattr(training, "save_checkpoint", save)
    train(request_for(tmp_path / "c", resume=True))
    for name in SAME:
        assert (tmp_path / "c" / name).read_bytes() == (briefly_trained / name).read_bytes()


@pytest.mark.slow
def test_a_process_that_was_killed_goes_on_to_the_same_bytes(dataset, tmp_path):
    def command(out: Path, *options: str) -> list[str]:
        code = "from eval_suite.commands.classifier import classifier; classifier()"
        line = [sys.executable, "-c", code, "train", str(dataset.folder), "--out", str(out)]
        return [*line, "--epochs", "4", "--device", "cpu", *options]

    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command(tmp_path / "c"), env=environment, stderr=subprocess.DEVNULL)
    while not (tmp_path / "c" / "checkpoint.pt").is_file():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not is_finished(tmp_path / "c")
    for arguments in (command(tmp_path / "c", "--resume"), command(tmp_path / "whole")):
        subprocess.run(arguments, env=environment, check=True, capture_output=True)
    for name in SAME:
        ours, theirs = ((tmp_path / one / name).read_bytes() for one in ("c", "whole"))
        assert ours == theirs, name


def test_ctrl_c_saves_and_says_how_to_go_on(request_for, tmp_path, monkeypatch):
    step = training._step

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return step(*arguments)

    monkeypatch.setattr(training, "_step", interrupted)
    with pytest.raises(SingError, match="epoch 1, step 1; the same command with --resume"):
        train(request_for(tmp_path / "c"))
    assert (tmp_path / "c" / "checkpoint.pt").is_file()


def test_a_finished_classifier_is_resumed_to_itself(request_for, trained):
    before = {path: path.stat().st_mtime_ns for path in trained.folder.iterdir()}
    found = train(request_for(trained.folder, resume=True, settings=trained.card.settings))
    assert found.card == trained.card
    assert {path: path.stat().st_mtime_ns for path in trained.folder.iterdir()} == before


def test_other_settings_or_notes_are_not_resumed(request_for, trained, make_dataset):
    with pytest.raises(SingError, match="begun with other settings"):
        train(request_for(trained.folder, resume=True, settings=Settings(seed=5)))
    with pytest.raises(SingError, match="begun with other notes"):
        train(
            request_for(
                trained.folder, resume=True, settings=trained.card.settings, data=make_dataset()
            )
        )


def test_a_folder_is_replaced_only_with_force_and_only_a_classifier(request_for, tmp_path):
    one = Settings(epochs=1, batch_size=36)
    train(request_for(tmp_path / "c", settings=one))
    with pytest.raises(SingError, match="--force"):
        train(request_for(tmp_path / "c", settings=one))
    train(request_for(tmp_path / "c", settings=one, force=True))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(SingError, match="other things"):
        train(request_for(tmp_path / "other", settings=one, force=True))
    assert (tmp_path / "other" / "letter.txt").read_text() == "mine"


def test_a_damaged_checkpoint_is_one_line(request_for, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_finish", lambda _: None)
    with pytest.raises(SingError, match=re.escape("classifier.json")):
        train(request_for(tmp_path / "c", settings=Settings(epochs=1, batch_size=36)))
    (tmp_path / "c" / "checkpoint.pt").write_bytes(b"no")
    with pytest.raises(SingError, match="not a checkpoint"):
        train(request_for(tmp_path / "c", settings=Settings(epochs=1, batch_size=36), resume=True))
    with pytest.raises(SingError, match="an unfinished classifier"):
        open_classifier(tmp_path / "c")


@pytest.mark.parametrize("lost", ["network", "position", ""])
def test_a_checkpoint_of_another_training_is_one_line(lost, tmp_path):
    network = Network(12, 2)
    optimizer = torch.optim.AdamW(network.parameters())
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, Position(), network, optimizer)
    if lost:
        state = torch.load(path)
        del state[lost]
        torch.save(state, path)
    else:
        network = Network(13, 2)  # another dataset's pitches
    with pytest.raises(SingError, match="does not fit this training") as error:
        load_checkpoint(path, network, torch.optim.AdamW(network.parameters()))
    assert "\n" not in str(error.value)


def test_force_begins_again_even_with_resume(request_for, tmp_path):
    one, other = (Settings(epochs=1, batch_size=36, seed=seed) for seed in (0, 1))
    train(request_for(tmp_path / "c", settings=one))
    found = train(request_for(tmp_path / "c", settings=other, resume=True, force=True))
    assert found.card.settings == other


def test_a_loss_that_is_not_finite_ends_the_training(request_for, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_step", lambda *_: float("nan"))
    with pytest.raises(SingError, match="not finite in epoch 1, step 1"):
        train(request_for(tmp_path / "c"))


def test_the_learning_rate_rises_for_a_fifth_of_the_steps_and_then_falls_to_nothing():
    shares = [rate_share(step / 100) for step in range(101)]
    assert max(shares) == shares[20] == 1
    assert shares[:21] == sorted(shares[:21])
    assert shares[20:] == sorted(shares[20:], reverse=True)
    assert shares[100] == pytest.approx(0)
