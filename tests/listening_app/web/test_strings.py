"""The words of every language: the same keys, the same places to fill in, all in use."""

import re
from pathlib import Path

import pytest

import listening_app
from listening_app.strings import languages, strings_of
from sing.errors import SingError

FOLDER = Path(listening_app.__file__).parent


def flat(table, before=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def test_all_languages_have_the_same_keys_and_places():
    english = dict(flat(strings_of("en")))
    assert len(languages()) > 1
    for language in languages():
        texts = dict(flat(strings_of(language)))
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert text.strip() == text != ""
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key]))


LOOKED_UP = {
    "messages": r'["\' ]{}["\':]',
    "sound": '"{}"',
    "headphones": '"{}"',
}
"""Tables that are asked for a name in a variable, and how that name stands elsewhere."""


def names_taken(sources, table):
    """The names of a table that are taken out of it: { play, stop: idle } = words.sound."""
    others = re.findall(rf"(\w+) = words\.{table};", sources)
    for place in (rf"words\.{table}", *others):
        yield from re.findall(rf"\b{place}\.(\w+)", sources)
        for found in re.findall(rf"\{{([^{{}}]*)\}} = {place};", sources):
            yield from re.findall(r"(\w+)(?::\s*\w+)?(?:,|\s*$)", found)


def is_used(key, sources):
    table, *middle, name = key.split(".")
    if re.search(rf"\bwords\.{re.escape(key)}\b", sources) or name in names_taken(sources, table):
        return True
    if key.startswith("trial.choose_"):
        return "words.trial[`choose_" in sources
    asked = re.search(rf'words(\.{table}|\["{table}"\])\[', sources)
    looked_up = LOOKED_UP.get(table, "$^").format((middle or [name])[0])
    return bool(asked and re.search(looked_up, sources))


def test_every_word_is_used_and_every_word_used_is_there():
    sources = "\n".join(
        path.read_text()
        for folder, pattern in (
            *(("static", "*.js"), ("templates", "*.html"), ("views", "*.py")),
            ("store", "records.py"),  # outcomes, which are names of messages
        )
        for path in (FOLDER / folder).glob(pattern)
    )
    keys = {key for key, _ in flat(strings_of("en"))}
    used = set(re.findall(r"words\.((?:[a-z_]+\.)+[a-z_]+)", sources))
    tables = {key.rpartition(".")[0] for key in keys}
    assert {name for name in used if name not in keys and name.rpartition(".")[0] in tables} <= {
        "trial.choose_"
    }
    assert [key for key in sorted(keys) if not is_used(key, sources)] == []
    assert not is_used("consent.play", sources)  # a word of another table
    assert not is_used("messages.nobody.title", sources)


def test_no_word_is_a_method_of_a_table():
    """In a template `words.done.copy` would be the method of the dictionary."""
    names = {part for key, _ in flat(strings_of("en")) for part in key.split(".")}
    assert names & set(dir(dict)) == set()


def test_a_language_without_words_is_refused():
    with pytest.raises(SingError, match="languages: no words for 'xx'; there are de, en"):
        strings_of("xx")


def test_money_and_error_pages_are_in_the_raters_language(make_app):
    texts = {"title": "Noten", "task": "Wie klingt sie?", "consent": "Eine Hörstudie."}
    texts["trap_text"] = "Zählen Sie die Töne."
    texts["labels"] = ["Schlecht", "Mäßig", "Mittel", "Gut", "Sehr gut"]
    questions = {
        "age": {"text": "Wie alt?", "choices": ["Jung", "Alt"]},
        "years": {"text": "Jahre?"},
        "remark": {"text": "Noch etwas?"},
    }
    client = make_app(
        languages=["en", "de"],
        translations={"de": {**texts, "questions": questions}},
        pay={"amount": 2.5},
    ).test_client()
    german = {"Accept-Language": "de-AT,de;q=0.8"}
    assert "2.50 EUR for taking part" in client.get("/").text
    assert "2,50 EUR für die Teilnahme" in client.get("/", headers=german).text
    assert '<html lang="de">' in client.get("/nowhere", headers=german).text
    assert '<html lang="de">' in client.get("/nowhere?lang=de").text
    assert '<html lang="en">' in client.get("/nowhere").text
