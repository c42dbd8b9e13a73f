"""Text from raters, made safe to store and to open in a spreadsheet."""

from __future__ import annotations

import re

MAX_TEXT = 4_000
MAX_SHORT_TEXT = 200

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """The text without control characters and lone surrogates, which databases refuse, and cut."""
    encodable = text[:limit].encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", encodable).strip()


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: then it begins with '.

    Plain numbers, also negative ones, stay as they are.
    """
    if text.lstrip(" \n").startswith(_FORMULA) and _NUMBER.fullmatch(text) is None:
        return "'" + text
    return text
