import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sing.audio import from_pcm16, write_waveform
from sing.data.labels import example_record
from sing.data.split import make_split
from sing.errors import SingError
from sing.files import sha256
from sing.generate.folder import Order, write_generated
from sing.generate.offline import generate
from sing.importing import import_model
from sing.model.public_names import PublicSizes, public_shapes
from sing.notes import Note
from sing.run import open_run
from sing.systems import read_system

VELOCITY_OF_ROW = {0: 25, 1: 50, 2: 75, 4: 100, 5: 127}
NAMES = ("organ_a", "bass_b", "vocal_c", "bass_d", "mallet_e", "flute_f", "brass_g")
"""As NSynth's, the instruments' numbers (their places here) do not follow their names."""

WriteMetadata = Callable[..., Path]


@pytest.fixture
def model(golden: Path) -> Path:
    return golden / "tiny_reference_model.th"


@pytest.fixture
def recorded(golden: Path) -> Any:
    return np.load(golden / "tiny_outputs.npz")


@pytest.fixture
def write_metadata(tmp_path: Path) -> WriteMetadata:
    """Write an examples.json of notes whose instruments have the numbers of `NAMES`."""

    def write(notes: Sequence[Note] | None = None, name: str = "examples.json", **change: Any):
        chosen = notes if notes is not None else all_notes()
        records = {
            note.name: {**example_record(note, NAMES.index(note.instrument), row), **change}
            for row, note in enumerate(chosen)
        }
        path = tmp_path / name
        text = json.dumps(records).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return write


def all_notes(names: Sequence[str] = NAMES) -> list[Note]:
    pitches = (21, 60, 100, 120)
    return [Note(n, p, v) for n in names for p in pitches for v in VELOCITY_OF_ROW.values()]


def played(folder: Path, notes: Sequence[Note]) -> np.ndarray:
    return np.concatenate(list(generate(open_run(folder), notes)))


def test_an_imported_model_sounds_as_the_public_one(model, recorded, tmp_path):
    folder = import_model(model, tmp_path / "public")
    notes = [Note(str(i), int(p), VELOCITY_OF_ROW[v]) for i, p, v in recorded["items"].tolist()]
    assert np.abs(played(folder, notes) - recorded["wav"]).max() < 1e-5


@pytest.mark.parametrize("name", ["examples.json", "examples.json.gz"])
def test_metadata_give_the_instruments_their_names(model, recorded, write_metadata, tmp_path, name):
    folder = import_model(model, tmp_path / "public", write_metadata(name=name))
    assert open_run(folder).vocabulary.instruments == tuple(sorted(NAMES))
    notes = [Note(NAMES[i], int(p), VELOCITY_OF_ROW[v]) for i, p, v in recorded["items"].tolist()]
    assert np.abs(played(folder, notes) - recorded["wav"]).max() < 1e-5


def test_metadata_give_the_split_of_the_public_code(model, write_metadata, tmp_path):
    notes = all_notes()
    run = open_run(import_model(model, tmp_path / "public", write_metadata(notes[::-1])))
    assert run.split == make_split(notes, "reference", 42)
    assert run.split.test
    for pitch in (20, 61):
        with pytest.raises(SingError, match=f"pitch {pitch}: .*; known: 21, 60, 100, 120"):
            run.vocabulary.encode([Note("bass_b", pitch, 25)])


def test_an_imported_run_generates_a_system_folder(model, write_metadata, tmp_path):
    run = open_run(import_model(model, tmp_path / "public", write_metadata()))
    out = write_generated(Order(run, run.split.test, tmp_path / "systems" / "public"))
    system = read_system(out)
    assert system.notes == run.split.test
    expected = played(run.folder, system.notes)
    assert np.abs(system.waveform(system.notes[-1]) - expected[-1]).max() < 1 / 32768 + 1e-5
    assert from_pcm16(np.array([-32768], np.int16)) == -1


def test_instruments_that_only_the_numbers_count_say_so(model, write_metadata, tmp_path):
    known = [note for note in all_notes() if note.instrument != "vocal_c"]
    vocabulary = open_run(import_model(model, tmp_path / "x", write_metadata(known))).vocabulary
    assert vocabulary.instruments == tuple(sorted({*NAMES, "untrained_0002"} - {"vocal_c"}))


def test_a_run_without_metadata_has_numbers_and_an_empty_split(model, tmp_path):
    run = open_run(import_model(model, tmp_path / "public"))
    assert run.vocabulary.instruments == tuple("0123456")
    assert run.vocabulary.velocities == (25, 50, 75, 100, 127)
    assert run.vocabulary.velocity_row_count == 6
    assert run.vocabulary.known_pitches == tuple(range(121))
    assert run.split == make_split([])
    assert run.name == "public"
    assert run.dataset is None
    assert run.provenance["file_sha256"] == sha256(model)


def numbered(instruments: int) -> PublicSizes:
    return PublicSizes(instruments, 20, 5, 4, 3, 2, 0, 265, 8, 1, 6, 5, False)


