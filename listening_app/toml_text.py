"""TOML as a person would write it: wrapped comments, long texts over several lines."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence

WIDTH = 98


def comment(text: str) -> str:
    """The text as comment lines."""
    return textwrap.fill(
        text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def assignment(key: str, value: object) -> str:
    """`key = value`, over several lines where one would be too long."""
    line = f"{toml_key(key)} = {toml_value(value)}"
    if len(line) <= WIDTH and not (isinstance(value, str) and "\n" in value):
        return line
    if isinstance(value, str):
        return f'{toml_key(key)} = """\n{_paragraphs(value)}"""'
    if isinstance(value, Sequence):
        items = "".join(f"    {toml_value(item)},\n" for item in value)
        return f"{toml_key(key)} = [\n{items}]"
    return line


def toml_key(key: str) -> str:
    """The key, in quotes unless it is plain."""
    is_plain = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if is_plain else _quoted(key)


def toml_value(value: object) -> str:
    """The value on one line: text, number, true or false, a list, or a table."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml_value, value))}]"
    return repr(value)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _paragraphs(text: str) -> str:
    """Lines of which all but a paragraph's last end in a backslash, so that they are one line."""
    return "\n".join(" \\\n".join(_wrapped(_quoted(line)[1:-1])) for line in text.split("\n"))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
