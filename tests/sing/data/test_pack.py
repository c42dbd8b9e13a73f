import pickle
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sing.audio import write_waveform
from sing.data import pack as packing
from sing.data.nsynth import open_dataset, write_examples
from sing.data.pack import pack
from sing.data.packed import open_pack
from sing.errors import SingError
from sing.notes import Note


def real_dataset(nsynth: Path, folder: Path) -> Path:
    """Four of the seven genuine notes as FLAC, three decoded to wav."""
    (folder / "audio").mkdir(parents=True)
    paths = sorted((nsynth / "notes").glob("*.flac"))
    for path in paths[:4]:
        shutil.copy(path, folder / "audio")
    for path in paths[4:]:
        samples, rate = soundfile.read(path, dtype="int16")
        soundfile.write(folder / "audio" / f"{path.stem}.wav", samples, rate)
    write_examples(folder, [Note.parse(path.stem) for path in paths])
    return folder


def test_a_pack_holds_the_samples_of_the_real_wav_and_flac_files(nsynth, tmp_path):
    folder = real_dataset(nsynth, tmp_path / "real")
    path = pack(open_dataset(folder))
    assert path == tmp_path / "real.pack"
    stored = np.fromfile(path / "samples.int16", dtype="<i2").reshape(-1, 64_000)
    decoded = [
        soundfile.read(file, dtype="int16")[0] for file in sorted((nsynth / "notes").glob("*.flac"))
    ]
    np.testing.assert_array_equal(stored, decoded)


def test_waveforms_from_a_pack_equal_those_from_files_in_any_order(nsynth, tmp_path):
    folder = real_dataset(nsynth, tmp_path / "real")
    from_files = open_dataset(folder)
    pack(from_files)
    from_pack = open_dataset(folder)
    assert from_files.packed is None
    assert from_pack.packed is not None
    assert from_pack.notes == from_files.notes
    chosen = [from_files.notes[place] for place in (6, 0, 3, 3, 1, 5)]
    np.testing.assert_array_equal(from_pack.waveforms(chosen), from_files.waveforms(chosen))
    assert from_pack.waveforms([]).shape == (0, 64_000)


def test_a_pack_alone_is_a_dataset(make_dataset):
    folder = make_dataset()
    dataset = open_dataset(folder)
    expected = dataset.waveforms(dataset.notes)
    path = pack(dataset)
    shutil.rmtree(folder)
    alone = open_dataset(path)
    assert alone.notes == dataset.notes
    np.testing.assert_array_equal(alone.waveforms(alone.notes), expected)


def test_a_pack_of_an_older_examples_json_is_not_read(make_dataset, capsys):
    folder = make_dataset()
    pack(open_dataset(folder))
    assert "reading the packed samples" not in capsys.readouterr().err
    assert open_dataset(folder).packed is not None
    assert "reading the packed samples in notes.pack" in capsys.readouterr().err
    write_examples(folder, open_dataset(folder).notes[1:])
    dataset = open_dataset(folder)
    assert dataset.packed is None
    assert len(dataset.notes) == 11
    assert "notes.pack is stale" in capsys.readouterr().err
    with pytest.raises(SingError, match=r"made from other files; pass --force"):
        pack(dataset)
    pack(dataset, force=True)
    assert open_dataset(folder).packed is not None


def test_a_pack_of_other_sound_under_the_same_names_is_not_read(make_dataset, capsys):
    folder = make_dataset()
    pack(open_dataset(folder))
    for path in (folder / "audio").iterdir():
        write_waveform(path, np.full(64_000, 0.25))
    dataset = open_dataset(folder)
    assert dataset.packed is None
    assert "is stale" in capsys.readouterr().err
    np.testing.assert_array_equal(dataset.waveforms(dataset.notes[:1]), np.full((1, 64_000), 0.25))
    with pytest.raises(SingError, match="made from other files; pass --force to replace it"):
        pack(dataset)


@pytest.mark.parametrize("name", ["notes.pack", "notes.pack.part"])
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_other_things_is_not_replaced(make_dataset, tmp_path, name, force):
    dataset = open_dataset(make_dataset())
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.tex").write_text("mine")
    with pytest.raises(SingError, match=rf"{name}: not a pack, with thesis\.tex; move it out"):
        pack(dataset, force=force)
    assert (tmp_path / name / "thesis.tex").read_text() == "mine"


def test_a_fresh_pack_is_kept(make_dataset, capsys):
    dataset = open_dataset(make_dataset())
    path = pack(dataset)
    before = (path / "pack.json").stat()
    pack(dataset)
    assert (path / "pack.json").stat() == before
    assert "is up to date" in capsys.readouterr().err


def test_a_stopped_packing_goes_on_where_it_was(make_dataset, monkeypatch):
    folder = make_dataset()
    dataset = open_dataset(folder)
    whole = pack(dataset).rename(folder.parent / "whole")
    monkeypatch.setattr(packing, "_ROWS_A_BLOCK", 2)
    decoded: list[str] = []
    decode = packing._decode

    def stop_at_the_sixth(path: Path) -> np.ndarray:
        if len(decoded) == 5:
            raise KeyboardInterrupt
        decoded.append(path.stem)
        return decode(path)

    with monkeypatch.context() as patched:
        patched.setattr(packing, "_decode", stop_at_the_sixth)
        with pytest.raises(KeyboardInterrupt):
            pack(dataset, jobs=1)
    assert open_dataset(folder).packed is None
    again: list[str] = []
    monkeypatch.setattr(packing, "_decode", lambda path: again.append(path.stem) or decode(path))
    path = pack(dataset, jobs=1)
    assert sorted(again) == [note.name for note in dataset.notes[4:]]
    for name in ("samples.int16", "index.csv", "pack.json"):
        assert (path / name).read_bytes() == (whole / name).read_bytes()
    assert not path.with_name("notes.pack.part").exists()


