import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from analysis import published
from analysis.breakdown_tables import breakdown_tables
from analysis.paper_tables import paper_tables
from analysis.results import open_results
from analysis.table_latex import latex

HOSTILE = "a|b & <script>_%$#{}\\"


def test_latex_uses_booktabs_and_aligns_numbers(results):
    text = latex(paper_tables(results, {})[1])
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    # MOS 3.55 ± 0.23 has one digit, two decimals, and a half-width of 23 hundredths.
    assert r"\begin{tabular}{@{}lS[table-format=1.2(2)]S[table-format=3.2]" in text
    assert r"\quad paper & 3.86 \pm 0.24 & {-}" in text
    assert "{3840*}" in text
    below = text.partition(r"\end{tabular}")[2]
    assert r"3840* is 32 GPUs for 10 days" in below  # printed, not a comment
    assert r"95 \% interval" in below


def test_latex_keeps_powers_of_ten_out_of_the_aligned_columns(make_study):
    folder = make_study(leave=("ratings.csv", "choices.csv", "speed.csv"))
    metrics = pd.read_csv(folder / "metrics.csv")
    is_ours = metrics["system"] == "wavenet"
    place = metrics.groupby("system").cumcount()
    metrics["wav_mse"] = metrics["wav_mse"].where(~is_ours, 1e-7 * (1 + place))
    metrics.to_csv(folder / "metrics.csv", index=False)
    text = latex(paper_tables(open_results(folder), {})[0])
    assert re.search(r"\{\$\(9\.0 \\pm \d\.\d\) \\cdot 10\^\{-7\}\$\}", text)  # 1, 5, 9, 13 and 17
    assert "e-07" not in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.slow
def test_latex_compiles_and_fits_a_neurips_page(results, make_study, breakdown_frame, tmp_path):
    """Tables 1 and 2 with every cell filled fit as they are, any other is made to fit."""
    rows = [row.name for row in published.TABLE_1]
    generator = np.random.default_rng(0)
    notes = [f"bass_acoustic_{number:03d}-060-100" for number in range(8)]
    metrics = pd.DataFrame(
        [
            {"system": row, "note": note, "split": ("train", "test")[place % 2], "reason": "",
             "spectral_loss": 0.1 * generator.random(),
             "wav_mse": (1e-7 if row == rows[0] else 0.01) * generator.random()}
            for row in rows for place, note in enumerate(notes)
        ]
    )  # fmt: skip
    folder = make_study(leave=("ratings.csv", "choices.csv", "speed.csv"))
    metrics.to_csv(folder / "metrics.csv", index=False)
    papers = [paper_tables(open_results(folder), {})[0], *paper_tables(results, {})]
    wide = breakdown_tables(breakdown_frame([f"{HOSTILE} number {n}" for n in range(9)]))
    # Without the net below them, to see that the paper's tables need none.
    plain = [re.sub(r"\\ifdim.*", r"\\usebox0", latex(table)) for table in papers]
    document = (
        r"\documentclass{article}\usepackage{booktabs,graphicx,siunitx}"
        r"\setlength{\textwidth}{397.48pt}\begin{document}"
        + "".join([*plain, *map(latex, wide)])
        + r"\end{document}"
    )
    (tmp_path / "all.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert b"Overfull" not in done.stdout
