"""The middleware of the doors: recognises their requests, and says errors in the other program's form.

It is outside the edge, so that what the edge refuses has that form too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.door import Door

# What both of the other programs answer. Every other refusal is a 400 there.
_KEPT = {401, 403, 404, 429}


class Entrance:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, doors: Sequence[Door]) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = next((each for each in self._doors if scope.get("path", "").startswith(each.prefix)), None)
        if scope["type"] != "http" or door is None:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["door"] = door
        if door.keys_are_raw:
            scope["headers"] = [_with_scheme(name, value) for name, value in scope["headers"]]
        await self._app(scope, receive, _Translating(door, send))


def _with_scheme(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name == b"authorization" and b" " not in value.strip():
        return name, b"Bearer " + value.strip()
    return name, value


class _Translating:
    """Sends the response; a refusal in the form of the door."""

    def __init__(self, door: Door, send: Send) -> None:
        self._door = door
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400 and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_failure(self._start)

    async def _send_failure(self, start: Message) -> None:
        problem: Mapping[str, Any] = json.loads(self._body)
        status = start["status"] if start["status"] in _KEPT or start["status"] >= 500 else HTTPStatus.BAD_REQUEST
        body = json.dumps(self._door.failure({**problem, "status": int(status)}), ensure_ascii=False).encode()
        begin = {**start, "status": int(status)}
        headers = MutableHeaders(scope=begin)
        headers["content-type"], headers["content-length"] = "application/json", str(len(body))
        await self._send(begin)
        await self._send({"type": "http.response.body", "body": body})


def _is_problem(start: Message) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"application/problem+json") for name, value in start["headers"]
    )
