import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sing.data.nsynth import open_dataset
from sing.data.split import (
    SPLITS,
    Split,
    make_split,
    read_split,
    split_of,
    split_path,
    unseen,
    warn_unseen,
    write_split,
)
from sing.errors import SingError
from sing.notes import VELOCITIES, Note

with_real_notes = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
policies = st.sampled_from(["paper", "reference"])
seeds = st.integers(0, 2**32)


@pytest.fixture(scope="session")
def by_instrument(real_notes: tuple[Note, ...]) -> dict[str, list[Note]]:
    grouped = defaultdict(list)
    for note in real_notes:
        grouped[note.instrument].append(note)
    return dict(grouped)


def some_instruments(data: st.DataObject, by_instrument: dict[str, list[Note]]) -> list[Note]:
    names = st.sets(st.sampled_from(sorted(by_instrument)), min_size=1, max_size=6)
    return [note for name in sorted(data.draw(names)) for note in by_instrument[name]]


def pitches_of(notes: Iterable[Note]) -> dict[str, set[int]]:
    pitches = defaultdict(set)
    for note in notes:
        pitches[note.instrument].add(note.pitch)
    return pitches


@given(data=st.data(), policy=policies, seed=seeds)
@with_real_notes
def test_every_note_is_in_one_part_and_no_pair_on_two_sides(data, policy, seed, by_instrument):
    notes = some_instruments(data, by_instrument)
    split = make_split(notes, policy, seed)
    placed = [note for part in SPLITS for note in split.part(part)]
    assert sorted(placed) == sorted(notes)
    sides = [{note.pair for note in split.part(part)} for part in SPLITS]
    assert sum(map(len, sides)) == len(set.union(*sides))


@given(data=st.data(), policy=policies, seed=seeds)
@with_real_notes
def test_all_velocities_of_a_pair_go_together(data, policy, seed, by_instrument):
    notes = some_instruments(data, by_instrument)
    split = make_split(notes, policy, seed)
    for part in SPLITS:
        kept = set(split.part(part))
        pairs = {note.pair for note in kept}
        assert {note for note in notes if note.pair in pairs} == kept


@given(data=st.data(), policy=policies, seed=seeds)
@with_real_notes
def test_the_order_of_the_notes_does_not_matter(data, policy, seed, by_instrument):
    notes = some_instruments(data, by_instrument)
    shuffled = list(notes)
    data.draw(st.randoms(use_true_random=False)).shuffle(shuffled)
    assert make_split(shuffled, policy, seed) == make_split(notes, policy, seed)


@given(data=st.data(), seed=seeds)
@with_real_notes
def test_a_tenth_of_each_instruments_pitches_is_tested(data, seed, by_instrument):  # Section 5.1
    notes = some_instruments(data, by_instrument)
    split = make_split(notes, "paper", seed)
    held = pitches_of(split.test)
    assert split.valid == ()
    for instrument, pitches in pitches_of(notes).items():
        count = len(held[instrument])
        is_nearest = abs(count - len(pitches) / 10) <= 0.5
        assert is_nearest or (2 <= len(pitches) <= 4 and count == 1)


@pytest.mark.parametrize(
    ("pitches", "expected"), [(1, 0), (2, 1), (4, 1), (10, 1), (14, 1), (15, 2), (49, 5), (88, 9)]
)
def test_the_rounding_is_half_up_and_at_least_one(pitches, expected):  # decisions/0002
    notes = [Note(name, pitch, 25) for name in "abc" for pitch in range(pitches)]
    for held in pitches_of(make_split(notes).test).values():
        assert len(held) == expected


def test_all_real_pitches_and_instruments_are_trained_on(real_notes):  # Section 5.1
    split = make_split(real_notes)
    train_pitches = {note.pitch for note in split.train}
    assert {note.pitch for note in real_notes} == train_pitches
    assert {note.instrument for note in split.train} == {note.instrument for note in real_notes}
    assert not unseen(split)
    pairs = {note.pair for note in real_notes}
    assert len({note.pair for note in split.test}) / len(pairs) == pytest.approx(0.10, abs=0.005)


# With ten or more instruments no pitch is ever held out by all of them but one.
@given(seed=seeds, count=st.integers(10, 14))
def test_adding_an_instrument_leaves_the_other_draws_alone(seed, count):
    notes = [Note(f"i{k}", pitch, 25) for k in range(count) for pitch in range(20, 60)]
    added = [Note("a_new_one", pitch, 25) for pitch in range(20, 60)]
    before, after = make_split(notes, seed=seed), make_split(notes + added, seed=seed)
    assert set(before.test) == {note for note in after.test if note.instrument != "a_new_one"}


