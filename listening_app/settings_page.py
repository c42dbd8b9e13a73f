"""The page docs/guide/study-toml.md: every key of study.toml, from the models that check it."""

from __future__ import annotations

from collections.abc import Iterator

from listening_app.setting_keys import Key, all_keys
from listening_app.settings import Settings
from listening_app.toml_text import toml_value

_HEAD = """\
# study.toml

Written from the models that check the file (listening_app/setting_tables.py); a test compares them.

`sing-eval study new DIR --test TEST` writes a file in which every key stands with its explanation.
A file by hand needs only the keys that must be given. An unknown key, a wrong type, or two keys
that do not fit each other are errors of one line that say what the key means. The keys at the top
stand before the first `[table]`, as TOML demands.

After the build, texts, questions, pay, platform, listening, headphone policy and lease may still be
changed. Keys that decide what is heard may not (name, test, seed, ratings_per_stimulus,
trials_per_rater, surplus, reference, pairs, anchors, systems, notes, loudness, practice, gold,
traps, how many labels): the study is then built again.
"""


def settings_page() -> str:
    """The page in Markdown."""
    tables: dict[str, list[Key]] = {}
    for key in all_keys(Settings):
        table, _, _ = key.name.rpartition(".")
        tables.setdefault(table, []).append(key)
    return "\n".join(
        [_HEAD, *(line for table in tables for line in _section(table, tables[table]))]
    )


def _section(table: str, keys: list[Key]) -> Iterator[str]:
    yield f"## {_title(table)}\n"
    yield "| key | value | default | meaning |\n| --- | --- | --- | --- |"
    for key in keys:
        name = key.name.rpartition(".")[2]
        meaning = key.meaning.replace("|", "\\|")
        yield f"| `{name}` | {key.kind} | {_default(key)} | {meaning} |"
    yield ""


def _title(table: str) -> str:
    if not table:
        return "At the top"
    if table == "questions":
        return "`[[questions]]`"
    named = table.replace("translations.*", "translations.LANGUAGE").replace(".*", ".KEY")
    return f"`[{named}]`"


def _default(key: Key) -> str:
    if key.name in ("title", "task", "scale.labels", "controls.trap_text"):
        return "by test"
    if key.default is None:
        return "must be given"
    if key.name == "consent.text":
        return "a short text"
    return f"`{toml_value(key.default)}`" if key.default not in ({}, (), "") else "empty"
