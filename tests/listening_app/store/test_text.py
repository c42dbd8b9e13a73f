import pytest
from hypothesis import given, strategies

from listening_app.store.text import clean, harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=1",
        "＝1+1",
        "-",
        "+",
    ],
)
def test_what_a_spreadsheet_takes_for_a_formula_begins_with_a_quote(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "31", "-5", "+4,5", "-1.25", "a=1", "nothing - at all", "é"])
def test_other_text_stays(text):
    assert harmless(text) == text


@given(strategies.text(strategies.characters(codec=None)))
def test_clean_text_can_be_encoded_and_has_no_control_characters(text):
    cleaned = clean(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert not set(cleaned) & {chr(code) for code in (*range(9), 11, 12, *range(14, 32), 127)}
    assert len(cleaned) <= 4_000
    assert clean(cleaned) == cleaned


@given(strategies.text())
def test_ordinary_text_is_not_changed_but_for_its_ends(text):
    if text.isprintable():
        assert clean(text) == text.strip()[:4_000]