def test_a_broken_file_leaves_no_part_or_one_that_is_said_to_be_gone_on_with(
    make_dataset, monkeypatch, capsys
):
    folder = make_dataset()
    dataset = open_dataset(folder)
    part = folder.with_name("notes.pack.part")
    broken = dataset.audio_path(dataset.notes[3])
    whole = broken.read_bytes()
    broken.write_bytes(whole[:100])
    with pytest.raises(SingError, match=broken.name):
        pack(dataset)
    assert not part.exists()
    monkeypatch.setattr(packing, "_ROWS_A_BLOCK", 2)
    with pytest.raises(SingError, match=broken.name):
        pack(dataset)
    said = " ".join(capsys.readouterr().err.split())
    assert f"{part}: what is packed is kept; the same command goes on with it" in said
    broken.write_bytes(whole)
    assert open_dataset(pack(dataset)).notes == dataset.notes
    assert not part.exists()


def test_rows_of_files_that_have_changed_since_are_packed_again(make_dataset, monkeypatch):
    folder = make_dataset()
    dataset = open_dataset(folder)
    monkeypatch.setattr(packing, "_ROWS_A_BLOCK", 2)
    dataset.audio_path(dataset.notes[7]).rename(folder / "aside")
    with pytest.raises(SingError, match="there is no such file"):
        pack(dataset)
    for note in dataset.notes:
        write_waveform(dataset.audio_path(note), np.full(64_000, 0.25))
    packed = open_dataset(pack(dataset))
    assert np.all(packed.waveforms(packed.notes) == 0.25)


def test_an_unfinished_pack_of_another_dataset_is_begun_anew(make_dataset, monkeypatch):
    folder = make_dataset()
    dataset = open_dataset(folder)
    monkeypatch.setattr(packing, "_ROWS_A_BLOCK", 2)
    dataset.audio_path(dataset.notes[7]).rename(folder / "aside")
    with pytest.raises(SingError, match="there is no such file"):
        pack(dataset)
    (folder / "aside").rename(dataset.audio_path(dataset.notes[7]))
    write_examples(folder, dataset.notes[1:])
    path = pack(open_dataset(folder))
    np.testing.assert_array_equal(
        open_dataset(path).waveforms(dataset.notes[1:]), dataset.waveforms(dataset.notes[1:])
    )


def test_too_little_disk_space_is_said_before_anything_is_decoded(make_dataset, monkeypatch):
    dataset = open_dataset(make_dataset())
    usage = namedtuple("usage", "total used free")(0, 0, 2**20)
    monkeypatch.setattr(packing.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(packing, "_decode", None)
    with pytest.raises(SingError, match=r"needs 0\.0 GB more and 0\.0 GB are free; make room"):
        pack(dataset)


def test_samples_that_are_not_16_bit_are_refused(make_dataset):
    dataset = open_dataset(make_dataset())
    path = dataset.audio_path(dataset.notes[0])
    soundfile.write(path, np.zeros(64_000) + 1e-6, 16_000, subtype="FLOAT")
    with pytest.raises(SingError, match=f"{path}: not 16-bit samples"):
        pack(dataset)


def test_a_note_that_is_not_packed_is_named(make_dataset):
    folder = make_dataset()
    packed = open_pack(pack(open_dataset(folder)))
    with pytest.raises(SingError) as raised:
        packed.waveforms([Note("bass_acoustic_000", 48, 26)])
    assert str(raised.value) == (
        f"{packed.folder}: no note 'bass_acoustic_000-048-026'; "
        "did you mean 'bass_acoustic_000-048-025'?"
    )


def test_a_pack_travels_to_another_process_without_its_samples(make_dataset):
    dataset = open_dataset(pack(open_dataset(make_dataset())))
    before = dataset.waveforms(dataset.notes)
    sent = pickle.dumps(dataset)
    assert len(sent) < 10_000
    np.testing.assert_array_equal(pickle.loads(sent).waveforms(dataset.notes), before)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("samples.int16", b"short", "5 bytes of samples and 12 index rows for 12 notes"),
        ("index.csv", b"note\n", "bytes of samples and 0 index rows for 12 notes"),
        ("index.csv", b"note\nbass\n", "index.csv: 'bass': not a note name"),
        ("pack.json", b'{"format": 2}', "format 2, this version reads 1"),
        ("pack.json", b"[]", "format None, this version reads 1"),
        ("pack.json", b"", "not JSON"),
    ],
)
def test_a_damaged_pack_is_refused_and_can_be_packed_again(make_dataset, name, content, message):
    folder = make_dataset()
    path = pack(open_dataset(folder))
    (path / name).write_bytes(content)
    for broken in (path, folder):
        with pytest.raises(SingError, match=message):
            open_dataset(broken)
    pack(open_dataset(folder, prefer_pack=False), force=True)
    assert len(open_dataset(path).notes) == 12
