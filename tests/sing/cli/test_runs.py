import csv
import io
from pathlib import Path

import pytest
import torch

from sing.config import load_config
from sing.data.split import Split
from sing.data.vocabulary import Vocabulary
from sing.notes import Note
from sing.run import Run, build_networks, open_run, save_weights, write_run

FIGURES = ("spectral_loss", "wav_mse", "code_mse")
NOTES = [Note("organ", pitch, velocity) for pitch in (50, 60) for velocity in (25, 127)]


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch) -> Run:
    """A run with a history of 1 h 30 min, without time embedding: its inputs are 26 wide."""
    monkeypatch.chdir(tmp_path)
    config = load_config("tiny", ["model.time_embedding=false", "seed=7"])
    vocabulary = Vocabulary.of(NOTES)
    write_run(Path("tiny"), config, vocabulary, Split(tuple(NOTES), (), ()), dataset="elsewhere")
    save_weights(Path("tiny/model.safetensors"), build_networks(config, vocabulary).state_dict())
    rows = [
        ["autoencoder", 1, 0.2, 0.11, 0.12, 0.01, 0.02, "", "", 1800],
        ["autoencoder", 2, 0.1, 0.061, 0.072, 0.003, 0.004, "", "", 1800],
        ["lstm", 1, 0.1, 0.3, 0.4, 0.05, 0.06, 0.7, 0.8, 1800],
    ]
    figures = [f"{part}_{name}" for name in FIGURES for part in ("train", "test")]
    header = ["phase", "epoch", "objective", *figures, "seconds"]
    lines = [",".join(map(str, row)) for row in [header, *rows]]
    Path("tiny/history.csv").write_text("\n".join(lines) + "\n")
    return open_run(Path("tiny"))


def facts(outcome) -> dict[str, str]:
    """The lines of `sing info` by their labels."""
    return {line[:14].strip(): line[15:] for line in outcome.out.splitlines()}


def counted(run: Run) -> tuple[int, int]:
    """Parameters without and with the encoder, one by one."""
    sizes = {name: weight.numel() for name, weight in run.networks().named_parameters()}
    every = sum(sizes.values())
    return every - sum(size for name, size in sizes.items() if "encoder." in name), every


def test_info_says_what_the_run_is(sing, run):
    outcome = sing("info", "tiny")
    assert (outcome.code, outcome.err) == (0, "")
    said = facts(outcome)
    without, every = counted(run)
    assert said["parameters"] == f"{without:,} without the encoder, {every:,} with it"
    assert said["size"].startswith(f"{4 * without / 2**20:.2f} MB in float32 without the encoder")
    assert said["compression"] == (
        "2462 = 64,000 samples / 26 inputs (instrument 16 + pitch 8 + velocity 2)"
    )
    assert said["training"] == ("spectral loss, 1.50 hours, measured on 4 train and 0 test notes")
    assert said["autoencoder"] == (
        "2 of 2 epochs, train_spectral_loss 0.061, test_spectral_loss 0.072, "
        "train_wav_mse 0.003, test_wav_mse 0.004"
    )
    assert said["finetune"] == "0 of 1 epochs"
    assert said["instruments"] == "1: organ"
    assert said["pitches"] == "50, 60"
    assert said["velocities"] == "25 127"
    assert said["split"] == "train 4 notes, valid 0 notes, test 0 notes"
    assert (said["dataset"], said["seed"]) == ("elsewhere", "7")
    assert f"torch {torch.__version__}" in said["made with"]
    assert said["weights"].endswith("with encoder")


def test_info_of_the_shipped_run_shows_its_pitches_as_a_range_and_what_it_was_measured_on(sing):
    outcome = sing("info", "demo")
    assert outcome.code == 0
    assert facts(outcome)["training"].endswith("measured on 100 train and 100 test notes")
    assert facts(outcome)["run"].startswith("demo (")
    assert facts(outcome)["pitches"] == "36 to 84"


def test_hours_of_training_are_those_of_all_processes(sing):  # Table 2: hours * GPU units
    path = Path("tiny/history.csv")
    hours = [("autoencoder", 20, 4), ("lstm", 10, 4), ("finetune", 3, "")]
    rows = [f"{phase},1,{3600 * spent},{count}" for phase, spent, count in hours]
    path.write_text("\n".join(["phase,epoch,seconds,processes", *rows, ""]))
    (row, *_) = csv.DictReader(io.StringIO(sing("speed", "tiny", "--seconds", 0.05).out))
    assert float(row["training_hours"]) == 4 * 30 + 3
    path.write_text("phase,epoch,seconds,processes\nlstm,1,60,many\n")
    outcome = sing("speed", "tiny", "--seconds", 0.05)
    assert outcome.code == 2
    assert "history.csv: column 'seconds' or 'processes'" in outcome.err


