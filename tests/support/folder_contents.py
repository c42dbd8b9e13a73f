"""What a folder holds, to compare two or one before and after."""

from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file's bytes by its path in the folder, hidden files and subfolders included."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
