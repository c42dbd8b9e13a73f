import hashlib
import json
import zipfile

import pandas as pd
import pytest

from analysis.bundle import MANIFEST, reproduce, write_bundle
from analysis.study_run import Settings
from sing.errors import CheckFailed, SingError


@pytest.fixture(scope="module")
def folder(make_study):
    return make_study()


@pytest.fixture(scope="module")
def bundle(folder, tmp_path_factory):
    return write_bundle(folder, tmp_path_factory.mktemp("bundle") / "study.zip", Settings())


def rewritten(bundle, path, **changed):
    """The same archive with some files changed; None leaves one out."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = changed.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


def test_the_same_study_gives_the_same_archive(folder, bundle, tmp_path):
    again = write_bundle(folder, tmp_path / "another-name.zip", Settings())
    assert again.read_bytes() == bundle.read_bytes()


def test_a_bundle_gives_the_same_bytes_again(bundle, tmp_path):
    found = reproduce(bundle, tmp_path / "again")
    assert not found.different
    assert {"mos.csv", "abx.csv", "screening.csv", "tables/table2.tex"} <= set(found.same)
    with zipfile.ZipFile(bundle) as archive:
        packed = archive.read("results/mos.csv")
    assert (found.folder / "results" / "mos.csv").read_bytes() == packed


FOREIGN = ["worker", "codec", "file", "mos", "experiment"]


@pytest.fixture
def foreign(make_study):
    """Ratings of two studies as another tool has them, and choices of the first as ours."""
    home = make_study(leave=("metrics.csv", "speed.csv", "sing.history.csv"))
    names = ["participant", "system", "note", "score", "study"]
    ours = pd.read_csv(home / "ratings.csv")[names].set_axis(FOREIGN, axis=1)
    ours["file"] = "clip " + ours["file"].str[-11:]
    both = pd.concat([ours, ours.assign(experiment="other", mos=3)])
    both.to_csv(home / "ratings.csv", index=False, sep=";")
    columns = dict(zip(names, FOREIGN, strict=True))
    return home, columns


def test_answers_collected_elsewhere_are_bundled_and_give_the_same_bytes_again(foreign, tmp_path):
    home, columns = foreign
    settings = Settings(rules="none", columns=columns, study="pilot", scale=(1, 5))
    found = reproduce(write_bundle(home, tmp_path / "b.zip", settings), tmp_path / "again")
    assert not found.different
    assert {"mos.csv", "abx.csv"} <= set(found.same)
    packed = pd.read_csv(found.folder / "inputs" / "ratings.csv")
    assert set(packed["study"]) == {"pilot"}
    assert packed["participant"].str.fullmatch(r"r\d{6}").all()
    theirs = pd.read_csv(home / "ratings.csv", sep=";")
    means = theirs[theirs["experiment"] == "pilot"].groupby("codec")["mos"].mean()
    mos = pd.read_csv(found.folder / "results" / "mos.csv").set_index("system")["mos"]
    assert mos.to_dict() == pytest.approx(means.to_dict())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"columns": {}}, r"no column 'system'"),
        ({"study": None}, r"results\d+/ratings.csv: several in column 'study'"),
        ({"study": "pilto"}, "--study pilto: .* did you mean 'pilot'"),
        ({"test": "mushra"}, "--test mushra: not in ratings.csv or choices.csv"),
        ({"columns": {"score": "moss"}}, "--column score=moss: .* did you mean 'mos'"),
    ],
)
def test_answers_that_cannot_be_read_are_one_clear_line(foreign, tmp_path, changed, message):
    home, columns = foreign
    given = {"columns": columns, "study": "pilot", **changed}
    with pytest.raises(SingError, match=message):
        write_bundle(home, tmp_path / "b.zip", Settings(rules="none", **given))


def test_raters_get_new_names_and_their_scores_stay(folder, bundle):
    with zipfile.ZipFile(bundle) as archive:
        text = archive.read("inputs/ratings.csv").decode()
        names = archive.namelist()
    assert "p0003" not in text
    old = pd.read_csv(folder / "ratings.csv")
    with zipfile.ZipFile(bundle) as archive, archive.open("inputs/ratings.csv") as file:
        new = pd.read_csv(file)
    assert sorted(new["participant"].unique())[:2] == ["r000001", "r000002"]
    key = ["system", "note"]
    pd.testing.assert_series_equal(
        old.groupby(key)["score"].sum(), new.groupby(key)["score"].sum(), check_dtype=False
    )
    assert "inputs/rules.toml" in names


def test_what_raters_wrote_and_where_files_lay_stays_at_home(make_study, tmp_path):
    home = make_study(leave=("metrics.csv",))
    (home / "answers.csv").write_text("study,session,question,answer\npilot,p0001,name,Ann Lee\n")
    record = {"fingerprint": "f", "command": ["sing-eval", "/home/ann"], "is_synthetic": False}
    (home / "provenance.json").write_text(json.dumps(record))
    made = write_bundle(home, tmp_path / "b.zip", Settings(rules="none"))
    with zipfile.ZipFile(made) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Ann" not in everything
    assert b"/home/ann" not in everything
    assert str(home).encode() not in everything


def test_other_results_are_found_and_named(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    other = "system,mos\n"
    manifest["results"]["mos.csv"] = hashlib.sha256(other.encode()).hexdigest()
    files = {MANIFEST: json.dumps(manifest), "results/mos.csv": other}
    changed = rewritten(bundle, tmp_path / "b.zip", **files)
    with pytest.raises(CheckFailed, match=r"1 of \d+ results differ: mos.csv"):
        reproduce(changed, tmp_path / "again")
    assert (tmp_path / "again" / "results" / "mos.csv").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"inputs/speed.csv": "system\n"}, "speed.csv is not the file that was packed"),
        ({"inputs/speed.csv": None}, "not a whole bundle"),
        ({"results/mos.csv": "system\n"}, "mos.csv is not the file that was packed"),
        ({MANIFEST: None}, "not a whole bundle"),
        ({MANIFEST: "{"}, "not JSON"),
        ({MANIFEST: '{"format": 2}'}, "format 1"),
        (
            {MANIFEST: '{"format": 1, "settings": {}, "inputs": {"../x": ""}, "results": {}}'},
            "leads out",
        ),
        (
            {MANIFEST: '{"format": 1, "settings": {"colour": 1}, "inputs": {}, "results": {}}'},
            "unknown settings",
        ),
    ],
)
def test_damaged_and_hostile_bundles_are_one_clear_line(bundle, tmp_path, changed, message):
    made = rewritten(bundle, tmp_path / "b.zip", **changed)
    with pytest.raises(SingError, match=message):
        reproduce(made, tmp_path / "again")
    assert {path.name for path in tmp_path.iterdir()} == {"b.zip"}


def test_what_is_no_archive_is_one_clear_line(tmp_path, folder):
    (tmp_path / "b.zip").write_text("not a zip file")
    with pytest.raises(SingError, match="not a whole bundle"):
        reproduce(tmp_path / "b.zip", tmp_path / "again")
    with pytest.raises(SingError, match="no such file"):
        reproduce(tmp_path / "absent.zip", tmp_path / "again")
    with pytest.raises(SingError, match=r"end it with \.zip"):
        write_bundle(folder, tmp_path / "b.tar", Settings())
