"""A simulated rater: joins, passes the stages, loads each sound before its trial, and answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from connection import Connection, Reply

SOUND_BYTES = 128_044
"""Four seconds of 16 bits at 16 kHz, and the header."""


class Rater:
    """One rater's session: `waits` are the seconds of each answer, `sounds` of each sound."""

    def __init__(self, number: int, port: int, has_sounds: bool) -> None:
        self.errors: list[str] = []
        self.waits: list[float] = []
        self.sounds: list[float] = []
        self._number = number
        self._has_sounds = has_sounds
        self._connection = Connection(port)
        self._token = ""
        self._trials: list[dict[str, Any]] = []

    async def prepare(self, headphones: Mapping[str, int]) -> None:
        """Everything before the first trial, and whether its sound is served as it should be."""
        parameters = {"parameters": {"rater": f"r{self._number}"}}
        self._token = (await self._json("POST", "/api/join", parameters)).get("token", "")
        bodies = {
            "consent": {"given": True},
            "sound": {"device": "headphones"},
            "headphones": {"choices": headphones},
        }
        for stage, body in bodies.items():
            await self._json("POST", f"/api/stages/{stage}", body)
        self._trials = (await self._json("GET", "/api/session", None)).get("sheet", [])
        if self._has_sounds:
            await self._check_sound()

    async def answer(self, first: float, pause: Callable[[], float]) -> None:
        """Answer all trials, with a pause before each, and `first` seconds before all."""
        await asyncio.sleep(first)
        for position in range(1, len(self._trials) + 1):
            thinks = asyncio.get_running_loop().time() + pause()
            if position < len(self._trials):
                await self._load(position)
            await asyncio.sleep(max(0.0, thinks - asyncio.get_running_loop().time()))
            body = {
                "position": position,
                "uuid": str(uuid4()),
                "values": {"score": 1 + (self._number + position) % 5},
                "heard": {"S": [[0.0, 4.0]]},
                "plays": 1,
                "seconds": 5.0,
            }
            reply = await self._ask("POST", "/api/answers", body)
            if reply is not None:
                self.waits.append(reply.seconds)
        self._connection.close()

    async def _load(self, index: int) -> None:
        """As the page does: the next trial's sound while this one's is heard."""
        if not self._has_sounds:
            return
        reply = await self._ask("GET", self._sound(index), None)
        if reply is not None:
            self._expect("sound", len(reply.body) == SOUND_BYTES, reply)
            self.sounds.append(reply.seconds)

    async def _check_sound(self) -> None:
        """Whole, by its tag, and a part of it: the first trial's sound."""
        path = self._sound(0)
        whole = await self._ask("GET", path, None)
        if whole is None:
            return
        self._expect("sound", len(whole.body) == SOUND_BYTES, whole)
        tag = whole.headers.get("etag", "")
        same = await self._ask("GET", path, None, expected=304, If_None_Match=tag)
        part = await self._ask("GET", path, None, expected=206, Range="bytes=44-1043")
        if same is not None and part is not None:
            self._expect("range", part.body == whole.body[44:1044], part)
            self._expect("cache", "immutable" in whole.headers.get("cache-control", ""), whole)

    def _sound(self, index: int) -> str:
        return f"/media/{self._trials[index]['slots'][0][1]}"

    def _expect(self, what: str, is_right: bool, reply: Reply) -> None:
        if not is_right:
            self.errors.append(f"{what}: {reply.status}, {len(reply.body)} bytes")

    async def _json(self, method: str, path: str, body: Any) -> dict[str, Any]:
        reply = await self._ask(method, path, body)
        found: dict[str, Any] = {} if reply is None else json.loads(reply.body)
        return found

    async def _ask(
        self, method: str, path: str, body: Any, expected: int = 200, **headers: str
    ) -> Reply | None:
        """The reply; None, and an error noted, when it is not as expected."""
        sent = b"" if body is None else json.dumps(body).encode()
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            reply = await self._connection.ask(method, path, sent, **headers)
        except (OSError, asyncio.IncompleteReadError) as error:
            self._connection.close()
            self.errors.append(f"{path}: {error}")
            return None
        if reply.status == expected:
            return reply
        self.errors.append(f"{path}: {reply.status} {reply.body[:100]!r}")
        return None
