"""Agreement of raters against published tables, the krippendorff package and scipy."""

import hashlib
import json
import math

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.agreement import agreement
from analysis.alpha import OrdinalAlpha
from analysis.commands.agreement import agreement as command
from analysis.contracts_agreement import AGREEMENT, METRIC_AGREEMENT
from analysis.designs import crossed, skewed
from analysis.intraclass import Intraclass
from analysis.rater_correlation import LeaveOneOut
from analysis.rating_matrix import Rated, note_draws, rated
from analysis.simulate import Population, note_names, simulate_choices, simulate_ratings
from analysis.variances import Variances
from eval_suite.tables import read_table, write_table
from sing.errors import SingError

_ = None
# Krippendorff (2011), "Computing Krippendorff's alpha-reliability": 4 observers, 12 units.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
# Shrout and Fleiss (1979), table 2: 6 targets, 4 judges.
SHROUT_FLEISS = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]


def table(scores, system: str = "a") -> pd.DataFrame:
    """Ratings of raters' scores [raters][notes]; None where there is no rating."""
    names = note_names(len(scores[0]))
    rows = [
        (f"p{rater}", system, names[note], float(score))
        for rater, row in enumerate(scores)
        for note, score in enumerate(row)
        if score is not None and not math.isnan(score)
    ]
    return pd.DataFrame(rows, columns=["participant", "system", "note", "score"])


def of_all(measure: type[OrdinalAlpha | Intraclass | LeaveOneOut], group: Rated):
    """The measure of all stimuli, each once."""
    return measure(group)(np.ones((1, group.stimuli)))[0]


def values_of(frame: pd.DataFrame, system: str = "a") -> dict[str, float]:
    rows = frame[frame["system"] == system]
    return dict(zip(rows["measure"], rows["value"], strict=True))


def test_alpha_is_the_one_that_krippendorff_published():
    assert of_all(OrdinalAlpha, rated(table(KRIPPENDORFF))) == pytest.approx(0.815, abs=5e-4)


def test_alpha_is_that_of_the_package_krippendorff():
    package = pytest.importorskip("krippendorff")
    generator = np.random.default_rng(0)
    for missing in (0.0, 0.5, 0.8):
        scores = generator.integers(1, 6, (12, 30)) + generator.integers(0, 3, 30)
        scores = np.where(generator.random(scores.shape) < missing, np.nan, scores)
        known = package.alpha(reliability_data=scores, level_of_measurement="ordinal")
        assert of_all(OrdinalAlpha, rated(table(scores))) == pytest.approx(known, abs=1e-12)


def test_intraclass_correlations_are_those_that_shrout_and_fleiss_published():
    found = of_all(Intraclass, rated(table(SHROUT_FLEISS)))
    assert np.round(found, 2).tolist() == [0.17, 0.29, 0.62]


def test_a_draw_counts_a_stimulus_as_often_as_it_was_drawn():
    # Alpha and the correlation of a draw are those of the table with these columns repeated.
    weights = np.array([[2.0, 0, 1, 3, 1, 1]])
    repeated = [np.repeat(row, weights[0].astype(int)).tolist() for row in SHROUT_FLEISS]
    group, larger = rated(table(SHROUT_FLEISS)), rated(table(repeated))
    assert OrdinalAlpha(group)(weights)[0] == pytest.approx(of_all(OrdinalAlpha, larger))
    # A rater's repeated notes count as repeated stimuli, the total and between-stimuli parts too.
    assert Intraclass(group)(weights)[0] == pytest.approx(of_all(Intraclass, larger))
    assert LeaveOneOut(group)(weights)[0] == pytest.approx(of_all(LeaveOneOut, larger))


def test_inter_rater_correlation_is_with_the_mean_of_the_others():
    scores = np.array(SHROUT_FLEISS, dtype=float)
    known = [np.corrcoef(scores[i], np.delete(scores, i, 0).mean(0))[0, 1] for i in range(4)]
    assert of_all(LeaveOneOut, rated(table(SHROUT_FLEISS))) == pytest.approx(np.mean(known))


