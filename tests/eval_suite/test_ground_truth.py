"""Which reference, dataset and split belong to the sources (docs/decisions/0003)."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval_suite.ground_truth import find_ground_truth, open_sources
from eval_suite.sources import DatasetSource, RunSource, SystemSource, open_source
from sing import files
from sing.config import load_config
from sing.data.nsynth import Dataset, open_dataset, write_examples
from sing.data.pack import pack
from sing.data.split import Split, split_of
from sing.data.vocabulary import Vocabulary
from sing.errors import SingError
from sing.generate import selection
from sing.notes import Note
from sing.run import open_run, write_run
from sing.systems import System, read_system

Make = Callable[..., System]


def copied(dataset: Dataset, folder: Path) -> Path:
    """A dataset of the same notes, without sounds."""
    folder.mkdir(parents=True)
    shutil.copy(dataset.folder / "examples.json", folder)
    return folder


def run_source(folder: Path, dataset: Dataset, split: Split, recorded: Path) -> RunSource:
    vocabulary = Vocabulary.of(dataset.notes)
    names = files.sha256_of_lines(note.name for note in dataset.notes)
    facts = {"dataset": str(recorded), "notes_sha256": names}
    write_run(folder, load_config("tiny"), vocabulary, split, **facts)
    return RunSource(open_run(folder))


def test_a_dataset_among_the_sources_is_its_own_ground_truth(dataset: Dataset):
    truth = find_ground_truth([DatasetSource(dataset)], None, None)
    assert truth.reference == truth.dataset == DatasetSource(dataset)
    assert truth.split == split_of(dataset)


def test_data_gives_the_dataset_and_reference_overrides_only_the_reference(
    dataset: Dataset, make_system: Make, tmp_path: Path
):
    half = make_system(tmp_path / "half")
    sources = [open_source(half.folder)]
    truth = find_ground_truth(sources, None, dataset.folder)
    assert truth.reference == DatasetSource(dataset)
    truth = find_ground_truth(sources, half.folder, dataset.folder)
    assert truth.reference == open_source(half.folder)
    assert truth.dataset == DatasetSource(dataset)


def test_a_run_is_compared_with_the_dataset_and_on_the_split_of_its_training(
    dataset: Dataset, workplace: Path
):
    own = Split(dataset.notes[4:], (), dataset.notes[:4])
    run = run_source(workplace / "run", dataset, own, dataset.folder)
    truth = find_ground_truth([run], None, None)
    assert truth.reference == DatasetSource(dataset)
    assert truth.split == own != split_of(dataset)


def test_a_system_is_compared_with_the_dataset_that_it_records(
    dataset: Dataset, make_system: Make, workplace: Path
):
    half = make_system(workplace / "half")
    about = files.read_json(half.folder / "system.json")
    files.write_json(half.folder / "system.json", {**about, "dataset": str(dataset.folder)})
    copied(dataset, workplace / "data" / "another")  # what is recorded comes before ./data
    truth = find_ground_truth([open_source(half.folder)], None, None)
    assert truth.reference == DatasetSource(dataset)


def recording(system: System, dataset: str, sha256: object = None) -> SystemSource:
    """The system with another dataset, and its hash, in its system.json."""
    about = files.read_json(system.folder / "system.json")
    recorded = {"dataset": dataset, "dataset_sha256": sha256}
    files.write_json(system.folder / "system.json", {**about, **recorded})
    return SystemSource(read_system(system.folder))


def test_a_pack_is_found_as_the_only_dataset_in_data(
    dataset: Dataset, make_system: Make, workplace: Path
):
    make_system(workplace / "half")
    small = shutil.copytree(dataset.folder, workplace / "data" / "small")
    pack(open_dataset(small))
    beside = find_ground_truth([open_source(Path("half"))], None, None)
    assert beside.reference.folder == Path("data/small")
    shutil.rmtree(small)
    alone = find_ground_truth([open_source(Path("half"))], None, None)
    assert alone.reference.folder == Path("data/small.pack")
    assert alone.reference.members == set(dataset.notes)


def test_demo_names_the_embedded_dataset(
    dataset: Dataset, make_system: Make, workplace: Path, monkeypatch: pytest.MonkeyPatch
):
    make_system(workplace / "half")
    monkeypatch.setattr("sing.data.demo.demo_dataset", lambda: dataset.folder)
    truth = find_ground_truth([open_source(Path("half"))], None, Path("demo"))
    assert truth.reference == DatasetSource(dataset)


def test_a_system_of_the_demo_run_is_compared_with_the_embedded_dataset(
    dataset: Dataset, make_system: Make, workplace: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sing.data.demo.demo_dataset", lambda: dataset.folder)
    copied(dataset, workplace / "data" / "another")
    half = recording(make_system(workplace / "half"), "demo")
    assert find_ground_truth([half], None, None).reference == DatasetSource(dataset)
    # A run that was trained on the same one belongs to the same dataset.
    run = run_source(workplace / "run", dataset, split_of(dataset), Path("demo"))
    assert find_ground_truth([run, half], None, None).dataset == DatasetSource(dataset)


def other_dataset(folder: Path) -> Path:
    folder.mkdir(parents=True)
    write_examples(folder, [Note("organ_electronic_000", 40, 75)])
    return folder


def test_a_recorded_dataset_that_is_gone_gives_way_to_the_one_in_data_that_has_its_hash(
    dataset: Dataset, make_system: Make, workplace: Path, capfd: pytest.CaptureFixture[str]
):
    run = run_source(workplace / "run", dataset, split_of(dataset), Path("/gone/nsynth"))
    copied(dataset, workplace / "data" / "here")
    other_dataset(workplace / "data" / "another")
    (workplace / "data" / "not-a-dataset").mkdir()
    digest = files.sha256(dataset.folder / "examples.json")
    half, truth = (make_system(workplace / name) for name in ("half", "truth"))
    as_text = recording(half, "/gone/nsynth", digest)  # as sing reconstruct writes it
    as_facts = recording(truth, "/gone/nsynth", {"examples.json": digest})  # as systems truth does
    for sources in ([run], [as_text], [as_facts], [run, as_text, as_facts]):
        assert find_ground_truth(sources, None, None).reference.name == "here"
    warned = " ".join(capfd.readouterr().err.split())
    assert (
        "run: its dataset /gone/nsynth is not there; taking data/here, of the same notes" in warned
    )


def test_a_recorded_dataset_that_is_gone_gives_way_to_no_other(
    dataset: Dataset, make_system: Make, workplace: Path
):
    run = run_source(workplace / "run", dataset, split_of(dataset), Path("/gone/nsynth"))
    half = recording(make_system(workplace / "half"), "/gone/nsynth", "0" * 64)
    unhashed = recording(make_system(workplace / "unhashed"), "/gone/nsynth")
    other_dataset(workplace / "data" / "another")
    for source in (run, half, unhashed):
        reason = f"{source.name}: its dataset /gone/nsynth is not there, and none in ./data is"
        with pytest.raises(SingError, match=f"^{reason} known to be it; pass --data DATASET$"):
            find_ground_truth([source], None, None)
    other_dataset(workplace / "data" / "third")
    with pytest.raises(SingError, match="its dataset /gone/nsynth is not there, and none in"):
        find_ground_truth([half], None, None)
    assert find_ground_truth([half], None, dataset.folder).reference == DatasetSource(dataset)
    found = run_source(workplace / "found", dataset, split_of(dataset), dataset.folder)
    with pytest.raises(SingError, match=r"^half: its dataset .* not there, and .* is not known"):
        find_ground_truth([found, half], None, None)


def test_a_pack_of_the_recorded_dataset_is_the_same_dataset(
    dataset: Dataset, make_system: Make, workplace: Path
):
    small = shutil.copytree(dataset.folder, workplace / "data" / "small")
    pack(open_dataset(small))
    shutil.rmtree(small)
    digest = files.sha256(dataset.folder / "examples.json")
    half = recording(make_system(workplace / "half"), str(small), {"examples.json": digest})
    assert find_ground_truth([half], None, None).reference.name == "small.pack"


@pytest.mark.parametrize(
    ("recorded", "reason"),
    [
        ("/gone/nsynth", "its dataset /gone/nsynth is not there; pass --data DATASET"),
        ("small", "its dataset 'small' is not an absolute path; pass --data DATASET"),
    ],
)
def test_a_recorded_dataset_that_cannot_be_found_is_named_with_the_option_that_gives_it(
    dataset: Dataset, make_system: Make, workplace: Path, recorded: str, reason: str
):
    copied(dataset, workplace / "small")  # a namesake: which folder was meant is not known
    half = recording(make_system(workplace / "half"), recorded)
    with pytest.raises(SingError, match=f"^half: {reason}$"):
        find_ground_truth([half], None, None)
    run = run_source(workplace / "run", dataset, split_of(dataset), Path(recorded))
    with pytest.raises(SingError, match=f"^run: {reason}$"):
        find_ground_truth([run], None, None)


def test_without_a_dataset_the_source_of_kind_truth_is_the_reference(
    make_system: Make, workplace: Path
):
    folders = [workplace / "systems" / name for name in ("half", "truth")]
    for folder in folders:
        make_system(folder, kind=folder.name)
    truth = find_ground_truth(open_sources(folders, "cpu"), None, None)
    assert truth.reference.name == "truth"
    assert truth.dataset is None
    assert truth.split is None


def test_without_anything_to_compare_with_the_option_is_named(make_system: Make, workplace: Path):
    make_system(workplace / "half")
    with pytest.raises(SingError, match="pass --reference DATASET-OR-SYSTEM"):
        find_ground_truth(open_sources([workplace / "half"], "cpu"), None, None)


def test_several_candidates_are_an_error_and_not_a_guess(
    dataset: Dataset, make_system: Make, workplace: Path
):
    half = open_source(make_system(workplace / "half").folder)
    first, second = (copied(dataset, workplace / "data" / name) for name in ("first", "second"))
    with pytest.raises(SingError, match=r"./data holds several datasets .*first.*second"):
        find_ground_truth([half], None, None)
    datasets = [open_source(first), open_source(second)]
    with pytest.raises(SingError, match="several sources are datasets"):
        find_ground_truth(datasets, None, None)
    runs = [
        run_source(workplace / folder.name, dataset, split_of(dataset), folder)
        for folder in (first, second)
    ]
    with pytest.raises(SingError, match="the sources belong to several datasets"):
        find_ground_truth(runs, None, None)
    for name in ("truth", "truth2"):
        make_system(workplace / name, kind="truth")
    shutil.rmtree(workplace / "data")
    sources = open_sources([workplace / "truth", workplace / "truth2"], "cpu")
    with pytest.raises(
        SingError, match="truth and truth2 are both of kind truth; pass --reference"
    ):
        find_ground_truth(sources, None, None)


def test_runs_of_different_splits_are_not_compared(dataset: Dataset, workplace: Path):
    split = split_of(dataset)
    other = replace(split, train=split.test, test=split.train)
    runs = [
        run_source(workplace / name, dataset, chosen, dataset.folder)
        for name, chosen in (("a", split), ("b", other))
    ]
    with pytest.raises(
        SingError, match=r"b and a were trained on different splits.*score them apart"
    ):
        find_ground_truth(runs, None, None)


def test_a_run_is_no_reference(dataset: Dataset, workplace: Path):
    run = run_source(workplace / "run", dataset, split_of(dataset), dataset.folder)
    with pytest.raises(SingError, match="a run; --reference takes a dataset or a system folder"):
        find_ground_truth([run], workplace / "run", None)


def test_without_sources_every_finished_folder_of_systems_is_taken(
    make_system: Make, workplace: Path
):
    for name in ("b", "a"):
        make_system(workplace / "systems" / name)
    (workplace / "systems" / "unfinished" / "audio").mkdir(parents=True)
    assert [source.name for source in open_sources([], "cpu")] == ["a", "b"]


def test_an_unfinished_folder_is_named_and_not_scored(
    make_system: Make, workplace: Path, capfd: pytest.CaptureFixture[str]
):
    systems = workplace / "systems"
    for name in ("done", "halfway"):
        make_system(systems / name)
    (systems / "halfway" / "system.json").rename(systems / "halfway" / "unfinished.json")
    shutil.copy(systems / "done" / "system.json", systems / "done" / "unfinished.json")
    assert [source.name for source in open_sources([], "cpu")] == ["done"]
    warned = " ".join(capfd.readouterr().err.split())
    assert warned == (
        "warning: systems/halfway: unfinished, so left out; the command that makes it goes on "
        "with --resume"
    )
    with pytest.raises(SingError, match="halfway: unfinished; the command that makes it goes on"):
        open_source(systems / "halfway")


def test_two_sources_of_one_name_are_refused(make_system: Make, workplace: Path):
    folders = [workplace / place / "half" for place in ("mine", "yours")]
    for folder in folders:
        make_system(folder)
    with pytest.raises(
        SingError, match=r"a second source called 'half', as .*mine/half; rename one"
    ):
        open_sources(folders, "cpu")


def test_without_sources_and_systems_the_shipped_run_is_taken_and_demo_names_it(
    dataset: Dataset, workplace: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(selection, "shipped_run", lambda: workplace / "nowhere")
    with pytest.raises(SingError, match="demo: this installation has no demo run"):
        open_sources([], "cpu")
    run_source(workplace / "shipped", dataset, split_of(dataset), dataset.folder)
    monkeypatch.setattr(selection, "shipped_run", lambda: workplace / "shipped")
    for folders in ([], [Path("demo")]):
        (source,) = open_sources(folders, "cpu")
        assert isinstance(source, RunSource)
        assert source.name == "demo"
        assert find_ground_truth([source], None, None).reference == DatasetSource(dataset)
