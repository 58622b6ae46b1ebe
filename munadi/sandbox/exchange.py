"""One call to an emulated network and its answer, without the web framework's objects."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams


@dataclass(frozen=True)
class Call:
    method: str
    path: str  # below the channel's prefix, without a leading slash: "pds/xrpc/com.atproto.…"
    query: QueryParams
    headers: Headers
    body: bytes
    base_url: str  # where this sandbox is reached: "http://127.0.0.1:8090"
    ends_with_slash: bool = False  # `path` has none, and some networks insist on it
    channel: str = ""

    @property
    def url(self) -> str:
        """The called address, without its query."""
        return f"{self.base_url}/{self.channel}/{self.path}"

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def bearer(self) -> str | None:
        return self._token("bearer")

    @property
    def bound(self) -> str | None:
        """A token that is bound to a key (DPoP, RFC 9449)."""
        return self._token("dpop")

    def _token(self, wanted: str) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == wanted and token else None


@dataclass(frozen=True)
class Answer:
    """`body`: bytes and text are sent as they are, anything else as JSON. `effect`: the network changed."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False

    def encoded(self) -> tuple[bytes, str]:
        """The bytes and their default content type."""
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/html; charset=utf-8"
        if self.body is None:
            return b"", "text/plain; charset=utf-8"
        return json.dumps(self.body, ensure_ascii=False).encode(), "application/json; charset=utf-8"


class Refusal(Exception):
    """Raised anywhere in an operation: the network refuses, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body}")
        self.answer = answer


def json_object(call: Call, refused: Refusal) -> dict[str, Any]:
    """The JSON object of a call's body; raises `refused` for anything else."""
    try:
        body = json.loads(call.body or b"{}")
    except ValueError:
        raise refused from None
    if not isinstance(body, dict):
        raise refused
    return body


@dataclass(frozen=True)
class Operation:
    """`visible`: followers would see what it does, so a call that took effect put something in public."""

    name: str
    run: Callable[[Call], Awaitable[Answer]]
    visible: bool = False
