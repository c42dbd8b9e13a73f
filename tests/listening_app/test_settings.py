import tomllib

import pytest

from listening_app.setting_keys import all_keys
from listening_app.settings import Settings, checked_settings, read_settings
from sing.errors import SingError

MOS = {
    "name": "a-study",
    "title": "Listen",
    "test": "mos",
    "ratings_per_stimulus": 3,
    "trials_per_rater": 4,
    "systems": {"truth": "t", "sing": "s", "wavenet": "w"},
}
PREFERENCE = {**MOS, "test": "preference", "reference": "truth"}
MUSHRA = {**MOS, "test": "mushra", "reference": "truth"}
CMOS = {**MOS, "test": "cmos"}
ABX = {**MOS, "test": "abx"}
QUESTION = {"key": "age", "text": "How old?", "choices": ["young", "old"]}
GERMAN = {"title": "Hören", "task": "Wie gut?", "consent": "Ja", "trap_text": "Piepser"}


def test_the_scale_of_mos_is_the_papers():  # Section 5.3.1
    settings = checked_settings(MOS, "study.toml")
    assert settings.limits == (1, 5)
    worst, best = settings.scale.labels[0], settings.scale.labels[-1]
    assert worst == "Very annoying and objectionable distortion. Totally silent audio"
    assert best == "Imperceptible distortion"


def test_scores_of_the_other_tests_have_the_limits_of_their_standards():
    assert checked_settings(CMOS, "x").limits == (-3, 3)  # ITU-T P.800, Annex E
    assert checked_settings(MUSHRA, "x").limits == (0, 100)  # ITU-R BS.1534
    assert checked_settings(PREFERENCE, "x").is_choice
    assert not checked_settings(CMOS, "x").is_choice
    assert checked_settings(CMOS, "x").is_of_pairs


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"titel": "x"}, "no key 'titel'; did you mean 'title'?"),
        ({"scale": {"label": []}}, "no key 'scale.label'; did you mean 'labels'?"),
        ({"questions": [{"key": "a", "txt": "b"}]}, "'questions.0.txt'; did you mean 'text'?"),
        ({"translations": {"de": {"titel": ""}}}, "did you mean 'title'?"),
        ({"test": "mso"}, "test = 'mso': input should be 'mos', 'preference'"),
        ({"ratings_per_stimulus": 0}, "(How many raters are to hear each stimulus"),
        ({"ratings_per_stimulus": "9"}, "should be a valid integer"),
        ({"headphones": {"policy": "maybe"}}, "(ask: do both tests and store the hits"),
        ({"loudness": {"target_lufs": 3}}, "(The loudness in LUFS.)"),
        ({"systems": ["a"]}, "a table"),
        ({"name": "../x"}, "(The study's name in every table"),
        ({"pay": {"currency": "euro"}}, "(Three letters, ISO 4217.)"),
        ({"platform": {"completion_url": "http://x"}}, "platform.completion_url"),
        ({"questions": [{**QUESTION, "key": "a b"}]}, "questions.0.key"),
        ({"questions": [{**QUESTION, "choices": ["x"]}]}, "two or more different choices"),
        ({"questions": [QUESTION, QUESTION]}, "questions: two have the key 'age'; rename one"),
        ({"pairs": ["ab"]}, "should be a list"),
        ({"pairs": [["truth", "sing"]]}, "pairs: a mos test compares no pairs; remove the key"),
        ({"anchors": ["mnru-0"]}, "anchors: a mos test has none; remove the key"),
        ({"reference": "truht"}, "reference = 'truht': not one of the systems; did you mean 'tru"),
        ({"systems": {}}, "systems: 0 named, a mos test needs 1 or more; add lines such as"),
        ({"systems": {"anchor-x": "y"}}, "'anchor-x' cannot be a system's name"),
        ({"systems": {"beeps": "y"}}, "'beeps' cannot be a system's name"),
        ({"systems": {"a": " "}}, "systems.a: no folder; say where the system lies"),
        ({"scale": {"labels": ["one"]}}, "scale.labels: 1; a scale has two or more"),
        ({"scale": {"labels": list("abcdefghij")}}, "nobody counts more than 9 beeps"),
        ({"languages": []}, "languages"),
        ({"languages": ["fr"]}, "languages: there are no pages in 'fr'; known: "),
        ({"languages": ["en", "en"]}, "languages: one stands there twice; remove it"),
        ({"languages": ["en", "de"]}, "'de' has no table [translations.de]; add it"),
        ({"translations": {"de": GERMAN}}, "'de' is not one of the further languages"),
    ],
)
def test_a_wrong_key_is_one_line_that_says_what_it_means(change, words):
    with pytest.raises(SingError) as error:
        checked_settings({**MOS, **change}, "dir/study.toml")
    assert str(error.value).startswith("dir/study.toml: ")
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({**PREFERENCE, "reference": ""}, "a preference test needs one; name the system"),
        ({**PREFERENCE, "systems": {"truth": "t", "b": "b"}}, "a preference test needs 3 or more"),
        ({**PREFERENCE, "pairs": [["truth", "sing"]]}, "'truth' is the reference X"),
        ({**ABX, "systems": {"one": "o"}}, "systems: 1 named"),
        ({**ABX, "pairs": [["sing", "sing"]]}, "'sing' is paired with itself"),
        ({**ABX, "pairs": [["sing", "snig"]]}, "'snig' is not one of the systems; did you mean"),
        ({**ABX, "pairs": [["sing", "truth"], ["truth", "sing"]]}, "a pair stands there twice"),
        ({**ABX, "scale": {"labels": ["a", "b"]}}, "abx test has no scale; remove them"),
        ({**CMOS, "scale": {"labels": ["a", "b"]}}, "an odd number, with 'about the same' amid"),
        ({**MUSHRA, "scale": {"labels": []}}, "scale.labels: none; name the parts of 0 to 100"),
        ({**MUSHRA, "anchors": ["lowpass-9000"]}, "'lowpass-9000' is no anchor; write lowpass-HZ"),
        ({**MUSHRA, "anchors": ["mnru-5", "mnru-5"]}, "anchors: one stands there twice"),
    ],
)
def test_keys_that_do_not_fit_each_other_are_one_line(values, words):
    with pytest.raises(SingError) as error:
        checked_settings(values, "study.toml")
    assert words in str(error.value)


