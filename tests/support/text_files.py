"""Text files for readers to read."""

from pathlib import Path


def write_lines(path: Path, *lines: str) -> Path:
    """Write a file of these lines, each with its end, and return its path."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
