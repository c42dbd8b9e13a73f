"""One synthetic rater's visit: the whole study over HTTP, as the page in a browser takes it.

join ── session ── stages (consent ... headphones) ── sounds ── answers, one by one ── code

On the way some reload, come back by their link on another device, or send an answer twice. What
they gave and what the server said is kept, to be compared with the export.
"""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from listening_app.headphones import Check, HeadphoneChecks, read_checks
from listening_app.rehearsal.client import Client, Reply, Unanswered
from listening_app.rehearsal.population import Population, Rater, answer_of
from listening_app.store.plan import Plan
from listening_app.study import Sheet, Slot, Study, Trial

_STAGE_SECONDS = {"consent": 30.0, "questions": 20.0, "sound": 25.0, "headphones": 120.0}
_THINK_SECONDS = 4.0
_REPEATS, _RETURNS, _RESENDS, _COMMENTS = 0.3, 0.05, 0.05, 0.05
"""How often a sound is played again, somebody comes back, sends twice, writes a comment."""

_COMMENT = 'a click, maybe? "quoted", 10 % – schön'


@dataclass(frozen=True)
class Given:
    """An answer that the server said is stored."""

    trial: Trial
    values: Mapping[str, float | str]
    plays: int
    seconds: float
    comment: str


@dataclass
class Visit:
    """What became of one rater. `outcome` is as the study's own tables should call it.

    `seconds` is how long a person would have taken, who listens in real time. `faults` are replies
    that should not have come.
    """

    rater: Rater
    session: str = ""
    sheet: str = ""
    outcome: str = "turned away"
    is_final: bool = False
    code: str = ""
    given: dict[int, Given] = field(default_factory=dict)
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    retries: int = 0
    faults: list[str] = field(default_factory=list)


class _Fault(Exception):
    """A reply that ends the visit."""


class Visitor:
    """Sends raters to one server. `study` is the same build that is served.

    `answer_stored` is called after every answer that the server said is stored.
    """

    def __init__(
        self,
        study: Study,
        population: Population,
        address: str,
        answer_stored: Callable[[], None],
    ) -> None:
        self._study = study
        self._answer_stored = answer_stored
        self._stages = Plan(study).stages
        self._population = population
        self._address = address
        self._checks = read_checks(study.folder)
        self._sheets = {_slots(sheet.trials): sheet for sheet in study.sheets.values()}
        names = (re.escape(name) for name in study.settings.systems if len(name) > 2)
        self._names = re.compile(rf"(?<!\w)({'|'.join(names) or '(?!)'})(?!\w)")

    def visit(self, rater: Rater) -> Visit:
        """Let one rater take the study; never raises."""
        visit = Visit(rater)
        client = Client(self._address)
        try:
            _Taking(self, client, visit).take()
        except (_Fault, Unanswered) as fault:
            visit.faults.append(str(fault))
        except (KeyError, TypeError, ValueError) as error:
            visit.faults.append(f"a reply that lacks what it should hold: {error!r}")
        finally:
            client.close()
            visit.retries = client.retries
            told = {name for text in client.seen for name in self._names.findall(text)}
            visit.faults += [f"the server told a system's name: {name}" for name in sorted(told)]
        return visit

    def sheet_of(self, listed: Sequence[Mapping[str, Any]]) -> Sheet:
        """The built sheet with exactly these sounds in these slots."""
        shown = tuple(tuple((name, sound) for name, sound in trial["slots"]) for trial in listed)
        if shown not in self._sheets:
            raise _Fault("the sheet that was sent is none of those that were built")
        return self._sheets[shown]


