import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis.contracts_coverage import COVERAGE
from analysis.figures import coverage, draw, pitches, scatter, scores, training
from analysis.figures.style import WIDTH, pdf_bytes, png_bytes, styled
from analysis.results import open_results
from analysis.study_run import Settings
from eval_suite.tables import read_table
from sing.errors import SingError

ROOT = Path(__file__).resolve().parents[2]

NAMES = {
    "mos", "abx", "spectral_loss-against-mos", "pitches-sing", "pitches-wavenet", "families",
    "training",
}  # fmt: skip


@pytest.fixture(scope="module")
def drawn(results):
    return {one.name: one for one in draw.draw(results, {"Wavenet": "wavenet"})}


def mos_frame(**columns):
    given = {
        "system": ["sing", "wavenet"], "mos": [3.5, 2.5], "ci95": [0.2, 0.3],
        "interval": "crowdmos", "rules": "none", "ratings": 100.0,
    }  # fmt: skip
    return pd.DataFrame({**given, **columns})


def test_a_study_gives_every_figure_at_the_width_of_a_page(drawn):
    assert set(drawn) == NAMES
    assert {one.figure.get_figwidth() for one in drawn.values()} == {WIDTH} == {5.5}
    assert all(one.title and one.description for one in drawn.values())


def test_figures_are_the_same_bytes_and_hold_no_date(results, drawn):
    with styled():
        again = pitches.draw_pitches(results.table("metrics"), "sing", "spectral_loss", False)
    first = drawn["pitches-sing"].figure
    assert png_bytes(first) == png_bytes(again.figure)
    assert pdf_bytes(first) == pdf_bytes(again.figure)
    assert b"CreationDate" not in pdf_bytes(first)


def test_a_picture_is_1100_pixels_wide(drawn):
    assert Image.open(io.BytesIO(png_bytes(drawn["mos"].figure))).width == 1100


def test_intervals_are_drawn_where_the_table_has_them():
    with styled():
        figure = scores.draw_mos(mos_frame(), {}, False).figure
    (axes,) = figure.axes
    ends = sorted(
        tuple(bar.get_segments()[0][:, 0].round(6))
        for container in axes.containers for bar in container.lines[2]
    )  # fmt: skip
    # By hand: 2.5 ± 0.3 and 3.5 ± 0.2, then the paper's own beside them when they are its rows.
    assert ends == [(2.2, 2.8), (3.3, 3.7)]


def test_the_papers_score_stands_beside_ours_for_its_rows():
    with styled():
        figure = scores.draw_mos(mos_frame(), {"SING spectral": "sing"}, False).figure
    drawn = [round(float(line.get_xdata()[0]), 2) for line in figure.axes[0].lines
             if len(line.get_xdata())]  # fmt: skip
    assert 3.55 in drawn  # Table 2
    assert 2.85 not in drawn


def test_an_undefined_interval_is_said_and_not_drawn():
    with styled():
        made = scores.draw_mos(mos_frame(ci95=[np.nan, 0.3]), {}, False)
    assert "sing 3.50, interval undefined" in made.description


def test_points_of_the_scatter_are_renderings_with_both_a_score_and_a_metric(results):
    metrics = results.table("metrics")
    points = scatter.rated_and_scored(results.ratings.main, metrics, "spectral_loss")
    assert set(points["system"]) == {"sing", "wavenet"}  # the truth has no metric
    assert len(points) == 40
    first = points.iloc[0]
    main = results.ratings.main
    same = (main["system"] == first["system"]) & (main["note"] == first["note"])
    assert first["score"] == pytest.approx(main[same]["score"].mean())


def test_trained_and_held_out_pairs_have_panels_of_their_own(results):
    with styled():
        made = pitches.draw_pitches(results.table("metrics"), "sing", "spectral_loss", False)
    titles = [axes.get_title(loc="left") for axes in made.figure.axes[:2]]
    assert titles == ["trained pairs (15)", "held-out pairs (5)"]
    filled = [int(np.isfinite(axes.images[0].get_array()).sum()) for axes in made.figure.axes[:2]]
    assert filled == [15, 5]


def test_maps_of_compared_systems_have_one_scale_of_colours(results):
    table = results.table("metrics")
    systems = list(table["system"].unique())
    with styled():
        made = [pitches.draw_pitches(table, name, "spectral_loss", False) for name in systems]
    limits = {drawing.figure.axes[0].images[0].get_clim() for drawing in made}
    assert len(made) > 1
    assert limits == {(table["spectral_loss"].min(), table["spectral_loss"].max())}


def test_coverage_and_width_stand_side_by_side_for_every_design():
    table = read_table(ROOT / "docs" / "results" / "interval-coverage.csv", COVERAGE)
    with styled():
        made = coverage.draw_coverage(table)
    left, right = made.figure.axes
    drawn = {line.get_label(): line for line in left.lines if not line.get_label().startswith("_")}
    assert list(drawn) == list(dict.fromkeys(table["method"]))
    naive = table[table["method"] == "naive"]
    assert list(drawn["naive"].get_xdata()) == pytest.approx(100 * naive["coverage"])
    widths = [line for line in right.lines if line.get_label() == "naive"]
    assert list(widths[0].get_xdata()) == pytest.approx(naive["ratio"])
    assert "naive 25 to 62 %" in made.description


