"""Note names inside file names: `gen_<note>.wav`, `<note>/take.flac`, and names that lost letters.

The WaveNet autoencoder's tool passes the names of saved encodings through strip('.wav'), which
takes the letters w, a and v and dots from both ends: `vocal_...` became `ocal_...`. A note's name
ends in digits, so only the front suffers, and of NSynth's families only `vocal`. Other names that
begin so (`viola_...`, `accordion_...`) are put right where the notes to expect are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from sing.data.labels import FAMILIES, SOURCES
from sing.errors import SingError
from sing.notes import Note

EATEN = ".wav"
"""The characters that strip('.wav') takes away, in any order."""

EXAMPLE = "gen_keyboard_acoustic_004-058-127.wav"
"""A file name as the WaveNet autoencoder's tool gives it."""

_TAIL = re.compile(r"-\d{3}-\d{3}(?!\d)")
_NSYNTH = re.compile(
    rf"(?<![A-Za-z])(?:{'|'.join(FAMILIES)}|ocal)_(?:{'|'.join(SOURCES)})_\d{{3}}"
    r"-\d{3}-\d{3}(?!\d)"
)
_ANY_INSTRUMENT = re.compile(r"(?:gen_)?((?=.*[A-Za-z])\w[\w.+#-]*-\d{3}-\d{3})(?:_embeddings)?")


@dataclass(frozen=True)
class NamedNote:
    """The note that a file's name tells, and whether lost letters were put back to read it."""

    note: Note
    repaired: bool = False


class NoteFinder:
    """Finds the note that a path names; knows lost letters and odd instruments from `known`."""

    def __init__(self, known: Iterable[Note] = ()) -> None:
        self._known = {note.name: note for note in known}
        self._shortened: dict[str, Note | None] = {}
        for name, note in self._known.items():
            rest = name.lstrip(EATEN)
            if rest != name and rest not in self._known:
                # None for what two names would have become: nobody can tell which it was.
                self._shortened[rest] = None if rest in self._shortened else note

    def find(self, path: PurePath) -> NamedNote:
        """The note in the file's own name, else in the name of the nearest folder that has one.

        Raises SingError, worded as a reason, when there is none or when a name tells two.
        """
        for name in (path.stem, *(folder.name for folder in path.parents)):
            found = self._in_name(name)
            if len(found) > 1:
                both = " and ".join(sorted(named.note.name for named in found)[:2])
                raise SingError(f"names two notes, {both}")
            if found:
                return found.pop()
        raise SingError("no note in its name")

    def _in_name(self, name: str) -> set[NamedNote]:
        found = set(self._expected(name))
        if not found:
            found = {_nsynth_note(match[0]) for match in _NSYNTH.finditer(name)}
        whole = _ANY_INSTRUMENT.fullmatch(name)
        if not found and whole is not None:
            found = {NamedNote(Note.parse(whole[1]))}
        return found

    def _expected(self, name: str) -> Iterator[NamedNote]:
        """For each pitch and velocity in the name, the longest known name that ends there."""
        for tail in _TAIL.finditer(name) if self._known else ():
            candidates = [
                name[start : tail.end()]
                for start in range(tail.start())
                if start == 0 or not name[start - 1].isalnum()
            ]
            for candidate in candidates:
                note = self._known.get(candidate) or self._shortened.get(candidate)
                if note is not None:
                    yield NamedNote(note, repaired=candidate != note.name)
                    break


def _nsynth_note(name: str) -> NamedNote:
    if name.startswith("ocal_"):
        return NamedNote(Note.parse(f"v{name}"), repaired=True)
    return NamedNote(Note.parse(name))
