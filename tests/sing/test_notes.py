import pytest

from sing.errors import SingError
from sing.notes import Note


def test_names_are_nsynths_and_parse_back(nsynth):
    for name in (nsynth / "paper_100_test_notes.txt").read_text().split():
        assert Note.parse(name).name == name


@pytest.mark.parametrize(
    ("name", "family", "source", "frequency"),
    [
        ("bass_synthetic_068-049-025", "bass", "synthetic", 138.591),
        ("synth_lead_synthetic_006-069-127", "synth_lead", "synthetic", 440.0),
        ("vocal_acoustic_000-060-100", "vocal", "acoustic", 261.626),
    ],
)
def test_family_source_and_frequency_follow_from_the_name(name, family, source, frequency):
    note = Note.parse(name)
    assert (note.family, note.source) == (family, source)
    assert note.frequency == pytest.approx(frequency, abs=1e-3)


def test_instruments_of_another_form_are_their_own_family():
    note = Note("my violin", 60, 100)
    assert (note.family, note.source) == ("my violin", "unknown")


@pytest.mark.parametrize("name", ["", "bass", "bass-60-100", "bass-060-100.wav", "-060-100"])
def test_other_names_are_refused_with_an_example(name):
    with pytest.raises(SingError, match="expected instrument-pitch-velocity"):
        Note.parse(name)


@pytest.mark.parametrize("instrument", ["../up", "/root", "a/b", "a\\b", "c:d", ".x", "a\tb", "=1"])
def test_no_name_leads_out_of_a_folder(instrument):
    with pytest.raises(SingError, match="not an instrument's name"):
        Note.parse(f"{instrument}-060-100")


def test_midi_range_is_checked():
    with pytest.raises(SingError, match="velocity 128 is not in 0 to 127"):
        Note.parse("bass_acoustic_000-060-128")
