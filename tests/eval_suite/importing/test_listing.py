import os

import pytest

from eval_suite.importing.listing import list_folder, list_named
from eval_suite.importing.names import NoteFinder
from sing.errors import SingError

NAMES = ("bass_acoustic_000-048-075", "organ_electronic_001-060-075")


@pytest.fixture
def outputs(tmp_path):
    folder = tmp_path / "outputs"
    (folder / "deep").mkdir(parents=True)
    (folder / f"gen_{NAMES[1]}.wav").write_bytes(b"one")
    (folder / "deep" / f"{NAMES[0]}.FLAC").write_bytes(b"two")
    return folder


def listed(folder, leave_out="elsewhere"):
    return list_folder(folder, NoteFinder(), folder / leave_out)


def test_audio_files_are_found_at_any_depth_and_sorted_by_note(outputs):
    (outputs / "log.txt").write_text("no audio")
    (outputs / f"._gen_{NAMES[1]}.wav").write_bytes(b"a Mac's resource fork")
    (outputs / ".cache").mkdir()
    (outputs / ".cache" / f"{NAMES[1]}.wav").write_bytes(b"hidden")
    found = listed(outputs)
    shown = [source.shown for source in found.sources]
    assert shown == [f"deep/{NAMES[0]}.FLAC", f"gen_{NAMES[1]}.wav"]
    assert [source.note.name for source in found.sources] == sorted(NAMES)
    assert found.unrecognised == {}


def test_files_without_a_note_are_kept_apart_with_a_reason(outputs):
    (outputs / "mix.wav").write_bytes(b"three")
    assert listed(outputs).unrecognised == {"mix.wav": "no note in its name"}


def test_what_an_import_wrote_below_the_folder_is_not_imported_again(outputs):
    (outputs / "systems" / "s" / "audio").mkdir(parents=True)
    (outputs / "systems" / "s" / "audio" / f"{NAMES[0]}.wav").write_bytes(b"ours")
    assert len(listed(outputs, "systems/s").sources) == 2


def test_equal_files_of_a_note_are_one_and_different_ones_an_error(outputs):
    (outputs / f"gen_{NAMES[1]} (1).wav").write_bytes(b"one")
    found = listed(outputs)
    assert len(found.sources) == 2
    assert found.copies == (f"gen_{NAMES[1]}.wav",)
    (outputs / f"{NAMES[1]}.mp3").write_bytes(b"1.1")
    with pytest.raises(SingError, match=f"a note has two files.*{NAMES[1]}.wav and|{NAMES[1]}.mp3"):
        listed(outputs)


def test_a_folder_without_a_note_shows_a_name_as_it_should_be_and_one_that_is_there(tmp_path):
    with pytest.raises(SingError, match="no audio file in it"):
        listed(tmp_path)
    (tmp_path / "mix.wav").write_bytes(b"")
    with pytest.raises(SingError, match=r"such as gen_keyboard_acoustic_004.*found mix\.wav"):
        listed(tmp_path)
    with pytest.raises(SingError, match="no such folder"):
        listed(tmp_path / "nothing")
    with pytest.raises(SingError, match="a file"):
        listed(tmp_path / "mix.wav")


def test_names_that_are_no_text_are_shown_with_escapes(outputs):
    strange = os.fsdecode(b"caf\xe9_" + NAMES[0].encode() + b".wav")
    (outputs / "deep" / f"{NAMES[0]}.FLAC").rename(outputs / strange)
    assert listed(outputs).sources[0].shown == f"caf\\xe9_{NAMES[0]}.wav"


def test_a_names_file_says_which_file_is_which_note(outputs, tmp_path):
    (outputs / "000.raw.wav").write_bytes(b"three")
    names = tmp_path / "names.csv"
    names.write_text(f"file,note\n000.raw.wav,{NAMES[1]}\ndeep/{NAMES[0]}.FLAC,{NAMES[0]}\n")
    found = list_named(outputs, names)
    assert [source.path.name for source in found.sources] == [f"{NAMES[0]}.FLAC", "000.raw.wav"]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (f"a.wav,{NAMES[0]}\na.wav,{NAMES[1]}", "line 3: a.wav is on line 2 already"),
        (f"a.wav,{NAMES[0]}\nb.wav,{NAMES[0]}", f"line 3: {NAMES[0]} is on line 2 already"),
        ("a.wav,bass", "line 2: 'bass': not a note name"),
        (f"gone.wav,{NAMES[0]}", "none of its 1 files"),
    ],
)
def test_faults_of_a_names_file_are_told_with_their_line(outputs, tmp_path, lines, fault):
    (outputs / "a.wav").write_bytes(b"")
    names = tmp_path / "names.csv"
    names.write_text(f"file,note\n{lines}\n")
    with pytest.raises(SingError, match=fault):
        list_named(outputs, names)
