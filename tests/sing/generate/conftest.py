"""A run with random weights, loud enough that a wrong sample shows, and its plain formulation."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv1d, conv_transpose1d

from sing.audio import write_waveform
from sing.config import Config, load_config
from sing.data.nsynth import Dataset, open_dataset, write_examples
from sing.data.split import Split
from sing.data.vocabulary import Vocabulary
from sing.model.sing import Sing
from sing.notes import Note
from sing.run import Run, build_networks, open_run, save_weights, write_run

INSTRUMENTS = ("bass_synthetic_000", "flute_acoustic_001", "organ_electronic_002")
NOTES = tuple(
    Note(instrument, pitch, velocity)
    for instrument in INSTRUMENTS
    for pitch in (48, 60, 72)
    for velocity in (25, 127)
)

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write a tiny run whose training part has the pitches 48 and 60, and its test part 72."""

    def make(name: str = "tiny", config: Config | None = None, autoencoder: bool = True) -> Run:
        folder = tmp_path / "runs" / name
        config = config or load_config("tiny", [f"name={name}"])
        vocabulary = Vocabulary.of(NOTES)
        train = tuple(note for note in NOTES if note.pitch < 72)
        test = tuple(note for note in NOTES if note.pitch == 72)
        write_run(folder, config, vocabulary, Split(train, (), test), dataset=None)
        weights = loud(build_networks(config, vocabulary)).state_dict()
        save_weights(folder / "model.safetensors", weights)
        if autoencoder:
            kept = {name: w * 1.25 for name, w in weights.items() if "sequence." not in name}
            save_weights(folder / "autoencoder.safetensors", kept)
        return open_run(folder)

    return make


def loud(networks: Sing) -> Sing:
    """The networks with weights that give waveforms of about 0.3: torch's own give 0.03."""
    with torch.no_grad():
        for name, parameter in networks.named_parameters():
            parameter.mul_(6.0 if "synthesis" in name else 2.0)
    return networks


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    return make_run()


class Plain:
    """SING by the sections of the paper with torch's own layers: the oracle of these tests."""

    @staticmethod
    def codes(networks: Sing, keys: Tensor) -> Tensor:
        """Section 4.1: look-ups, torch's LSTM, a linear layer. Keys [B, 3] -> [B, D, 265]."""
        tables = networks.sequence.embeddings
        note = [
            tables.instrument.weight[keys[:, 0]],
            tables.pitch.weight[keys[:, 1]],
            tables.velocity.weight[keys[:, 2]],
        ]
        rows = []
        for frame in range(265):
            time = [] if tables.time is None else [tables.time.weight[frame].expand(len(keys), -1)]
            rows.append(torch.cat([*note, *time], dim=1))
        hidden, _ = networks.sequence.lstm(torch.stack(rows, dim=1))
        codes: Tensor = networks.sequence.projection(hidden)
        return codes.transpose(1, 2)

    @staticmethod
    def decoded(networks: Sing, codes: Tensor) -> Tensor:
        """Section 4.2 with torch's convolutions: codes [B, D, 265] -> notes [B, 64000]."""
        decoder = networks.decoder
        hidden = conv1d(codes, decoder.context.weight, decoder.context.bias).relu()
        for layer in (decoder.pointwise_1, decoder.pointwise_2):
            hidden = conv1d(hidden, layer.weight.unsqueeze(2), layer.bias).relu()
        window = torch.hann_window(1024, periodic=True) ** 2
        filters = (decoder.synthesis.weight * window).unsqueeze(1)
        decoded = conv_transpose1d(hidden, filters, decoder.synthesis.bias, stride=256, padding=768)
        assert decoded.shape[1:] == (1, 65_024)
        return decoded[:, 0, 512:-512]

    def waveforms(self, run: Run, notes: Sequence[Note]) -> np.ndarray:
        """The notes' waveforms [B, 64000]."""
        networks = run.networks()
        with torch.inference_mode():
            keys = torch.from_numpy(run.vocabulary.encode(notes))
            return self.decoded(networks, self.codes(networks, keys)).numpy()


@pytest.fixture
def plain() -> Plain:
    return Plain()


@pytest.fixture
def notes() -> tuple[Note, ...]:
    """All 18 notes that the tiny run knows, sorted by name."""
    return NOTES


@pytest.fixture
def dataset(tmp_path: Path, notes: tuple[Note, ...]) -> Dataset:
    """Recordings of the run's notes: each a chirp of its own."""
    folder = tmp_path / "notes"
    (folder / "audio").mkdir(parents=True)
    time = np.arange(64_000) / 16_000
    for note in notes:
        chirp = np.sin(2 * np.pi * note.frequency * time * (1 + time / 4))
        write_waveform(folder / "audio" / f"{note.name}.wav", note.velocity / 200 * chirp)
    write_examples(folder, notes)
    return open_dataset(folder)
