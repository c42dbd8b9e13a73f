"""A small study made by hand, and raters who take it.

Nothing is built or heard: the store needs to know of stimuli and sheets, not their files.
"""

import uuid
from pathlib import Path

from listening_app.settings import checked_settings
from listening_app.store import Answer, SessionState, Store
from listening_app.study import Sheet, Slot, Stimulus, Study, Trial
from sing.notes import Note

PRACTICE = 1
CONTROLS = 1


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def pass_time(store: Store, clock: Clock, minutes: int) -> None:
    """Time goes by while the server looks for silent raters, as it does when it runs."""
    for _ in range(minutes):
        clock.now += 60
        store.expire()


def settings_of(test: str, **changes):
    values = {
        "name": "small",
        "title": "Notes",
        "test": test,
        "ratings_per_stimulus": 2,
        "trials_per_rater": 4,
        "systems": {"truth": "truth", "sing": "sing", "noise": "noise"},
        "questions": [
            {"key": "age", "text": "How old are you?", "kind": "number"},
            {"key": "remark", "text": "Anything else?", "kind": "text"},
        ],
        **({"reference": "truth"} if test in ("preference", "mushra") else {}),
        **changes,
    }
    return checked_settings(values, "study.toml")


def stimulus_of(system: str, note: Note) -> str:
    return f"{system}{note.instrument[-3:]}{note.pitch}"


def slots_of(test: str, note: Note, turn: int) -> tuple[Slot, ...]:
    """The slots of a main trial; `turn` decides which systems stand where."""

    def stimulus(system: str) -> str:
        return stimulus_of(system, note)

    if test == "mos":
        return (Slot("S", stimulus(("sing", "noise")[turn % 2])),)
    if test == "mushra":
        order = ("truth", "sing", "noise") if turn % 2 else ("noise", "sing", "truth")
        judged = [Slot(f"S{place}", stimulus(name)) for place, name in enumerate(order, start=1)]
        return (Slot("REF", stimulus("truth")), *judged)
    first, second = ("sing", "noise") if turn % 2 else ("noise", "sing")
    pair = (Slot("A", stimulus(first)), Slot("B", stimulus(second)))
    if test == "preference":
        return (Slot("X", stimulus("truth")), *pair)
    if test == "abx":
        return (*pair, Slot("X", stimulus(first if turn // 2 % 2 else second)))
    return pair


def make_study(folder: Path, test: str = "mos", sheets: int = 6, trials: int = 4, **changes):
    """A study of `trials` notes with one practice and one control trial a sheet.

    Of mos, two consecutive sheets hold every stimulus once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notes = [
        Note(f"bass_synthetic_{number // 40:03d}", 40 + number % 40, 100)
        for number in range(trials)
    ]
    stimuli = {
        stimulus_of(system, note): Stimulus(
            stimulus_of(system, note), system, note, "system", folder / "none.wav", 4.0, 0.0
        )
        for system in ("truth", "sing", "noise")
        for note in notes
    }
    expected = {"mos": "1", "cmos": "3", "mushra": ""}.get(test, "A")
    made = {}
    for number in range(sheets):
        kinds = ["practice"] * PRACTICE + ["main"] * trials + ["control"] * CONTROLS
        heard = [notes[0], *notes, notes[-1]]
        listed = [
            Trial(
                f"t{number:04d}{place:02d}",
                kind,
                note,
                slots_of(test, note, number + place),
                "" if kind == "main" else expected,
            )
            for place, (kind, note) in enumerate(zip(kinds, heard, strict=True))
        ]
        made[f"s{number:04d}"] = Sheet(f"s{number:04d}", tuple(listed))
    return Study(folder, settings_of(test, **changes), stimuli, made, f"fingerprint of {test}")


GIVEN = {
    "mos": {"score": 4},
    "cmos": {"score": -2},
    "mushra": {"S1": 80, "S2": 20.5, "S3": 100},
    "preference": {"choice": "A"},
    "abx": {"choice": "B"},
    "ab": {"choice": "B"},
}


def answer(position: int, test: str = "mos", **changes) -> Answer:
    values = {
        "position": position,
        "uuid": str(uuid.uuid4()),
        "values": GIVEN[test],
        "plays": 2,
        "listened_seconds": 4.0,
        "seconds": 7.5,
        **changes,
    }
    return Answer(**values)


def to_trials(store: Store, identity: str = "rater", **data) -> SessionState:
    """Join and pass every stage before the trials."""
    state = store.join("local", identity)
    given = {
        "consent": {"given": True},
        "questions": {"age": "31"},
        "sound": {"device": "headphones"},
        "headphones": {"antiphase_hits": 6, "huggins_hits": 5},
    }
    while state.stage in given:
        state = store.record_stage(
            state.session, state.stage, data.get(state.stage, given[state.stage])
        )
    return state


def finish(store: Store, state: SessionState, test: str = "mos") -> str:
    for position in range(state.position, state.trials + 1):
        store.save_answer(state.session, answer(position, test))
    return store.complete(state.session)
