"""What keys of study.toml demand of each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from listening_app.anchors import ANCHOR, BEEPS, MOST_BEEPS, parse_anchor
from listening_app.strings import languages
from sing.errors import SingError, suggestion

if TYPE_CHECKING:
    from listening_app.settings import Settings

_FEWEST_SYSTEMS = {"mos": 1, "preference": 3, "mushra": 2}


def faults(settings: Settings) -> Iterator[str]:
    """What is wrong between the keys, each beginning with the key at fault."""
    yield from _systems(settings)
    yield from _reference(settings)
    yield from _pairs(settings)
    yield from _anchors(settings)
    yield from _scale(settings)
    yield from _languages(settings)
    keys = [question.key for question in settings.questions]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"questions: two have the key '{key}'; rename one"


def _systems(settings: Settings) -> Iterator[str]:
    fewest = _FEWEST_SYSTEMS.get(settings.test, 2)
    if len(settings.systems) < fewest:
        yield (
            f"systems: {len(settings.systems)} named, a {settings.test} test needs {fewest} or "
            'more; add lines such as sing = "../../systems/sing"'
        )
    for name, folder in settings.systems.items():
        is_ours = name == BEEPS or name.startswith(ANCHOR)
        if is_ours or not name.strip() or name != name.strip() or not name.isprintable():
            yield f"systems: '{name}' cannot be a system's name in the tables; choose another"
        if not folder.strip():
            yield f"systems.{name}: no folder; say where the system lies"


def _reference(settings: Settings) -> Iterator[str]:
    reference = settings.reference
    if reference and reference not in settings.systems:
        hint = suggestion(reference, settings.systems)
        yield f"reference = '{reference}': not one of the systems; {hint}"
    if not reference and settings.test in ("preference", "mushra"):
        yield f"reference: a {settings.test} test needs one; name the system that is the truth"


def _pairs(settings: Settings) -> Iterator[str]:
    if settings.pairs and not settings.is_of_pairs:
        yield f"pairs: a {settings.test} test compares no pairs; remove the key"
    for pair in settings.pairs:
        for name in pair:
            if name not in settings.systems:
                hint = suggestion(name, settings.systems)
                yield f"pairs: '{name}' is not one of the systems; {hint}"
        if pair[0] == pair[1]:
            yield f"pairs: '{pair[0]}' is paired with itself; name two systems"
        if settings.test == "preference" and settings.reference in pair:
            yield f"pairs: '{settings.reference}' is the reference X; name two other systems"
    if len({frozenset(pair) for pair in settings.pairs}) < len(settings.pairs):
        yield "pairs: a pair stands there twice; remove one of them (the order is balanced anyway)"


def _anchors(settings: Settings) -> Iterator[str]:
    if settings.anchors and settings.test != "mushra":
        yield f"anchors: a {settings.test} test has none; remove the key"
    if len(set(settings.anchors)) < len(settings.anchors):
        yield "anchors: one stands there twice; remove it"
    for name in settings.anchors:
        try:
            parse_anchor(name)
        except SingError as error:
            yield f"anchors: {error}"


def _scale(settings: Settings) -> Iterator[str]:
    count = len(settings.scale.labels)
    if settings.test == "mos" and count < 2:
        yield f"scale.labels: {count}; a scale has two or more"
    if settings.test == "mos" and settings.controls.traps and count > MOST_BEEPS:
        yield (
            f"scale.labels: {count}; nobody counts more than {MOST_BEEPS} beeps; use fewer, or "
            "set controls.traps = 0"
        )
    if settings.test == "cmos" and (count < 3 or count % 2 == 0):
        yield f"scale.labels: {count}; a comparison has an odd number, with 'about the same' amid"
    if settings.test == "mushra" and count == 0:
        yield "scale.labels: none; name the parts of 0 to 100"
    if settings.is_choice and count:
        yield f"scale.labels: a {settings.test} test has no scale; remove them"


def _languages(settings: Settings) -> Iterator[str]:
    first, *others = settings.languages
    if len(set(settings.languages)) < len(settings.languages):
        yield "languages: one stands there twice; remove it"
    known = languages()
    for language in settings.languages:
        if language not in known:
            yield f"languages: there are no pages in '{language}'; {suggestion(language, known)}"
    for language in others:
        if language not in settings.translations:
            yield f"languages: '{language}' has no table [translations.{language}]; add it"
    for language, texts in settings.translations.items():
        where = f"translations.{language}"
        if language not in others:
            yield f"{where}: '{language}' is not one of the further languages; add it, or '{first}'"
            continue
        if len(texts.labels) != len(settings.scale.labels):
            yield (
                f"{where}.labels: {len(texts.labels)}, scale.labels has "
                f"{len(settings.scale.labels)}; translate each"
            )
        if settings.controls.traps and not texts.trap_text:
            yield f"{where}.trap_text: missing; say in this language what to do with the beeps"
        yield from _questions(settings, language)


def _questions(settings: Settings, language: str) -> Iterator[str]:
    where = f"translations.{language}.questions"
    translated = settings.translations[language].questions
    known = {question.key: question for question in settings.questions}
    for key in translated:
        if key not in known:
            yield f"{where}: there is no question '{key}'; {suggestion(key, known)}"
    for key, question in known.items():
        if key not in translated:
            yield f"{where}: question '{key}' is not translated; add it"
        elif len(translated[key].choices) != len(question.choices):
            yield (
                f"{where}.{key}.choices: {len(translated[key].choices)}, the question has "
                f"{len(question.choices)}; translate each, in the same order"
            )
