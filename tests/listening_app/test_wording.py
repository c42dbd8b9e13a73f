import re
import string

import pytest

from listening_app.strings import languages
from listening_app.wording import TESTS, wording_of


@pytest.mark.parametrize("language", languages())
def test_every_language_words_the_same_things(language):
    own, english = wording_of(language), wording_of("en")
    assert (own.consent == english.consent) == (language == "en")  # none falls back to English
    for texts in (own.title, own.task, own.labels, own.trap):
        assert set(texts) == set(TESTS)
    assert {test: len(labels) for test, labels in own.labels.items()} == {
        "mos": 5, "preference": 0, "abx": 0, "ab": 0, "cmos": 7, "mushra": 5,
    }  # fmt: skip
    assert list(own.questions) == list(english.questions)
    for key, question in english.questions.items():
        assert len(own.questions[key]["choices"]) == len(question["choices"])


@pytest.mark.parametrize("language", languages())
def test_texts_are_whole_paragraphs(language):
    wording = wording_of(language)
    for text in (wording.consent, *wording.task.values(), *wording.trap.values()):
        assert not re.search(r"\s{2}|\n", text)
        assert text[-1] in string.punctuation


def test_a_language_that_is_none_is_worded_in_english():
    assert wording_of("../strings/de") == wording_of("en")
