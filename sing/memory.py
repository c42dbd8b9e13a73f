"""A setting of the C library's allocator for work on arrays of about a megabyte."""

from __future__ import annotations

import ctypes
import os

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # glibc refuses more
_TRIM_THRESHOLD = 2**30


def keep_freed_memory() -> None:
    """Let this process keep the large blocks that it frees, instead of asking for them anew.

    By default glibc gives every freed array back to the kernel, which then has to clear the pages
    of the next one: a third of the time of scoring a note. Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD)
