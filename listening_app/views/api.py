"""What the page in the browser asks and tells: JSON, every answer stored before it is answered.

POST api/join                     who arrives by an address -> a token, and where the session stands
GET  api/session                  the same for a token, with the trials of the sheet
POST api/stages/<stage>           what was given in a stage before the trials
POST api/answers                  the answer to a trial
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify

from listening_app import bodies
from listening_app.bodies import read_body, refuse
from listening_app.crowd import MAX_DETAIL, MAX_IDENTITY, VISITOR
from listening_app.hearing import listened_seconds, unheard
from listening_app.security import address, check_same_origin, limit
from listening_app.setting_tables import Question
from listening_app.site import site
from listening_app.store import AlreadyDone, Answer, InvalidAnswer, SessionState
from listening_app.tokens import Ticket
from listening_app.views.tickets import ticket

api = Blueprint("api", __name__, url_prefix="/api")

DEVICES = ("headphones", "earphones", "loudspeakers", "other")
"""What a rater may say they listen with."""


@api.post("/join")
def join() -> Response:
    """A session for whoever arrives: their own again, or a new one."""
    check_same_origin()
    limit(site().limiters.joins, address())
    given = read_body(bodies.Join)
    arrival = site().platform.arrive({**given.parameters, VISITOR: given.visitor})
    if arrival is None or not 0 < len(arrival.identity) <= MAX_IDENTITY or arrival.is_preview:
        refuse(400, "link")
    details = {key: value[:MAX_DETAIL] for key, value in arrival.details.items()}
    languages = site().study.settings.languages
    language = given.language if given.language in languages else languages[0]
    try:
        state = site().store.join(site().platform.name, arrival.identity, language, details)
        error: Mapping[str, str] = {}
    except AlreadyDone as done:
        state, error = done.state, {"error": "done"}
    joined = Ticket(state.session, state.sheet, details)
    return jsonify(token=site().tokens.issue(joined), **_shown(joined, state), **error)


@api.get("/session")
def session() -> Response:
    """Where the session stands, and the trials of its sheet: names of slots and of sounds."""
    asked = ticket()
    sheet = site().study.sheets[asked.sheet]
    checks = site().checks
    return jsonify(
        **_shown(asked, site().store.state(asked.session)),
        sheet=[
            {
                "practice": trial.kind == "practice",
                "slots": [[slot.name, slot.stimulus] for slot in trial.slots],
            }
            for trial in sheet.trials
        ],
        checks={
            "sound": checks.sound.id,
            "antiphase": [check.id for check in checks.antiphase],
            "huggins": [check.id for check in checks.huggins],
        },
    )


@api.post("/stages/<stage>")
def stage(stage: str) -> Response:
    """Store what was given in a stage before the trials; again is harmless."""
    asked = ticket()
    if stage not in _READERS:
        refuse(404, "no_stage")
    state = site().store.record_stage(asked.session, stage, _READERS[stage]())
    return jsonify(_shown(asked, state))


@api.post("/answers")
def answer() -> Response:
    """Store an answer. When this says so, it is on disk; again is harmless."""
    asked = ticket()
    given = read_body(bodies.Given)
    trials = site().study.sheets[asked.sheet].trials
    if given.position > len(trials):
        raise InvalidAnswer(f"position {given.position}: the sheet has {len(trials)} trials")
    trial = trials[given.position - 1]
    missing = unheard(site().study, trial, given.heard)
    if missing:
        refuse(422, "unheard", slots=list(missing))
    saved = site().store.save_answer(
        asked.session,
        Answer(
            position=given.position,
            uuid=given.uuid,
            values=given.values,
            plays=given.plays,
            listened_seconds=listened_seconds(site().study, trial, given.heard),
            seconds=given.seconds,
            comment=given.comment,
        ),
    )
    if not saved.is_done:
        return jsonify(position=saved.position_next)
    return jsonify(_shown(asked, site().store.state(asked.session)))


def _shown(asked: Ticket, state: SessionState) -> dict[str, Any]:
    """What a rater's browser may know of the session."""
    shown: dict[str, Any] = {
        "session": state.session,
        "stage": state.stage,
        "position": state.position,
        "language": state.language,
        "outcome": state.outcome,
    }
    if state.stage == "done":
        ending = site().platform.ending(state.outcome, state.code, asked.details)
        shown |= {"code": state.code, "ending": {"url": ending.url, "fields": dict(ending.fields)}}
    return shown


def _consent() -> dict[str, Any]:
    return {"given": read_body(bodies.Consent).given}


def _questions() -> dict[str, Any]:
    """Answers in the words of study.toml's own language, whatever language they were given in."""
    given = read_body(bodies.Questions).answers
    questions = site().study.settings.questions
    unknown = given.keys() - {question.key for question in questions}
    if unknown:
        raise InvalidAnswer("a question that was not asked")
    answers = {}
    for question in questions:
        text = _answer_to(question, given.get(question.key))
        if text:
            answers[question.key] = text
        elif question.required:
            raise InvalidAnswer(f"{question.key}: to be answered")
    return answers


def _answer_to(question: Question, given: str | int | None) -> str:
    if given is None:
        return ""
    if question.kind == "choice":
        if not isinstance(given, int) or given >= len(question.choices):
            raise InvalidAnswer(f"{question.key}: not one of the choices")
        return question.choices[given]
    if not isinstance(given, str):
        raise InvalidAnswer(f"{question.key}: not a text")
    text = given.strip()
    if text and question.kind == "number":
        try:
            is_number = math.isfinite(float(text.replace(",", ".")))
        except ValueError:
            is_number = False
        if not is_number:
            raise InvalidAnswer(f"{question.key}: not a number")
    return text


def _sound() -> dict[str, Any]:
    device = read_body(bodies.Sound).device
    if device not in DEVICES:
        raise InvalidAnswer("device: not one of those offered")
    return {"device": device}


def _headphones() -> dict[str, Any]:
    """The right answers are known here only; what the browser sends is what was chosen."""
    choices = read_body(bodies.Headphones).choices
    checks = site().checks
    asked = {check.id for check in (*checks.antiphase, *checks.huggins)}
    if choices.keys() != asked:
        raise InvalidAnswer("headphones: every trial needs an answer")
    return {
        f"{name}_hits": sum(choices[check.id] == check.target for check in trials)
        for name, trials in (("antiphase", checks.antiphase), ("huggins", checks.huggins))
    }


_READERS = {
    "consent": _consent,
    "questions": _questions,
    "sound": _sound,
    "headphones": _headphones,
}