@given(seed=seeds)
def test_a_pitch_that_one_instrument_alone_has_stays_in_training(seed):
    notes = [Note(name, pitch, 25) for name in "ab" for pitch in range(40, 59)]
    rare = Note("a", 100, 25)
    assert rare in make_split([*notes, rare], seed=seed).train


def test_the_draw_depends_on_seed_and_instrument(real_notes):
    notes = [Note(name, pitch, 25) for name in "abc" for pitch in range(88)]
    held = pitches_of(make_split(notes).test)
    assert held["a"] != held["b"]
    assert make_split(notes, seed=1) != make_split(notes, seed=2)


def test_the_reference_policy_is_that_of_the_public_code(real_notes, golden):
    recorded = json.loads((golden / "split_reference_policy.json").read_text())
    split = make_split(reversed(real_notes), "reference", seed=42)
    for part in SPLITS:
        names = [note.name for note in split.part(part)]
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
        assert len(names) == recorded[part]["count"]
        assert digest == recorded[part]["sha256_of_sorted_names_joined_by_newline"]


def test_what_training_never_hears_is_warned_of_by_name(capsys):
    alone = [Note("solo", pitch, 25) for pitch in range(60, 70)]
    split = make_split(alone)
    (held,) = split.test
    assert warn_unseen(split).pitches == (held.pitch,)
    stranger = Split(split.train, (), (Note("stranger", 60, 25),))
    assert warn_unseen(stranger).instruments == ("stranger",)
    warned = capsys.readouterr().err
    assert f"never in training, pitches: {held.pitch}" in warned
    assert "never in training, instruments: stranger" in warned


def test_a_split_survives_its_file(tmp_path):
    notes = [Note(n, p, v) for n in ("a", "a-b") for p in range(30) for v in VELOCITIES]
    split = make_split(notes, "reference", seed=3)
    write_split(tmp_path / "x.split.csv", split)
    assert read_split(tmp_path / "x.split.csv") == split
    lines = (tmp_path / "x.split.csv").read_text().splitlines()
    assert lines[0] == "note,split"
    assert lines[1:] == sorted(lines[1:], key=lambda line: line.split(",")[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("note,split\na-060-025,train\na-060-025,train\n", "line 3: a-060-025 is on line 2"),
        ("note,split\na-060-025,tset\n", "line 2: no split 'tset'; did you mean 'test'?"),
        (
            "note,split\na-060-025,train\na-061-025,test\na-060-050,test\n",
            "line 4: a-060-050 is in test, but line 2 puts pitch 60 of a in train",
        ),
        ("note,split\na-60-25,train\n", "line 2: 'a-60-25': not a note name"),
        ("note,split\na-200-025,train\n", "line 2: note of a: pitch 200"),
        ("note,spilt\na-060-025,train\n", "line 1: no column 'split'; did you mean 'spilt'?"),
        ("note,split\na-060-025\n", "line 2: "),
    ],
)
def test_a_wrong_split_file_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "x.split.csv"
    path.write_text(text)
    with pytest.raises(SingError) as raised:
        read_split(path)
    assert str(raised.value).startswith(f"{path}: {message}")


def test_the_split_lies_beside_the_dataset_and_its_pack(tmp_path, monkeypatch):
    assert split_path(tmp_path / "X") == tmp_path / "X.split.csv"
    assert split_path(tmp_path / "X.pack") == tmp_path / "X.split.csv"
    (tmp_path / "X").mkdir()
    monkeypatch.chdir(tmp_path / "X")
    assert split_path(Path()).resolve() == tmp_path / "X.split.csv"


def test_a_dataset_is_split_by_the_file_beside_it_else_as_the_paper_does(make_dataset):
    folder = make_dataset()
    dataset = open_dataset(folder)
    assert split_of(dataset) == make_split(dataset.notes, "paper", 42)
    other = make_split(dataset.notes, "reference", 7)
    write_split(split_path(folder), other)
    assert split_of(dataset) == other


def test_a_split_of_other_notes_is_refused_and_left_out_notes_are_said(make_dataset, capsys):
    folder = make_dataset()
    dataset = open_dataset(folder)
    write_split(split_path(folder), Split(dataset.notes[:-2], (), ()))
    split_of(dataset)
    assert "2 notes of" in capsys.readouterr().err
    write_split(split_path(folder), Split((*dataset.notes, Note("else", 60, 25)), (), ()))
    with pytest.raises(SingError, match=r"1 notes are not in .*, such as else-060-025"):
        split_of(dataset)


def test_an_unknown_part_is_refused():
    with pytest.raises(SingError, match="split 'tests': there is none; did you mean 'test'"):
        Split((), (), ()).part("tests")