def test_a_coverage_table_alone_or_from_elsewhere_is_drawn(tmp_path, make_study):
    results = ROOT / "docs" / "results"
    assert [one.name for one in draw.run(results, tmp_path / "a", Settings())] == ["coverage"]
    folder = make_study(leave=("ratings.csv", "choices.csv", "metrics.csv"))
    table = results / "interval-coverage.csv"
    made = draw.run(folder, tmp_path / "b", Settings(), coverage_table=table)
    assert [one.name for one in made] == ["training", "coverage"]


def test_a_name_in_dollars_is_text():
    frame = mos_frame(system=["$x^2$ & co", r"\frac{"])
    with styled():
        made = scores.draw_mos(frame, {}, False)
    assert png_bytes(made.figure)


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_a_synthetic_study_is_marked_in_every_figure(make_study, is_synthetic):
    folder = make_study(study="x (synthetic)" if is_synthetic else "x",
                        leave=("choices.csv",))  # fmt: skip
    made = draw.draw(open_results(folder), {})
    texts = [one.figure.get_suptitle() for one in made]
    assert texts == ["synthetic study" if is_synthetic else ""] * len(made)
    assert len(made) == 5


def test_the_training_curve_runs_through_the_phases(results):
    with styled():
        made = training.draw_training(results.histories, False)
    held_out = [line for line in made.figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [list(line.get_xdata()) for line in held_out] == [[1, 2], [3]]
    assert [list(line.get_ydata()) for line in held_out] == [[0.12, 0.09], [0.06]]
    assert "sing ends at 0.060" in made.description


def test_without_spectral_loss_the_tables_first_metric_is_drawn(make_study):
    folder = make_study(leave=("ratings.csv", "choices.csv", "sing.history.csv"))
    metrics = pd.read_csv(folder / "metrics.csv").drop(columns="spectral_loss")
    metrics.to_csv(folder / "metrics.csv", index=False)
    titles = [one.title for one in draw.draw(open_results(folder), {}, systems=["sing"])]
    assert titles == ["wav_mse of sing by instrument and pitch",
                      "wav_mse by family of instruments"]  # fmt: skip


def test_systems_of_nearly_the_same_name_have_files_of_their_own(make_study):
    folder = make_study(leave=("ratings.csv", "choices.csv", "sing.history.csv"))
    metrics = pd.read_csv(folder / "metrics.csv")
    more = metrics[metrics["system"] == "sing"]
    names = ("sing_a", "Sing a", "sing-a", "sing-a-2")
    pd.concat([more.assign(system=name) for name in names]).to_csv(
        folder / "metrics.csv", index=False
    )
    made = [one for one in draw.draw(open_results(folder), {}) if one.name != "families"]
    titles = {one.title.partition(" of ")[2].partition(" by ")[0] for one in made}
    assert titles == set(names)
    assert len({one.name for one in made}) == 4


def test_the_seed_and_not_the_order_of_rows_decides_the_intervals_of_families():
    losses = np.random.default_rng(0).lognormal(size=20)
    rows = [("sing", f"bass_acoustic_000-{40 + place:03}-100", "test", loss)
            for place, loss in enumerate(losses)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["system", "note", "split", "spectral_loss"])
    shuffled = table.sample(frac=1, random_state=1)
    with styled():
        first, again, other = (
            pitches.draw_families(asked, "spectral_loss", False, seed).figure.axes[0]
            for asked, seed in ((table, 0), (shuffled, 0), (table, 1))
        )
    ends = [tuple(axes.lines[0].get_xdata()) for axes in (first, again, other)]
    assert ends[0] == ends[1] != ends[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ["spectral_los"]}, "did you mean 'spectral_loss'"),
        ({"systems": ["sng"]}, "did you mean 'sing'"),
    ],
)
def test_unknown_names_are_one_clear_line(results, options, message):
    with pytest.raises(SingError, match=message):
        draw.draw(results, {}, **options)


def test_the_folder_holds_each_figure_twice_and_says_what_it_shows(make_study, tmp_path):
    folder = make_study(leave=("ratings.csv", "choices.csv", "metrics.csv"))
    draw.run(folder, tmp_path / "figures", Settings())
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert written == {"training.pdf", "training.png", draw.MARK}
    with pytest.raises(SingError, match="--force"):
        draw.run(folder, tmp_path / "figures", Settings())
    draw.run(folder, tmp_path / "figures", Settings(), force=True)


def test_scores_of_another_scale_are_not_drawn_beside_the_papers(results):
    mos = results.table("mos")
    rows = {"Ground Truth": "ground-truth"}
    ours = scores.draw_mos(mos, rows, False)
    others = scores.draw_mos(mos, rows, False, "from 0 to 100")
    (left,), (right,) = ours.figure.axes, others.figure.axes
    assert left.get_legend() is not None
    assert right.get_legend() is None
    assert right.get_xlabel() == "mean score from 0 to 100, with 95 % interval"
    assert others.title == "Mean scores from 0 to 100"
