"""A call to an emulated network, its answer or refusal, and its line in the log, without the framework's objects."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True)
class Call:
    method: str
    path: str  # below the channel's prefix, without slashes at its ends: "pds/xrpc/com.atproto.…"
    query: QueryParams
    headers: Headers
    body: bytes
    base_url: str  # where this sandbox is reached: "http://127.0.0.1:8090"
    ends_with_slash: bool = False  # some networks insist on the slash that `path` lacks
    channel: str = ""
    target: str = ""  # path and query as they were sent, before they are decoded

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

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def parts(self) -> dict[str, bytes]:
        """The parts of a multipart body by their names, fields and files alike."""
        return {_name(part): _content(part) for part in self._messages}

    @cached_property
    def file_names(self) -> dict[str, str]:
        """The names of the files of a multipart body, by the names of their parts. Fields have none."""
        named = ((_name(part), part.get_filename()) for part in self._messages)
        return {name: file_name for name, file_name in named if file_name is not None}

    def json(self, refused: Refusal) -> dict[str, Any]:
        """The JSON object of the body; raises `refused` for anything else."""
        try:
            body = json.loads(self.body or b"{}")
        except ValueError:
            raise refused from None
        if not isinstance(body, dict):
            raise refused
        return body

    @cached_property
    def _messages(self) -> list[Message]:
        header = f"content-type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        whole = message_from_bytes(header + self.body)
        listed = whole.get_payload() if whole.is_multipart() else []
        return [part for part in listed if isinstance(part, Message)]

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

    def response(self) -> Response:
        match self.body:
            case None:
                content, kind = b"", "text/plain; charset=utf-8"
            case bytes():
                content, kind = self.body, "application/octet-stream"
            case str():
                content, kind = self.body.encode(), "text/html; charset=utf-8"
            case _:
                content, kind = json.dumps(self.body, ensure_ascii=False).encode(), "application/json; charset=utf-8"
        headers = {"content-type": kind, **{name.lower(): value for name, value in self.headers.items()}}
        return Response(content, self.status, headers)


class Refusal(Exception):
    """Raised anywhere in an operation: the network refuses, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body}")
        self.answer = answer


@dataclass(frozen=True)
class Problems:
    """A network's errors by name: a row has the HTTP status, the usual text, and what else the envelope shows.

    `body` makes the envelope of a name, the status, the text and the rest of the row. `other` makes the row of a name
    that the table lacks.
    """

    known: Mapping[str, tuple[Any, ...]]
    body: Callable[..., Any]
    usual: str = "internal"  # of a fault that names none
    field: str = "error"  # the part of a fault's `error` that names one
    other: Callable[[str], tuple[Any, ...]] | None = None

    def answer(
        self,
        name: str,
        text: str | None = None,
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        row = self.known.get(name) or (self.other(name) if self.other else self.known["invalid"])
        code = status or row[0]
        body = self.body(name, code, row[1] if text is None else text, *row[2:], **more)
        return Answer(code, body, headers or {})

    def refuse(self, name: str, text: str | None = None, **more: Any) -> Refusal:
        return Refusal(self.answer(name, text, **more))

    def refuse_if(self, broken: object, name: str, text: str | None = None, **more: Any) -> None:
        if broken:
            raise self.refuse(name, text, **more)

    def planned(self, error: dict[str, Any], status: int | None) -> Answer:
        """The answer of a fault whose `error` has a name and perhaps a `message`."""
        return self.answer(str(error.get(self.field) or self.usual), error.get("message"), status=status)


@dataclass(frozen=True)
class Operation:
    """`visible`: followers would see what it does, so a call that took effect published something."""

    name: str
    run: Callable[[Call], Awaitable[Answer]]
    visible: bool = False


@dataclass
class CallRecord:
    """One line of the log of calls. Paths only: queries and bodies may contain tokens."""

    at: float
    channel: str
    operation: str
    method: str
    path: str
    profile: str | None
    visible: bool
    status: int | None = None  # None: no complete answer was sent yet
    effect: bool = False
    fault: str | None = None  # the id of the fault that acted on it
    brand: str | None = None  # the test brand that it was made for; None: not said


def _name(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def root_url(request: Request, base_url: str | None) -> str:
    """Where clients reach this sandbox: `base_url`, or the address of the request."""
    return base_url or f"{request.url.scheme}://{request.url.netloc}"
