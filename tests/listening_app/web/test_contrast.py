"""Colours of what tells something without words, by WCAG 2.2."""

import re
from pathlib import Path

import pytest

import listening_app

STYLES = Path(listening_app.__file__).parent / "static" / "study.css"


def luminance(colour: str) -> float:  # WCAG 2.2, "relative luminance"
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_what_was_heard_and_the_place_stand_out_in_the_bar(scheme):  # WCAG 1.4.11: 3 to 1
    roots = re.findall(r":root \{(.*?)\}", STYLES.read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", roots[scheme]))
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for one, other in (("heard", "line"), ("ink", "heard"), ("ink", "line")):
        assert contrast(colours[one], colours[other]) >= 3, (one, other)
