"""Synthetic raters answer by the truth that they were given."""

import statistics
from collections import Counter
from pathlib import Path

import pytest
import small_study as small

from listening_app.rehearsal.population import (
    Population,
    Rater,
    answer_of,
    mean_score,
    rater_of,
    usual_truth,
)
from listening_app.study import Slot, Stimulus, Study, Trial
from sing.errors import SingError
from sing.notes import Note

TRUTH = {"truth": 4.6, "sing": 3.4, "noise": 1.4}
NOTES = [Note(f"bass_synthetic_{n // 80:03d}", 20 + n % 80, 100) for n in range(400)]


def study_of(test, **changes):
    stimuli = {
        f"{system}{place}": Stimulus(
            f"{system}{place}", system, note, "system", Path("none.wav"), 4.0, 0.0
        )
        for system in TRUTH
        for place, note in enumerate(NOTES)
    }
    return Study(Path("none"), small.settings_of(test, **changes), stimuli, {}, "")


def trial(place, *slots, expected="", kind="main"):
    slotted = tuple(Slot(name, f"{system}{place}") for name, system in slots)
    return Trial(f"t{place}", kind, NOTES[place], slotted, expected)


def answers(study, trials, kind="honest", severity=0.0):
    population = Population(TRUTH)
    return [
        answer_of(study, population, Rater(number, kind, severity, 0.0), each)
        for number, each in enumerate(trials)
    ]


def test_the_mean_score_of_a_system_is_its_truth():
    # Far from the ends of the scale, where scores are cut; 3.4 +- 3 * sqrt(1.05 + 1/12) / 20.
    scores = [
        each["score"]
        for each in answers(study_of("mos"), [trial(n, ("S", "sing")) for n in range(400)])
    ]
    assert statistics.fmean(scores) == pytest.approx(3.4, abs=0.16)
    assert set(scores) <= {1, 2, 3, 4, 5}


@pytest.mark.parametrize(("truth", "expected"), [(3.0, 3.0), (3.86, 3.767), (2.4, 2.458)])
def test_honest_scores_are_drawn_to_the_middle_of_the_scale(truth, expected):
    # Means of two million rounded and cut normal draws, of variance 1.4.
    assert mean_score(truth) == pytest.approx(expected, abs=0.002)


def test_the_better_system_is_preferred_wherever_it_stands():
    study = study_of("preference")
    forth = answers(study, [trial(n, ("X", "truth"), ("A", "sing"), ("B", "noise"))
                            for n in range(200)])  # fmt: skip
    back = answers(study, [trial(n, ("X", "truth"), ("A", "noise"), ("B", "sing"))
                           for n in range(200)])  # fmt: skip
    # A difference of 2 with a standard deviation of sqrt(2 * 1.05): P = Phi(1.38) = 0.916.
    for given, slot in ((forth, "A"), (back, "B")):
        share = Counter(each["choice"] for each in given)[slot] / 200
        assert share == pytest.approx(0.916, abs=0.06)


def test_cmos_scores_have_the_sign_of_the_difference():
    study = study_of("cmos")
    scores = [each["score"] for each in answers(
        study, [trial(n, ("A", "noise"), ("B", "sing")) for n in range(200)]
    )]  # fmt: skip
    # 2 on average, cut at 3.
    assert 1.4 < statistics.fmean(scores) < 2.1
    assert min(scores) >= -3
    assert max(scores) == 3


def test_classic_abx_is_answered_right_when_systems_differ_and_guessed_when_not():
    study = study_of("abx")
    far = answers(study, [trial(n, ("A", "truth"), ("B", "noise"), ("X", "truth"), expected="A")
                          for n in range(200)])  # fmt: skip
    same = answers(study, [trial(n, ("A", "sing"), ("B", "sing"), ("X", "sing"), expected="A")
                           for n in range(200)])  # fmt: skip
    assert Counter(each["choice"] for each in far)["A"] > 185
    assert 75 < Counter(each["choice"] for each in same)["A"] < 125


def test_mushra_scores_every_judged_slot():
    study = study_of("mushra")
    given = answers(study, [trial(n, ("REF", "truth"), ("S1", "noise"), ("S2", "sing"))
                            for n in range(100)])  # fmt: skip
    assert all(set(each) == {"S1", "S2"} for each in given)
    means = [statistics.fmean(each[slot] for each in given) for slot in ("S1", "S2")]
    # (truth - 1) / 4 * 100, the lower one raised by the end of the scale.
    assert means[0] < 30
    assert means[1] == pytest.approx(60, abs=10)


def test_honest_raters_pass_controls_and_the_others_do_not():
    study = study_of("mos")
    controls = [trial(n, ("S", "noise"), expected="1", kind="control") for n in range(300)]
    right = {
        kind: Counter(each["score"] for each in answers(study, controls, kind))[1] / 300
        for kind in ("honest", "lazy", "random")
    }
    assert right["honest"] > 0.9
    assert right["lazy"] == 0
    assert right["random"] == pytest.approx(0.2, abs=0.08)


def test_the_same_seed_gives_the_same_raters_and_another_others():
    population = Population(TRUTH, lazy=0.2, random=0.2, dropout=0.2, seed=3)
    raters = [rater_of(population, number) for number in range(500)]
    assert raters == [rater_of(population, number) for number in range(500)]
    others = Population(TRUTH, lazy=0.2, random=0.2, dropout=0.2, seed=4)
    assert raters != [rater_of(others, number) for number in range(500)]
    kinds = Counter(rater.kind for rater in raters)
    for kind in ("lazy", "random", "dropout"):
        assert kinds[kind] / 500 == pytest.approx(0.2, abs=0.06)
    severities = [rater.severity for rater in raters]
    assert statistics.pvariance(severities) == pytest.approx(0.35, abs=0.08)


def test_an_unknown_system_and_an_impossible_mean_are_refused():
    settings = small.settings_of("preference")
    assert usual_truth(settings, {"sing": 3.0})["sing"] == 3.0
    assert usual_truth(settings, {})["truth"] == max(usual_truth(settings, {}).values())
    with pytest.raises(SingError, match="did you mean 'sing'"):
        usual_truth(settings, {"song": 3.0})
    with pytest.raises(SingError, match="from 1 to 5"):
        usual_truth(settings, {"sing": 5.5})
