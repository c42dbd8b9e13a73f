"""Where results that can be made again are kept between commands."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The folder $SING_CACHE, or else the project's in the user's cache; it may not exist yet."""
    named = os.environ.get("SING_CACHE")
    return Path(named or platformdirs.user_cache_dir("sing-eval", appauthor=False))
