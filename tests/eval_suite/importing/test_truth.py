import shutil
from pathlib import Path

import numpy as np
import pytest
from folder_contents import contents

from eval_suite.importing.truth import TruthRequest, write_truth
from sing import files
from sing.errors import CheckFailed, SingError
from sing.systems import read_system

OUT = Path("systems/truth")


def test_the_test_split_is_written_sample_for_sample(dataset, workplace):
    assert write_truth(TruthRequest(dataset.folder, OUT)) == 0
    system = read_system(OUT)
    assert (system.name, system.kind, len(system.notes)) == ("truth", "truth", 12)
    for note in system.notes:
        assert np.array_equal(system.waveform(note), dataset.waveforms([note])[0])
    facts = files.read_json(OUT / "system.json")
    assert facts["dataset"] == str(dataset.folder.resolve())
    assert facts["dataset_sha256"] == {
        "examples.json": files.sha256(dataset.folder / "examples.json")
    }


def test_all_notes_the_first_ones_or_those_of_a_list_can_be_had(dataset, workplace):
    write_truth(TruthRequest(dataset.folder, OUT, split="all", limit=5))
    assert list(read_system(OUT).notes) == list(dataset.notes[:5])
    Path("list.csv").write_text(f"note\n{dataset.notes[7].name}\n")
    write_truth(TruthRequest(dataset.folder, OUT, listed="list.csv", force=True))
    assert list(read_system(OUT).notes) == [dataset.notes[7]]
    Path("list.csv").write_text("note\nbass_synthetic_000-001-050\n")
    with pytest.raises(SingError, match=r"list\.csv: 1 notes are not in"):
        write_truth(TruthRequest(dataset.folder, OUT, listed="list.csv", force=True))
    with pytest.raises(SingError, match="no valid notes"):
        write_truth(TruthRequest(dataset.folder, OUT, split="valid", force=True))


def test_recordings_that_cannot_be_read_are_left_out_with_a_reason(dataset, workplace):
    copy = workplace / "copy"
    shutil.copytree(dataset.folder, copy)
    broken = dataset.notes[0]
    (copy / "audio" / f"{broken.name}.wav").write_text("no audio")
    assert write_truth(TruthRequest(copy, OUT, split="all")) == 1
    assert broken not in read_system(OUT).notes
    (failed,) = files.read_json(OUT / "system.json")["failed"]
    assert failed["note"] == broken.name
    assert "cannot be read as audio" in failed["reason"]
    shutil.rmtree(copy / "audio")
    with pytest.raises(CheckFailed, match="no note can be read"):
        write_truth(TruthRequest(copy, Path("systems/none"), split="all"))
    assert not Path("systems/none").exists()


def test_a_stopped_command_goes_on_to_the_same_bytes(dataset, workplace):
    write_truth(TruthRequest(dataset.folder, OUT))
    whole = contents(OUT)
    # As a kill leaves it: no system.json yet, some notes not written.
    facts = files.read_json(OUT / "system.json")
    begun = ("made_by", "dataset", "dataset_sha256", "notes_sha256", "versions")
    files.write_json(OUT / "unfinished.json", {key: facts[key] for key in begun})
    (OUT / "system.json").unlink()
    for path in sorted((OUT / "audio").iterdir())[5:]:
        path.unlink()
    with pytest.raises(SingError, match="pass --resume"):
        write_truth(TruthRequest(dataset.folder, OUT))
    with pytest.raises(SingError, match="another 'notes_sha256'"):
        write_truth(TruthRequest(dataset.folder, OUT, split="train", resume=True))
    write_truth(TruthRequest(dataset.folder, OUT, resume=True))
    assert contents(OUT) == whole
