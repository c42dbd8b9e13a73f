"""The printed table: digits that say something, lines that do not wrap."""

import io

import pytest
from rich.console import Console

from eval_suite.text_table import TextTable, heading, print_table, with_interval

NAN = float("nan")


@pytest.mark.parametrize(
    ("mean", "low", "high", "expected"),
    [
        (0.0002, 0.00015, 0.00031, "0.0002000 [0.0001500, 0.0003100]"),
        (0.1234567, 0.1, 0.2, "0.1235 [0.1000, 0.2000]"),
        (77_822.4, 433.2, 217_719.6, "77,822 [433, 217,720]"),
        (9.39, 0.0, 20.5, "9.390 [0, 20.500]"),
        (0, 0, 0, "0 [0, 0]"),
        (4.357e-5, 3.6349e-5, 4.9e-5, "4.357e-05 [3.635e-05, 4.900e-05]"),
        (1.5e9, 1e8, 2e10, "1.500e+09 [1.000e+08, 2.000e+10]"),
        (0.25, NAN, NAN, "0.2500"),
        (NAN, NAN, NAN, "-"),
    ],
)
def test_a_mean_has_four_significant_digits_and_its_interval_as_many_decimals(
    mean: float, low: float, high: float, expected: str
):
    assert with_interval(mean, low, high) == expected


@pytest.fixture
def table() -> TextTable:
    """Two systems in six metrics: 190 characters wide."""
    names = tuple(f"metric_number_{place}" for place in range(6))
    lines = tuple(
        (name, "12", "0", *["0.1234 [0.1000, 0.2000]"] * 6) for name in ("sing", "silence")
    )
    return TextTable(
        ("system", "notes", "failed", *names), lines, ("12 notes (test), " + "x" * 120,)
    )


def printed(table: TextTable, width: int, is_terminal: bool) -> list[str]:
    output = io.StringIO()
    print_table(
        table, Console(file=output, width=width, force_terminal=is_terminal, color_system=None)
    )
    return output.getvalue().splitlines()


def test_off_a_terminal_each_system_is_one_line_however_long(table: TextTable):
    lines = printed(table, width=80, is_terminal=False)
    assert len(lines) == 4
    assert [line.split()[0] for line in lines] == ["system", "sing", "silence", "12"]
    assert len(lines[0]) == len(lines[1]) == len(lines[2]) > 160
    assert lines[3] == table.remarks[0]


@pytest.mark.parametrize("width", range(60, 220))
def test_on_a_terminal_no_line_of_the_table_wraps_and_no_cell_is_cut(table: TextTable, width: int):
    lines = printed(table, width, is_terminal=True)
    body = [line for line in lines if "metric" in line or "0.1234" in line]
    assert max(map(len, body)) <= width
    assert sum(line.count("0.1234 [0.1000, 0.2000]") for line in body) == 12
    for name in table.header[3:]:
        assert sum(line.split().count(name) for line in body) == 1


def test_columns_that_name_a_line_stand_to_the_left_and_in_every_part():
    lines = (("bass", "sing", "1", "0.5"), ("flute", "silence", "20", "0.25"))
    table = TextTable(("family", "system", "notes", "wav_mse"), lines, (), names=2, left=2)
    assert printed(table, 80, is_terminal=False) == [
        "family  system   notes  wav_mse",
        "bass    sing         1      0.5",
        "flute   silence     20     0.25",
    ]
    narrow = [line.split() for line in printed(table, 28, is_terminal=True) if "system" in line]
    assert narrow == [["family", "system", "notes"], ["family", "system", "wav_mse"]]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("wav_mse", "wav_mse"),
        ("pitch_within_50", "pitch_within_50 ↑"),
        ("itakura_saito@0.0001", "itakura_saito@0.0001"),
        ("of_another_tool", "of_another_tool"),
    ],
)
def test_only_a_metric_whose_larger_values_are_better_is_marked(metric: str, expected: str):
    assert heading(metric) == expected
