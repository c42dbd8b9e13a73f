"""The registry: complete, lazy, and what the list and the guide say."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from eval_suite.metrics.listing import print_metrics
from eval_suite.metrics.metric import DEFAULT_METRICS, parse_metric
from eval_suite.metrics.registry import DISTANCES, REGISTRY

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "metrics.md"


@pytest.mark.parametrize("name", REGISTRY)
def test_every_metric_is_described_and_has_its_function(name: str):
    definition = REGISTRY[name]
    assert definition.function.__name__ == name
    assert definition.function.__doc__
    assert all((definition.unit, definition.equation, definition.citation))
    assert parse_metric(name).better == definition.better
    assert (parse_metric(name).epsilon is not None) == definition.takes_epsilon


def test_only_shares_are_better_when_higher():
    higher = {name for name, definition in REGISTRY.items() if definition.better == "higher"}
    assert higher == {name for name, definition in REGISTRY.items() if definition.unit == "share"}


@pytest.mark.slow
def test_the_paper_s_metrics_do_not_wait_for_the_packages_of_others():
    script = (
        "import sys, numpy as np\n"
        "from eval_suite.metrics.metric import parse_metrics\n"
        "note = np.zeros((1, 64000), dtype=np.float32)\n"
        "assert [metric(note, note).item() for metric in parse_metrics(())] == [0.0] * 6\n"
        "print(*({'librosa', 'numba', 'scipy.signal', 'pyloudnorm'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_the_list_gives_every_metric_and_marks_the_default_ones():
    output = io.StringIO()
    print_metrics(Console(file=output, width=200))
    lines = output.getvalue().splitlines()
    rows = {line.split()[0]: line for line in lines if line.split()[0].rstrip("*") in REGISTRY}
    assert [name for name in rows if name.endswith("*")] == [f"{n}*" for n in DEFAULT_METRICS]
    assert len(rows) == len(REGISTRY)
    assert all(f"{name}¹" in output.getvalue() for name in DISTANCES)
    for name, line in rows.items():
        definition = REGISTRY[name.rstrip("*")]
        for text in (definition.unit, definition.better, definition.equation, definition.citation):
            assert text in line


def test_the_guide_s_table_is_the_registry():
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", GUIDE.read_text(), re.MULTILINE)
    assert [name for name, _ in rows] == list(REGISTRY)
    assert all(f"\n- `{name}`: " in GUIDE.read_text() for name in DISTANCES)
    for name, rest in rows:
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", rest)]
        definition = REGISTRY[name]
        assert cells == [
            definition.unit,
            definition.better,
            definition.equation,
            definition.citation,
        ], name
