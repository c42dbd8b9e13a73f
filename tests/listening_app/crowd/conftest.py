"""A Prolific of our own on loopback: studies, submissions and payments, with all that it got."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from listening_app.crowd import prolific_http

TOKEN = "token-of-the-test"


class FakeProlific:
    """Behaves as Prolific's documentation says. `faults` are statuses to answer with first."""

    def __init__(self) -> None:
        self.studies: dict[str, dict] = {}
        self.submissions: dict[str, dict] = {}
        self.payments: dict[str, str] = {}
        self.paid: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.faults: list[int] = []
        self.currency = "EUR"

    def answer(  # noqa: PLR0911  # one reply a request
        self, method: str, path: str, body: dict | None
    ) -> tuple[int, object]:
        parts = path.removeprefix("/api/v1/").strip("/").split("/")
        match method, parts:
            case "GET", ["users", "me"]:
                return 200, {"id": "me", "currency_code": self.currency}
            case "POST", ["studies"]:
                name = f"study{len(self.studies)}"
                self.studies[name] = {**body, "status": "UNPUBLISHED"}
                return 201, {"id": name}
            case "GET", ["studies"]:
                made = [{"id": name, **study} for name, study in self.studies.items()]
                return 200, {"results": made}
            case "POST", ["studies", study, "transition"] if study in self.studies:
                self.studies[study]["status"] = {"PUBLISH": "ACTIVE"}[body["action"]]
                return 200, {"id": study}
            case "GET", ["submissions", submission] if submission in self.submissions:
                return 200, {"id": submission, **self.submissions[submission]}
            case "POST", ["submissions", "bonus-payments"]:
                payment = f"bulk{len(self.payments)}"
                self.payments[payment] = body["csv_bonuses"]
                return 201, {"id": payment, "study": body["study_id"]}
            case "POST", ["submissions", submission, "transition"]:
                assert body == {"action": "APPROVE"}
                self.submissions[submission]["status"] = "APPROVED"
                return 200, {"id": submission, **self.submissions[submission]}
            case "POST", ["bulk-bonus-payments", payment, "pay"]:
                self.paid.append(self.payments[payment])
                return 202, {}
        return 404, {"error": "not found"}


@pytest.fixture
def prolific(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProlific]:
    """The running fake; commands speak to it with a token."""
    fake = FakeProlific()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._answer(json.loads(self.rfile.read(length)))

        def _answer(self, body: dict | None) -> None:
            fake.requests.append((self.command, self.path))
            if self.headers["Authorization"] != f"Token {TOKEN}":
                status, reply = 401, {"error": "token"}
            elif fake.faults:
                status, reply = fake.faults.pop(0), {"error": f"a fault; you sent {TOKEN}"}
            else:
                status, reply = fake.answer(self.command, self.path, body)
            text = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"http://{self.headers['Host']}/elsewhere")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("PROLIFIC_TOKEN", TOKEN)
    monkeypatch.setattr(prolific_http, "ADDRESS", f"http://127.0.0.1:{server.server_port}/api/v1/")
    monkeypatch.setattr(prolific_http, "PAUSE_SECONDS", 0.0)
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
