"""The platforms that raters come from, by name: nothing else, so that --help stays fast."""

from __future__ import annotations

from typing import Literal, get_args

PlatformName = Literal["local", "prolific", "mturk"]

PLATFORMS: tuple[PlatformName, ...] = get_args(PlatformName)