def test_info_of_a_run_at_the_papers_size_gives_table_2(sing):
    instruments = [Note(f"i_{number:04d}", 120, v) for number in range(1006) for v in (25, 50, 75)]
    vocabulary = Vocabulary.of([*instruments, Note("i_0000", 9, 100), Note("i_0000", 9, 127)])
    write_run(Path("paper"), load_config("spectral"), vocabulary, Split((), (), ()))
    said = facts(sing("info", "paper"))
    assert said["parameters"].startswith("63,747,927 without the encoder")
    assert said["size"].startswith("243.18 MB in float32 without the encoder")
    assert said["compression"].startswith("2133 = 64,000 samples / 30 inputs")
    assert said["weights"] == "none yet; finish a phase with sing train --resume"
    assert said["training"] == "none recorded"


def test_speed_prints_the_contracts_columns(sing, run):
    outcome = sing("speed", "tiny", "--seconds", 0.05, "--batch-size", 2, "--batch-size", 3)
    assert outcome.code == 0
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert list(rows[0]) == [
        "system", "device", "seconds_per_second", "megabytes", "compression_factor",
        "training_hours",
    ]  # fmt: skip
    threads = torch.get_num_threads()
    for row, batch in zip(rows, (2, 3), strict=True):
        assert row["system"] == "tiny"
        assert f"{threads} thread" in row["device"]
        assert row["device"].endswith(f", batch {batch}")
        assert float(row["seconds_per_second"]) > 0
        assert float(row["megabytes"]) == pytest.approx(4 * counted(run)[0] / 2**20, rel=1e-8)
        assert float(row["compression_factor"]) == pytest.approx(64_000 / 26, rel=1e-8)
        assert float(row["training_hours"]) == 1.5


def test_speed_counts_seconds_of_audio_per_second(sing, monkeypatch):
    # Each batch of 8 notes, 32 s of audio, takes 0.25 s by this clock: 128 seconds a second.
    ticks = iter(range(1000))
    monkeypatch.setattr("sing.generate.speed.time.perf_counter", lambda: next(ticks) * 0.25)
    outcome = sing("speed", "tiny", "--seconds", 1, "--batch-size", 8)
    (row,) = csv.DictReader(io.StringIO(outcome.out))
    assert float(row["seconds_per_second"]) == 128


def test_speed_writes_a_table_that_holds_to_the_contract(sing):
    tables = pytest.importorskip("eval_suite.tables")
    (Path("tiny") / "history.csv").unlink()
    outcome = sing("speed", "tiny", "--seconds", 0.05, "--out", "results/speed.csv")
    assert (outcome.code, outcome.out) == (0, "results/speed.csv\n")
    table = tables.read_table(Path("results/speed.csv"), tables.CONTRACTS["speed"])
    assert len(table) == 2
    assert table["training_hours"].isna().all()
    again = sing("speed", "tiny", "--out", "results/speed.csv")
    assert (again.code, again.out) == (2, "")
    assert "the file exists; pass --force" in again.err


def test_import_prints_the_run_which_then_generates(sing, golden):
    outcome = sing("import", golden / "tiny_reference_model.th", "--out", "public")
    assert outcome == (0, b"public\n", "")
    said = facts(sing("info", "public"))
    assert said["imported_from"] == "tiny_reference_model.th"
    assert said["instruments"] == "7: 0, 1, 2, ..."
    assert said["weights"].endswith("without encoder")
    words = ("--instrument", 3, "--pitch", 60, "--velocity", 75)
    assert sing("generate", "public", *words, "--out", "note.wav").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("info nowhere", "nowhere: there is no such run folder; known: cut, demo, old, tiny"),
        ("info .", ".: no config.toml; not a run folder"),
        ("info old", "old: a run of format 0, this version reads 1"),
        ("info cut", "cut/model.safetensors: not a safetensors file"),
        ("speed cut", "cut/model.safetensors: not a safetensors file"),
        ("speed tiny --batch-size 0", "0 is not in the range 1<=x<=4096"),
        ("speed tiny --seconds 0", "0.0 is not in the range 0<x<=3600"),
        ("speed tiny --device cuda:x", "--device cuda:x: no such device"),
        ("import absent.th --out r", "absent.th: there is no such file; check the path"),
        ("import tiny/config.toml --out r", "tiny/config.toml: not a model that torch saved"),
        ("import tiny/config.toml --out tiny", "tiny: the folder is not empty; pass --force"),
        ("import tiny/config.toml", "Missing option '--out'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(sing, run, words, message):
    for name in ("old", "cut"):
        write_run(Path(name), run.config, run.vocabulary, run.split)
    provenance = Path("old/provenance.json")
    provenance.write_text(provenance.read_text().replace('"run_format": 1', '"run_format": 0'))
    whole = Path("tiny/model.safetensors").read_bytes()
    Path("cut/model.safetensors").write_bytes(whole[: len(whole) // 2])
    before = sorted(Path().rglob("*"))
    outcome = sing(*words.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert sorted(Path().rglob("*")) == before
