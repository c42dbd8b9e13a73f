"""A study that was really built, and its application, for the tests of the web pages."""

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import studies
from flask import Flask
from flask.testing import FlaskClient

from listening_app.app import create_app
from listening_app.build import build_study
from listening_app.limits import UNLIMITED
from listening_app.study import Study

QUESTIONS = [
    {"key": "age", "text": "How old are you?", "kind": "choice", "choices": ["Young", "Old"]},
    {"key": "years", "text": "Years of music?", "kind": "number", "required": True},
    {"key": "remark", "text": "Anything else?", "kind": "text"},
]


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build a small study once for each test and settings; it is not to be served from there."""
    folder = tmp_path_factory.mktemp("web")
    studies.write_systems(folder / "systems")
    made: dict[str, Path] = {}

    def build(test: str = "mos", **changes) -> Path:
        key = repr((test, sorted(changes.items())))
        if key not in made:
            usual = {"questions": QUESTIONS, "ratings_per_stimulus": 2, "trials_per_rater": 4}
            place = studies.write_study(folder / f"study{len(made)}", test, **{**usual, **changes})
            build_study(place)
            made[key] = place
        return made[key]

    return build


@pytest.fixture
def study_folder(built_once: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """A built study of this test's own, with neither answers nor a secret."""

    def copy(test: str = "mos", **changes) -> Path:
        place = tmp_path / f"study-{uuid.uuid4().hex[:6]}"
        return Path(shutil.copytree(built_once(test, **changes), place, copy_function=os.link))

    return copy


class Rater:
    """A rater's browser, as far as the server can tell."""

    def __init__(self, client: FlaskClient, identity: str = "anna") -> None:
        self.client = client
        self.identity = identity
        self.token = ""

    def post(self, path: str, body: object, **options):
        return self.client.post(f"/api/{path}", json=body, headers=self.headers, **options)

    def get(self, path: str, **headers: str):
        return self.client.get(path, headers={**self.headers, **headers}, buffered=True)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def join(self, **parameters: str):
        body = {"parameters": {"rater": self.identity, **parameters}, "language": "en"}
        reply = self.client.post("/api/join", json=body)
        if reply.is_json and "token" in reply.json:
            self.token = reply.json["token"]
        return reply

    def session(self) -> dict:
        return self.get("/api/session").json

    def to_trials(self) -> "Rater":
        self.join()
        checks = self.session()["checks"]
        tasks = [*checks["antiphase"], *checks["huggins"]]
        given = {
            "consent": {"given": True},
            "questions": {"answers": {"age": 1, "years": "3"}},
            "sound": {"device": "headphones"},
            "headphones": {"choices": dict.fromkeys(tasks, 2)},
        }
        while (stage := self.session()["stage"]) in given:
            reply = self.post(f"stages/{stage}", given[stage])
            assert reply.status_code == 200, reply.text
        return self

    def body(self, position: int, values: dict | None = None, **changes) -> dict:
        slots = [name for name, _ in self.session()["sheet"][position - 1]["slots"]]
        return {
            "position": position,
            "uuid": str(uuid.uuid4()),
            "values": values or {"score": 4},
            "heard": {name: [[0, 4]] for name in slots},
            "plays": len(slots),
            "seconds": 9.5,
            "comment": "",
            **changes,
        }

    def answer(self, position: int, **changes):
        return self.post("answers", self.body(position, **changes))

    def finish(self):
        session = self.session()
        for position in range(session["position"], len(session["sheet"]) + 1):
            reply = self.answer(position)
            assert reply.status_code == 200, reply.text
        return reply


@pytest.fixture
def make_app(study_folder: Callable[..., Path]) -> Callable[..., Flask]:
    """An application on a fresh copy of a built study; nobody is limited unless asked for."""
    stores = []

    def make(test: str = "mos", *, folder: Path | None = None, options=None, **changes) -> Flask:
        app = create_app(
            folder or study_folder(test, **changes), **{"limits": UNLIMITED, **(options or {})}
        )
        stores.append(app.extensions["sing-eval study"].store)
        return app

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def rater(client: FlaskClient) -> Rater:
    return Rater(client)


@pytest.fixture
def new_rater() -> type[Rater]:
    return Rater


@pytest.fixture
def study(app: Flask) -> Study:
    return app.extensions["sing-eval study"].study
