"""What each phase changes and what it leaves alone (Section 4.3)."""

import csv
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from sing import files
from sing.data.nsynth import open_dataset
from sing.errors import SingError
from sing.losses import spectral_loss
from sing.run import open_run
from sing.train import history
from sing.train.phases import train


def test_lstm_phase_moves_only_the_lstm_and_fine_tuning_leaves_the_encoder(tmp_path, request_for):
    request = request_for(tmp_path / "run", "finetune.epochs=1")
    run = train(replace(request, last_phase="autoencoder"))
    first = load_file(run / "model.safetensors")
    train(replace(request, last_phase="lstm", resume=True))
    second = load_file(run / "model.safetensors")
    train(replace(request, resume=True))
    third = load_file(run / "model.safetensors")
    assert changed(first, second) == {"sequence"}
    assert changed(second, third) == {"sequence", "decoder"}
    kept = load_file(run / "autoencoder.safetensors")
    assert all(torch.equal(kept[name], first[name]) for name in kept)


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}


def test_history_has_a_row_an_epoch_whose_figures_are_those_of_the_saved_model(
    tmp_path, request_for
):
    request = request_for(tmp_path / "run", "evaluation_notes=100")
    run = open_run(train(request))
    with (run.folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    phases = ["autoencoder", "autoencoder", "lstm", "finetune", "finetune"]
    assert [row["phase"] for row in rows] == phases
    assert [row["epoch"] for row in rows] == ["1", "2", "1", "1", "2"]
    assert [row["train_code_mse"] != "" for row in rows] == [False, False, True, False, False]
    notes = run.split.test
    waveforms = torch.from_numpy(open_dataset(request.data).waveforms(notes))
    keys = torch.from_numpy(run.vocabulary.encode(notes))
    with torch.inference_mode():
        losses = spectral_loss(waveforms, run.networks().synthesizer.generate(keys))
    assert float(rows[-1]["test_spectral_loss"]) == pytest.approx(losses.mean().item(), rel=1e-5)


@pytest.mark.parametrize("phase", ["autoencoder", "finetune"])
def test_warm_epochs_are_those_of_the_mean_squared_error_and_end(tmp_path, request_for, phase):
    def weights(name: str, *settings: str) -> dict[str, torch.Tensor]:
        only = [f"{other}.epochs=0" for other in ("autoencoder", "lstm", "finetune")
                if other != phase]  # fmt: skip
        run = train(request_for(tmp_path / name, *only, *settings))
        return load_file(run / "model.safetensors")

    one, two = ((f"{phase}.epochs={epochs}", "epsilon=0.01") for epochs in (1, 2))
    warm = weights("warm", *one, f"{phase}.mse_epochs=1")
    assert not changed(warm, weights("squared", *one, "loss=log_spectral_mse"))
    assert changed(warm, weights("plain", *one))
    then = weights("then", *two, f"{phase}.mse_epochs=1")
    assert changed(then, weights("longer", *two, f"{phase}.mse_epochs=2"))


@pytest.mark.slow
def test_training_lowers_the_objective(tmp_path, request_for):
    settings = (
        "autoencoder.epochs=8",
        "lstm.epochs=6",
        "lstm.learning_rate=0.01",
        "finetune.epochs=6",
    )
    run = train(request_for(tmp_path / "run", *settings))
    rows = files.read_csv(run / "history.csv", ("phase", "objective"))
    for phase in ("autoencoder", "lstm", "finetune"):
        objective = [float(row["objective"]) for row in rows if row["phase"] == phase]
        assert objective[-1] < 0.95 * objective[0], phase


def test_the_split_beside_the_dataset_is_used(tmp_path, request_for):
    request = request_for(tmp_path / "run", "lstm.epochs=0", "finetune.epochs=0")
    beside = request.data.with_name("notes.split.csv")
    train(request)
    lines = (tmp_path / "run" / "split.csv").read_text()
    flipped = lines.replace("bass_acoustic_000-048-025,train", "bass_acoustic_000-048-025,valid")
    flipped = flipped.replace("bass_acoustic_000-048-127,train", "bass_acoustic_000-048-127,valid")
    beside.write_text(flipped)
    run = open_run(train(replace(request, out=tmp_path / "other")))
    assert (run.folder / "split.csv").read_text() == flipped


@pytest.mark.parametrize("device", ["tpu9000", "meta", "mps", "cuda:99", "cpu:x"])
def test_unknown_devices_are_refused_before_anything_is_written(tmp_path, request_for, device):
    with pytest.raises(SingError, match=f"--device {device}: (no such device|torch sees)"):
        train(replace(request_for(tmp_path / "run"), device=device))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ("loss=waveform",),
        ("loss=log_spectral_mse", "epsilon=0.01"),
        ("model.time_embedding=false",),
    ],
)
def test_the_other_rows_of_table_one_train_too(tmp_path, request_for, settings):
    spectral = train(request_for(tmp_path / "spectral", "lstm.epochs=0"))
    other = train(request_for(tmp_path / "other", "lstm.epochs=0", *settings))
    weights = [load_file(run / "model.safetensors") for run in (spectral, other)]
    has_time = ["sequence.embeddings.time.weight" in names for names in weights]
    assert has_time == [True, settings[0] != "model.time_embedding=false"]
    assert not torch.equal(*(w["sequence.projection.weight"] for w in weights))


def test_a_split_that_does_not_fit_is_said_before_the_old_run_is_replaced(tmp_path, request_for):
    request = request_for(tmp_path / "run", "lstm.epochs=0", "finetune.epochs=0")
    train(request)
    kept = (tmp_path / "run" / "model.safetensors").read_bytes()
    request.data.with_name("notes.split.csv").write_text(
        "note,split\nvocal_acoustic_000-060-100,train\n"
    )
    with pytest.raises(SingError, match="are not in"):
        train(replace(request, force=True))
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == kept


def test_tensorboard_without_its_package_is_said_before_anything_is_written(
    tmp_path, request_for, monkeypatch
):
    monkeypatch.setattr(history, "find_spec", lambda _: None)
    with pytest.raises(SingError, match=r"pip install 'sing-eval\[tensorboard\]'"):
        train(replace(request_for(tmp_path / "run"), tensorboard=True))
    assert not (tmp_path / "run").exists()