def random_tensors(model: PublicSizes) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = public_shapes(model)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def test_numbers_are_padded_so_that_they_sort(tmp_path, monkeypatch):
    tensors = random_tensors(numbered(12))
    monkeypatch.setattr("sing.importing.read_public_model", lambda _: tensors)
    (tmp_path / "sing.th").touch()
    run = open_run(import_model(tmp_path / "sing.th", tmp_path / "run"))
    assert run.vocabulary.instruments == tuple(f"{number:02d}" for number in range(12))
    table = run.networks().sequence.embeddings.instrument.weight
    assert torch.equal(table, tensors["sequence_generator.tables.0.weight"])
    assert run.vocabulary.velocity_row_count == 5


def test_other_numbers_of_velocities_are_refused(tmp_path, monkeypatch):
    sizes = numbered(3)
    odd = PublicSizes(**{**vars(sizes), "velocities": 7})
    monkeypatch.setattr("sing.importing.read_public_model", lambda _: random_tensors(odd))
    with pytest.raises(SingError, match=r"sing\.th: 7 rows of velocities, expected 6"):
        import_model(tmp_path / "sing.th", tmp_path / "run")
    assert not list(tmp_path.iterdir())


def broken(text: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(text) and None


def record(**change: Any) -> str:
    note = Note("bass_b", 60, 25)
    return json.dumps({note.name: {**example_record(note, 1, 0), **change}})


TWO_NAMES = json.dumps(
    {note.name: example_record(note, 1, 0) for note in (Note("a", 60, 25), Note("b", 60, 25))}
)
TWO_NUMBERS = json.dumps(
    {
        note.name: example_record(note, note.pitch, 0)
        for note in (Note("a", 6, 25), Note("a", 5, 25))
    }
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no such file; check the path"),
        (lambda path: path.mkdir(), "there is no such file; check the path"),
        (broken("<html>"), "not JSON"),
        (broken("[1, 2]"), "not NSynth's form"),
        (broken("{}"), "holds no note"),
        (broken('{"instrument_str": 3}'), "not NSynth's form"),
        (broken('{"bass": {"instrument_str": "b"}}'), "'bass': not a note name"),
        (broken('{"b-060-025": {"pitch": 3}}'), "'b-060-025': no instrument number and name"),
        (broken(record(instrument="1")), "'bass_b-060-025': no instrument number and name"),
        (broken(record(instrument=True)), "'bass_b-060-025': no instrument number and name"),
        (broken(record(instrument=-1)), "'bass_b-060-025': no instrument number and name"),
        (broken(record(instrument_str="c")), "'bass_b-060-025': no instrument number and name"),
        (broken('{"b-060-026": {"instrument_str": "b"}}'), "velocity 26 is none of NSynth's"),
        (broken(TWO_NAMES), "'b-060-025': instrument 1 is a already"),
        (broken(TWO_NUMBERS), "an instrument has two numbers"),
        (broken(record()), "numbers instruments up to 1, the model to 6"),
        (broken(record(instrument=7)), "numbers instruments up to 7, the model to 6"),
    ],
)
def test_metadata_of_another_kind_are_refused_in_one_line(model, tmp_path, make, message):
    path = tmp_path / "examples.json"
    make(path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SingError) as caught:
        import_model(model, tmp_path / "runs" / "public", path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_note_that_stands_there_twice_is_refused(model, write_metadata, tmp_path):
    path = write_metadata()
    text = path.read_text()
    first = next(iter(json.loads(text)))
    path.write_text(f'{{"{first}": {json.dumps(json.loads(text)[first])}, {text[1:]}')
    with pytest.raises(SingError, match=rf"'{first}' stands there twice; keep one"):
        import_model(model, tmp_path / "run", path)


def test_a_sound_is_not_called_text(tmp_path):
    write_waveform(tmp_path / "note.wav", np.zeros(64_000))
    with pytest.raises(SingError, match="neither a zip archive nor a pickle"):
        import_model(tmp_path / "note.wav", tmp_path / "run")


def test_a_cut_gzip_file_is_refused(model, write_metadata, tmp_path):
    path = write_metadata(name="examples.json.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SingError, match=r"examples\.json\.gz: not JSON"):
        import_model(model, tmp_path / "run", path)


def test_pitches_past_the_models_are_refused(model, write_metadata, tmp_path):
    path = write_metadata([*all_notes(), Note("organ_a", 121, 25)])
    with pytest.raises(SingError, match="goes up to pitch 121, the model to 120"):
        import_model(model, tmp_path / "run", path)


def test_only_runs_are_replaced(model, tmp_path):
    folder = import_model(model, tmp_path / "run")
    (folder / "log.txt").write_text("mine")
    with pytest.raises(SingError, match="not empty; pass --force"):
        import_model(model, folder)
    import_model(model, folder, force=True)
    assert not (folder / "log.txt").exists()
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter_1.tex").touch()
    with pytest.raises(SingError, match="a folder of other things"):
        import_model(model, other, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "thesis"]
    (other / "config.toml").write_text("baseurl = 'https://example.org'")
    (other / "provenance.json").write_text('{"command": ["sing-eval", "metrics"]}')
    with pytest.raises(SingError, match="a folder of other things"):
        import_model(model, other, force=True)
    assert (other / "chapter_1.tex").exists()


def test_a_file_that_fails_leaves_the_old_run(model, tmp_path):
    folder = import_model(model, tmp_path / "run")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (tmp_path / "text.th").write_text("no model")
    with pytest.raises(SingError, match=r"text\.th: not a model"):
        import_model(tmp_path / "text.th", folder, force=True)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
