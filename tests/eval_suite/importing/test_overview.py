import shutil
from pathlib import Path

import pytest

from eval_suite.importing.overview import list_systems, table
from sing.errors import SingError


def test_finished_unfinished_and_broken_folders_are_listed(workplace, make_system, dataset):
    make_system(Path("systems/half"))
    make_system(Path("systems/other"), kind="truth", notes=dataset.notes[:1])
    shutil.copytree("systems/half", "systems/part")
    Path("systems/part/system.json").rename("systems/part/unfinished.json")
    Path("systems/torn").mkdir()
    Path("systems/torn/system.json").write_text("{")
    Path("systems/notes").mkdir()
    entries = {entry.name: entry for entry in list_systems(Path("systems"))}
    # The copy is still called half inside, but is shown by the folder that must be gone on with.
    assert list(entries) == ["half", "other", "part", "torn"]
    assert (entries["half"].kind, entries["half"].notes) == ("test", "12")
    assert entries["half"].clipped == "0"
    assert (entries["part"].notes, entries["part"].state[:10]) == ("12", "unfinished")
    assert entries["torn"].state.startswith("broken: systems/torn/system.json: not JSON")
    shown = table(list(entries.values()))
    assert shown.header == ("system", "kind", "from", "state", "notes", "clipped")
    assert shown.lines[0] == ("half", "test", "", "finished", "12", "0")


def test_nothing_to_list_is_said(workplace):
    with pytest.raises(SingError, match="no such folder"):
        list_systems(Path("systems"))
    Path("systems").mkdir()
    with pytest.raises(SingError, match="no system folder in it; make one"):
        list_systems(Path("systems"))
