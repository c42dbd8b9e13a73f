import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import studies

from listening_app.blinding import bandwidths, leaks
from listening_app.build import build_study
from listening_app.study import Sheet, Slot, open_study


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blinding")
    studies.write_systems(folder / "systems")
    for test in ("mos", "preference"):
        study = studies.write_study(
            folder / test, test, ratings_per_stimulus=12, practice={"trials": 0},
            controls={"gold": 0, "traps": 0},
        )  # fmt: skip
        build_study(study)
    return folder


@pytest.fixture
def study(built, tmp_path):
    return open_study(Path(shutil.copytree(built / "mos", tmp_path / "mos")))


@pytest.fixture
def preference(built):
    return open_study(built / "preference")


def found(study):
    return "\n".join(leaks(study))


def one_of(study, system="sing"):
    return next(one for one in study.stimuli.values() if one.system == system)


def rewrite(stimulus, change, **more):
    samples, _ = soundfile.read(stimulus.path, dtype="int16")
    changed = change(samples.astype(float)).round().astype(np.int16)
    soundfile.write(stimulus.path, changed, 16_000, subtype="PCM_16", **more)


def test_a_study_as_built_has_no_leak(study, preference):
    assert leaks(study) == []
    assert leaks(preference) == []


def test_a_louder_system_is_a_leak(study):
    for stimulus in study.stimuli.values():
        if stimulus.system == "sing":
            rewrite(stimulus, lambda samples: samples * 1.2)
    assert "1.6 LU between its stimuli" in found(study)
    assert "loudness predicts the system" in found(study)


def test_a_system_that_is_louder_by_too_little_to_hear_is_a_leak_on_the_whole(study):
    for stimulus in study.stimuli.values():
        if stimulus.system == "sing":
            rewrite(stimulus, lambda samples: samples * 1.03)  # 0.26 dB
    assert "between its stimuli" not in found(study)
    assert "loudness predicts the system" in found(study)


def test_zeros_at_an_end_are_a_leak(study):
    def faded(samples):
        samples[-8000:] = 0
        return samples

    rewrite(one_of(study), faded)
    assert "8,000 exact zeros at an end" in found(study)


def test_an_offset_is_a_leak(study):
    rewrite(one_of(study), lambda samples: samples + 100)
    assert "an offset of 0.003" in found(study)


def test_clipping_is_a_leak(study):
    rewrite(one_of(study), lambda samples: np.clip(samples * 40, -32768, 32767))
    assert "samples at full scale" in found(study)


def test_another_length_or_header_is_a_leak(study):
    rewrite(one_of(study), lambda samples: samples[:-100])
    assert "127,844 bytes, others have 128,044" in found(study)
    other = one_of(study, "truth")
    content = bytearray(other.path.read_bytes())
    content[28] ^= 1
    other.path.write_bytes(content)
    assert f"{other.id}.wav: its header is not that of the others" in found(study)


def test_a_tag_in_a_file_is_a_leak(study):
    path = one_of(study).path
    path.write_bytes(path.read_bytes() + b"LIST\x04\x00\x00\x00sing")
    assert "128,056 bytes, others have 128,044" in found(study)


def test_equal_files_are_a_leak(study):
    one, other = list(study.stimuli.values())[:2]
    shutil.copy(one.path, other.path)
    assert f"{other.id}.wav: equal to {one.id}.wav" in found(study)
    assert f"{other.id}.wav: changed since the study was built" in found(study)


def test_times_in_the_order_of_systems_are_a_leak(study):
    by_system = sorted(study.stimuli.values(), key=lambda one: one.system)
    for number, stimulus in enumerate(by_system):
        os.utime(stimulus.path, (number, number))
    assert "the files' time of change predicts the system" in found(study)
    for number, name in enumerate(sorted(study.stimuli)):
        os.utime(study.stimuli[name].path, (number, number))
    assert leaks(study) == []  # a copy of the folder has times, but they tell nothing


def renamed(study, name_of):
    stimuli = {}
    for stimulus in study.stimuli.values():
        name = name_of(stimulus)
        path = stimulus.path.rename(stimulus.path.with_name(f"{name}.wav"))
        stimuli[name] = dataclasses.replace(stimulus, id=name, path=path)
    return dataclasses.replace(study, stimuli=stimuli, sheets={})


def test_names_that_speak_or_sort_by_system_are_leaks(study):
    first = {"sing": "0", "truth": "1", "wavenet": "2"}
    sorted_names = renamed(study, lambda one: first[one.system] + one.id[1:])
    assert "the order of the files' names predicts the system" in found(sorted_names)
    speaking = renamed(sorted_names, lambda one: f"{one.system}-{one.note.pitch}")
    assert "the name is not opaque" in found(speaking)


def test_a_file_that_is_not_of_the_study_is_named(study):
    (study.folder / "stimuli" / "sing.wav").touch()
    assert "stimuli/sing.wav: not one of the study's files; move it away" in found(study)


def changed_sheets(study, change):
    sheets = {name: Sheet(name, change(sheet.trials)) for name, sheet in study.sheets.items()}
    return dataclasses.replace(study, sheets=sheets)


def test_a_system_that_comes_first_is_a_leak(study):
    def by_system(trials):
        return tuple(sorted(trials, key=lambda t: study.stimuli[t.slots[0].stimulus].system))

    assert "the position in the session predicts the system" in found(
        changed_sheets(study, by_system)
    )


def test_a_system_that_is_always_a_is_a_leak(preference):
    def sing_first(trials):
        turned = []
        for trial in trials:
            x, *rest = trial.slots
            rest.sort(key=lambda slot: preference.stimuli[slot.stimulus].system)
            slots = (x, Slot("A", rest[0].stimulus), Slot("B", rest[1].stimulus))
            turned.append(dataclasses.replace(trial, slots=slots))
        return tuple(turned)

    assert "the slot predicts the system" in found(changed_sheets(preference, sing_first))


def test_a_right_answer_that_is_always_a_is_a_leak(preference):
    def always_a(trials):
        return tuple(dataclasses.replace(trial, expected="A") for trial in trials)

    def in_turn(trials):
        return tuple(
            dataclasses.replace(trial, expected="AB"[number % 2])
            for number, trial in enumerate(trials)
        )

    words = "the right answer is in one slot more often than in others"
    assert words in found(changed_sheets(preference, always_a))
    assert words not in found(changed_sheets(preference, in_turn))


def test_bandwidth_is_reported_and_no_leak(study):
    widths = bandwidths(study)
    assert set(widths) == {"truth", "sing", "wavenet"}
    assert widths["truth"] > widths["sing"]  # three equal partials against falling ones