def test_pairs_may_be_given():
    settings = checked_settings({**ABX, "pairs": [["truth", "sing"]]}, "x")
    assert settings.pairs == (("truth", "sing"),)


def test_in_another_language_all_texts_of_the_study_are_translated():
    german = {
        **GERMAN,
        "labels": list("12345"),
        "questions": {"age": {"text": "Wie alt?", "choices": ["jung", "alt"]}},
    }
    values = {
        **MOS,
        "languages": ["en", "de"],
        "questions": [QUESTION],
        "translations": {"de": german},
    }
    settings = checked_settings(values, "x")
    there = settings.in_language("de")
    assert (there.title, there.task, there.consent.text) == ("Hören", "Wie gut?", "Ja")
    assert there.scale.labels == ("1", "2", "3", "4", "5")
    assert there.questions[0].choices == ("jung", "alt")
    assert there.questions[0].key == "age"
    assert there.controls.trap_text == "Piepser"
    assert settings.in_language("en") is settings
    assert settings.in_language("fr") is settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": ["1"]}, "translations.de.labels: 1, scale.labels has 5; translate each"),
        ({"trap_text": ""}, "translations.de.trap_text: missing"),
        ({"questions": {}}, "question 'age' is not translated; add it"),
        ({"questions": {"aeg": {"text": "x"}}}, "there is no question 'aeg'; did you mean 'age'"),
        ({"questions": {"age": {"text": "x"}}}, "age.choices: 0, the question has 2"),
    ],
)
def test_a_half_translated_study_is_refused(change, words):
    texts = {
        **GERMAN,
        "labels": list("12345"),
        "questions": {"age": {"text": "Wie alt?", "choices": ["jung", "alt"]}},
        **change,
    }
    values = {
        **MOS,
        "languages": ["en", "de"],
        "questions": [QUESTION],
        "translations": {"de": texts},
    }
    with pytest.raises(SingError) as error:
        checked_settings(values, "x")
    assert words in str(error.value)


def test_every_key_has_an_explanation():
    for key in all_keys(Settings):
        assert key.meaning.endswith((".", "?")), key.name
    names = {key.name for key in all_keys(Settings)}
    assert {"headphones.policy", "questions.key", "translations.*.title", "systems"} <= names


def test_a_folder_without_study_toml_is_no_study(tmp_path):
    with pytest.raises(SingError, match="not a study; make one with sing-eval study new"):
        read_settings(tmp_path)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_one_line(tmp_path, content):
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(SingError, match=r"study\.toml: not TOML"):
        read_settings(tmp_path)


def test_a_toml_file_is_read(tmp_path):
    text = """
    name = "n"\ntitle = "t"\ntest = "ab"\nratings_per_stimulus = 2\ntrials_per_rater = 3
    pairs = [["a", "b"]]\n[systems]\na = "x"\nb = "y"
    """
    (tmp_path / "study.toml").write_text(text)
    assert read_settings(tmp_path) == checked_settings(tomllib.loads(text), "x")