def test_missing_ratings_leave_the_intraclass_correlation_where_it_was():
    population = Population(Variances(0.4, 0.6, 1.0))
    for design in (crossed(60, 150), skewed(150, 150, 4500, 0)):
        made = simulate_ratings(design, {"a": 3.0}, population, seed=1, is_rounded=False)
        single, consistent, _ = of_all(Intraclass, rated(made.ratings))
        assert consistent == pytest.approx(0.6 / 2.0, abs=0.06)
        assert single == pytest.approx(0.6 / 2.0, abs=0.06)


def test_sparse_and_plain_tables_give_the_same():
    made = simulate_ratings(skewed(80, 200, 700, 0), {"a": 3.0}, seed=2).ratings
    group = rated(made)
    plain = group.table(group.score)
    assert not isinstance(plain, np.ndarray)
    weights = next(note_draws(group.cluster, 0, 3))
    expected = np.zeros((group.stimuli, group.participants))
    np.add.at(expected, (group.stimulus, group.participant), group.score)
    assert np.allclose(weights @ plain, weights @ expected)
    assert np.isfinite(Intraclass(group)(weights)).all()


def test_agreement_is_perfect_for_equal_raters_and_none_for_random_ones():
    notes = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]
    perfect = values_of(agreement(table([notes] * 4), replicates=50))
    assert list(perfect.values()) == pytest.approx([1.0] * 5)
    random = np.random.default_rng(0).integers(1, 6, (30, 200)).tolist()
    none = agreement(table(random), replicates=100)
    rows = none[none["measure"] != "icc_2_k"]
    assert (rows["value"].abs() < 0.05).all()


def test_intervals_hold_the_value_and_depend_on_the_seed_alone():
    made = simulate_ratings(crossed(12, 40), {"a": 3.5, "b": 2.5}, seed=3).ratings
    first, again, other = (agreement(made, seed, 300) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert (first["ci_low"] < first["value"]).all()
    assert (first["value"] < first["ci_high"]).all()
    assert not first["ci_low"].equals(other["ci_low"])
    assert set(first["system"]) == {"a", "b", "(all)"}


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([[1, 2, 3]], "undefined: one rater"),
        ([[1], [2]], "undefined: one note"),
        ([[3, 3], [3, 3]], "undefined: all scores are equal"),
        ([[1, _], [_, 2]], "undefined: no note has two ratings"),
    ],
)
def test_what_has_no_agreement_has_a_reason(scores, reason, tmp_path):
    found = agreement(table(scores), replicates=20)
    assert set(found["reason"]) == {reason}
    assert found["value"].isna().all()
    write_table(tmp_path / "agreement.csv", AGREEMENT, found)


def test_a_missing_number_always_has_a_reason():
    for scores in (
        [[1, 2], [2, 1]],
        [[1, 2, 3], [1, 2, _], [3, 3, 3]],
        [[1, _, _], [2, _, _], [_, 3, _], [_, _, 5]],
        [[5, 5, 5, 5], [1, 2, 3, 4]],
    ):
        found = agreement(table(scores), replicates=50)
        numbers = found[["value", "ci_low", "ci_high"]]
        assert np.isfinite(numbers.to_numpy(dtype=float)[found["reason"] == ""]).all()
        assert not np.isinf(numbers.to_numpy(dtype=float)).any()


def test_an_empty_table_is_one_line():
    with pytest.raises(SingError, match="no rating counts"):
        agreement(table(KRIPPENDORFF).iloc[:0])


def test_the_command_writes_agreement_of_raters_and_of_metrics(tmp_path):
    made = simulate_ratings(crossed(6, 10), {"sing": 3.5, "wavenet": 2.5}).ratings
    made.to_csv(tmp_path / "ratings.csv", index=False)
    simulate_choices(crossed(6, 10), 0.7).to_csv(tmp_path / "choices.csv", index=False)
    metrics = made.groupby(["system", "note"], as_index=False)["score"].mean()
    metrics = metrics.rename(columns={"score": "spectral_loss"}).assign(split="test", reason="")
    metrics.to_csv(tmp_path / "metrics.csv", index=False)
    names = {name: str(tmp_path / f"{name}.csv") for name in ("ratings", "choices", "metrics")}
    out = tmp_path / "agreement.csv"
    options = [names["ratings"], "--out", str(out)]
    with pytest.raises(SingError, match="pass --metrics"):
        CliRunner().invoke(
            command, [*options, "--choices", names["choices"]], catch_exceptions=False
        )
    options += ["--metrics", names["metrics"], "--choices", names["choices"]]
    result = CliRunner().invoke(command, options, catch_exceptions=False)
    assert result.stdout.endswith(f"{out}\n{tmp_path / 'agreement-metrics.csv'}\n")
    assert len(read_table(out, AGREEMENT)) == 15
    against = read_table(tmp_path / "agreement-metrics.csv", METRIC_AGREEMENT)
    assert {"sing | wavenet", "(all)", "(within)"} < set(against["system"])