class _Taking:
    """One visit on its way."""

    def __init__(self, visitor: Visitor, client: Client, visit: Visit) -> None:
        self._visitor = visitor
        self._study = visitor._study
        self._client = client
        self._visit = visit
        self._rng = random.Random(f"{visitor._population.seed} visit {visit.rater.number}")

    def take(self) -> None:
        joined = self._join()
        if joined is None:
            return
        self._visit.outcome = "dropped"
        session = self._ok(self._client.get("/api/session"))
        sheet = self._visitor.sheet_of(session["sheet"])
        self._visit.sheet = sheet.id
        steps = len(self._visitor._stages) + len(sheet.trials)
        leaves = steps
        if self._visit.rater.kind == "dropout":
            leaves = int(self._visit.rater.leaves_after * steps)
        state = joined
        for stage in self._visitor._stages[:leaves]:
            state = self._stage(stage)
        if state["stage"] == "done":
            self._visit.outcome = str(state["outcome"])
            return
        if leaves > len(self._visitor._stages):
            self._listen(sheet)
        for place in range(leaves - len(self._visitor._stages)):
            state = self._answer(sheet, place)
        if state.get("stage") == "done":
            self._visit.outcome = str(state["outcome"])
            self._visit.code = str(state.get("code") or "")

    def _join(self) -> dict[str, Any] | None:
        """Arrive by an address as every platform makes them; None if the study is full."""
        identity = self._visit.rater.identity
        parameters = {
            "rater": identity,
            "PROLIFIC_PID": identity,
            "STUDY_ID": "rehearsal",
            "SESSION_ID": f"s{identity}",
            "workerId": identity,
            "assignmentId": f"a{identity}",
            "hitId": "rehearsal",
            "turkSubmitTo": "https://workersandbox.mturk.com/",
        }
        body = {"parameters": parameters, "language": self._study.settings.languages[0]}
        reply = self._client.post("/api/join", body)
        if reply.status == 409 and reply.json().get("error") == "full":
            self._visit.is_final = bool(reply.json().get("final"))
            return None
        joined = self._ok(reply)
        if self._visit.session not in ("", joined["session"]):
            raise _Fault("a rater who came back got another session")
        self._visit.session = str(joined["session"])
        self._client.token = str(joined["token"])
        return joined

    def _stage(self, stage: str) -> dict[str, Any]:
        checks = self._visitor._checks
        bodies: dict[str, dict[str, Any]] = {
            "consent": {"given": True},
            "questions": {"answers": self._questions()},
            "sound": {"device": "headphones"},
            "headphones": {"choices": self._choices(checks)},
        }
        if stage == "sound":
            self._sound(checks.sound.id)
        if stage == "headphones":
            for check in (*checks.antiphase, *checks.huggins):
                self._sound(check.id)
        is_patient = self._visit.rater.kind not in ("lazy", "random")
        self._visit.seconds += _STAGE_SECONDS[stage] * (1.0 if is_patient else 0.5)
        reply = self._client.post(f"/api/stages/{stage}", bodies[stage])
        if reply.status == 409 and reply.json().get("error") == "closed":
            # The reply that said so was lost with the server that was killed.
            return {"stage": "done", "outcome": reply.json()["outcome"]}
        return self._ok(reply)

    def _questions(self) -> dict[str, str | int]:
        answers: dict[str, str | int] = {}
        for question in self._study.settings.questions:
            if question.kind == "choice":
                answers[question.key] = self._rng.randrange(len(question.choices))
            else:
                answers[question.key] = "31" if question.kind == "number" else "synthetic"
        return answers

    def _choices(self, checks: HeadphoneChecks) -> dict[str, int]:
        is_guessing = self._visit.rater.kind in ("lazy", "random")

        def choice(check: Check) -> int:
            return self._rng.randint(1, 3) if is_guessing else check.target

        return {check.id: choice(check) for check in (*checks.antiphase, *checks.huggins)}

    def _listen(self, sheet: Sheet) -> None:
        """Load every sound of the sheet once, as a browser's cache does."""
        for name in dict.fromkeys(slot.stimulus for trial in sheet.trials for slot in trial.slots):
            self._sound(name)

    def _sound(self, name: str) -> None:
        reply = self._client.get(f"/media/{name}")
        if reply.status != 200 or reply.headers.get("Content-Type") != "audio/wav":
            raise _Fault(f"sound {name}: {reply.status}, not a WAV file")

    def _answer(self, sheet: Sheet, place: int) -> dict[str, Any]:
        trial = sheet.trials[place]
        given, heard = self._judge(trial)
        body = {
            "position": place + 1,
            "uuid": str(UUID(int=self._rng.getrandbits(128), version=4)),
            "values": dict(given.values),
            "heard": heard,
            "plays": given.plays,
            "seconds": given.seconds,
            "comment": given.comment,
        }
        state = self._save(body)
        self._visit.given[place + 1] = given
        self._visitor._answer_stored()
        if self._rng.random() < _RESENDS:
            self._save(body)
        if state.get("stage") != "done" and self._rng.random() < _RETURNS:
            back = self._join() or {}
            if back.get("position") != place + 2:
                raise _Fault(f"came back at trial {back.get('position')} instead of {place + 2}")
        return state

    def _judge(self, trial: Trial) -> tuple[Given, dict[str, list[list[float]]]]:
        """The answer, and what was played before it: all of each sound, some of them again."""
        rater, rng = self._visit.rater, self._rng
        is_patient = rater.kind not in ("lazy", "random")
        heard, plays, seconds = {}, 0, 0.0
        most = self._study.settings.listening.max_plays
        for slot in trial.slots:
            length = self._study.stimuli[slot.stimulus].seconds
            times = 2 if is_patient and most != 1 and rng.random() < _REPEATS else 1
            heard[slot.name] = [[0.0, length]] * times
            plays += times
            seconds += times * length
        think = _THINK_SECONDS * rng.lognormvariate(0, 0.5)
        seconds = round(seconds + (think if is_patient else 0.5), 3)
        self._visit.seconds += seconds
        comment = _COMMENT if self._study.settings.comments and rng.random() < _COMMENTS else ""
        values = answer_of(self._study, self._visitor._population, rater, trial)
        return Given(trial, values, plays, seconds, comment), heard

    def _save(self, body: Mapping[str, Any]) -> dict[str, Any]:
        reply = self._client.post("/api/answers", body)
        self._visit.waits.append(reply.seconds)
        return self._ok(reply)

    def _ok(self, reply: Reply) -> dict[str, Any]:
        if reply.status != 200:
            raise _Fault(f"the server said {reply.status}: {reply.text[:200]}")
        return reply.json()


def _slots(trials: Sequence[Trial]) -> tuple[tuple[tuple[str, str], ...], ...]:
    def pair(slot: Slot) -> tuple[str, str]:
        return slot.name, slot.stimulus

    return tuple(tuple(pair(slot) for slot in trial.slots) for trial in trials)


def median_minutes(visits: Sequence[Visit]) -> float:
    """How long a person takes who finishes: the median, 0 if nobody did."""
    finished = [visit.seconds for visit in visits if visit.outcome == "complete"]
    return statistics.median(finished) / 60 if finished else 0.0
