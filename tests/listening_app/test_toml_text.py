import tomllib

from hypothesis import given
from hypothesis import strategies as st

from listening_app import toml_text

WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
VALUES = st.one_of(
    WORDS,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(WORDS),
    st.dictionaries(WORDS.filter(bool), WORDS, max_size=3),
)


@given(key=WORDS.filter(bool), value=VALUES)
def test_whatever_is_written_is_read_back(key, value):
    line = f"{toml_text.toml_key(key)} = {toml_text.toml_value(value)}"
    assert tomllib.loads(line) == {key: value}


def test_a_long_text_is_wrapped_and_keeps_its_paragraphs():
    text = "one two three " * 20 + 'with "quotes" and \\ too.\n\nAnother ' + "word " * 30 + "end."
    line = toml_text.assignment("text", text)
    assert max(map(len, line.split("\n"))) <= toml_text.WIDTH
    assert tomllib.loads(line)["text"] == text


def test_a_long_list_has_an_item_a_line():
    labels = ["a label of some length, with a comma"] * 4
    line = toml_text.assignment("labels", labels)
    assert len(line.split("\n")) == 6
    assert tomllib.loads(line) == {"labels": labels}


def test_comments_are_wrapped_at_spaces_only():
    lines = toml_text.comment("sing-eval-study " * 30).split("\n")
    assert all(line.startswith("# ") and len(line) <= toml_text.WIDTH for line in lines)
    assert all(line.endswith("sing-eval-study") for line in lines)