@pytest.fixture
def foreign(tmp_path):
    """Ratings and choices of two studies, raters under another name, and tables beside them."""
    made = simulate_ratings(crossed(6, 10), {"sing": 3.5, "wavenet": 2.5}).ratings
    choices = simulate_choices(crossed(6, 10), 0.7)
    tables = {}
    for name, frame in (("ratings", made), ("choices", choices)):
        renamed = frame.rename(columns={"participant": "worker"})
        sessions = {study: study + renamed["session"].astype(str) for study in ("one", "two")}
        tables[name] = pd.concat(
            [renamed.assign(study=study, session=sessions[study]) for study in sessions]
        )
    metrics = made.groupby(["system", "note"], as_index=False)["score"].mean()
    metrics = metrics.rename(columns={"score": "spectral_loss"})
    tables["metrics"] = metrics.assign(split="test", reason="")
    for name, frame in tables.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    everyone = sorted({*made["participant"], *choices["participant"]})
    header = "participant,ratings,correlation,null_quantile,control_score,kept,reason"
    for name, out in (("kept", everyone[0]), ("kept-choices", everyone[1])):
        rows = [f"{one},10,,,,{'no,slow' if one == out else 'yes,'}" for one in everyone]
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")
    return tmp_path


def agreement_of(folder, *options):
    given = {"--metrics": "metrics", "--choices": "choices", "--choices-screening": "kept-choices"}
    paths = [part for option, name in given.items() for part in (option, f"{folder}/{name}.csv")]
    ratings = [f"{folder}/ratings.csv", "--screening", f"{folder}/kept.csv"]
    named = ["--column", "participant=worker", "--study", "two"]
    return CliRunner().invoke(command, [*ratings, *paths, *named, *options], catch_exceptions=False)


def test_column_and_study_are_of_the_choices_too_and_both_screenings_are_recorded(foreign):
    out = foreign / "agreement.csv"
    assert agreement_of(foreign, "--out", str(out)).exit_code == 0
    record = json.loads((foreign / "agreement.provenance.json").read_text())
    for name, file in (("screening", "kept"), ("choices_screening", "kept-choices")):
        digest = hashlib.sha256((foreign / f"{file}.csv").read_bytes()).hexdigest()
        assert record[name]["sha256"] == digest
    assert record["choices_read"]["study"] == "two"
    assert record["choices_read"]["columns"] == {"participant": "worker"}


def test_the_screening_of_choices_is_not_written_over(foreign):
    before = (foreign / "kept-choices.csv").read_bytes()
    with pytest.raises(SingError, match="a table that is read"):
        agreement_of(foreign, "--out", str(foreign / "kept-choices.csv"), "--force")
    assert (foreign / "kept-choices.csv").read_bytes() == before


def test_a_column_or_a_study_that_neither_table_has_is_one_line(foreign):
    out = ["--out", str(foreign / "agreement.csv")]
    with pytest.raises(SingError, match=r"--study three: not in ratings.csv or choices.csv"):
        agreement_of(foreign, *out, "--study", "three")
    with pytest.raises(SingError, match=r"--column note=file: not in ratings.csv or choices.csv"):
        agreement_of(foreign, *out, "--column", "note=file")
    rows = pd.read_csv(foreign / "choices.csv")
    rows[rows["study"] == "one"].to_csv(foreign / "choices.csv", index=False)
    with pytest.raises(SingError, match=r"choices.csv: there is no study 'two' in it"):
        agreement_of(foreign, *out)
