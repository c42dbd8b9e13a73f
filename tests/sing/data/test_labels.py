import gzip
import json

import pytest

from sing.data.labels import FAMILIES, SOURCES, example_record, read_labels
from sing.data.nsynth import write_examples
from sing.errors import SingError
from sing.notes import Note


def test_a_record_is_that_of_nsynth():  # the published form of bass_synthetic_033-022-050
    record = example_record(Note("bass_synthetic_033", 22, 50), 417, 201034, qualities=["dark"])
    assert record == {
        "note": 201034,
        "sample_rate": 16000,
        "instrument_family": 0,
        "qualities": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        "instrument_source_str": "synthetic",
        "note_str": "bass_synthetic_033-022-050",
        "instrument_family_str": "bass",
        "instrument_str": "bass_synthetic_033",
        "pitch": 22,
        "instrument": 417,
        "velocity": 50,
        "instrument_source": 2,
        "qualities_str": ["dark"],
    }


def test_families_and_sources_have_nsynths_numbers():  # as the dataset's page lists them
    assert [FAMILIES.index(name) for name in ("bass", "keyboard", "synth_lead", "vocal")] == [
        0, 4, 9, 10,
    ]  # fmt: skip
    assert SOURCES == ("acoustic", "electronic", "synthetic")


def test_labels_are_read_from_a_file_that_gzip_made_smaller_too(tmp_path):
    write_examples(
        tmp_path, [Note("bass_acoustic_000", 60, 25), Note("reed_acoustic_011", 48, 127)]
    )
    plain = tmp_path / "examples.json"
    packed = tmp_path / "examples.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    entries = read_labels(plain)
    assert read_labels(packed) == entries
    assert [(key, labels.pitch, labels.number) for key, labels in entries] == [
        ("bass_acoustic_000-060-025", 60, 0),
        ("reed_acoustic_011-048-127", 48, 1),
    ]


@pytest.mark.parametrize("broken", [None, 3, {}, [1], {"a": {"x": 1}}])
def test_the_entry_that_is_no_record_is_named(tmp_path, broken):
    path = tmp_path / "examples.json"
    write_examples(
        tmp_path, [Note("bass_acoustic_000", 60, 25), Note("reed_acoustic_011", 48, 127)]
    )
    entries = json.loads(path.read_text())
    path.write_text(json.dumps({**entries, "reed_acoustic_011-048-127": broken}))
    with pytest.raises(SingError, match=r'form, one .* \("reed_acoustic_011-048-127" has none\);'):
        read_labels(path)


def test_a_file_that_is_no_table_of_records_is_refused(tmp_path):
    (tmp_path / "examples.json").write_text("[1, 2]")
    with pytest.raises(SingError, match="not NSynth's form, one record a note; restore the file"):
        read_labels(tmp_path / "examples.json")
