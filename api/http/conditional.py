"""Conditional reads: a client that has the answer already gets 304 without a body.

Every JSON answer to a GET of the API has a strong `ETag`, of its bytes, and so has the OpenAPI document. The rule here:
an answer that brings its own tag keeps it, and then the tag changes with every byte of the answer.
"""

from __future__ import annotations

import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import ProblemError, problem_response, request_id_of

API = "/v1/"
DOCUMENT = "/openapi.json"
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
# A space belongs to the part that follows it, so that a list matches in one way only; two ways per comma would be 2**n.
ENTITY_TAGS = re.compile(rf"\*|(?:{_TAG}|,)(?:[ \t]*,(?:[ \t]*{_TAG})?)*[ \t]*")
# The comparison is weak: `W/"3"` is the same as `"3"` (RFC 9110, 13.1.2).
_OPAQUE = re.compile(r'"[^"]*"')
_OF_THE_BODY = ("content-length", "content-type", "content-encoding")


def tag_of(body: bytes) -> str:
    """The entity tag of a body, without quotation marks."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def post_etag(version: int, body: bytes) -> str:
    """The ETag of an answer that is a whole post: its version, for If-Match, and a hash of what was answered.

    A read and a change of the same state have the same body, so the tag of one serves a later read.
    """
    return f'"{version}-{tag_of(body)}"'


class ConditionalReads:
    """Tags the API's answers to GET and its document, and answers 304 to `If-None-Match` with their tag."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith((API, DOCUMENT)):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Tagging(scope, receive, send))


class _Tagging:
    """Sends an answer with its tag, or 304. The start of an answer waits for its body."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
        elif message.get("more_body", False):  # a stream, whose tag is not known before its end
            await self._send(start)
            await self._send(message)
        else:
            await self._answer(start, message)

    async def _answer(self, start: Message, message: Message) -> None:
        try:
            given = read_if_none_match(Headers(scope=self._scope))
        except ProblemError as error:  # what is wrong with the key or the path was answered before
            refusal = problem_response(error, path=self._scope["path"], request_id=request_id_of(self._scope))
            await refusal(self._scope, self._receive, self._send)
            return
        headers = MutableHeaders(scope=start)
        tag = headers.setdefault("ETag", f'"{tag_of(message.get("body", b""))}"')
        if matches(given, tag):
            for name in _OF_THE_BODY:
                del headers[name]
            start, message = {**start, "status": 304}, {**message, "body": b""}
        await self._send(start)
        await self._send(message)


def read_if_none_match(headers: Headers) -> str | None:
    """The header `If-None-Match`, whose lines are one list. ProblemError 400 when it is malformed."""
    lines = headers.getlist("if-none-match")
    given = ", ".join(lines).strip()
    if lines and not ENTITY_TAGS.fullmatch(given):
        detail = 'If-None-Match is * or a list of quoted entity tags, such as the ETag of an earlier answer: "3-5f0c"'
        raise ProblemError(400, "IF_NONE_MATCH_MALFORMED", "If-None-Match is malformed", detail)
    return given if lines else None


def matches(given: str | None, tag: str) -> bool:
    """Whether the header names this `ETag`."""
    return given is not None and (given == "*" or tag.removeprefix("W/") in _OPAQUE.findall(given))


def _is_json(start: Message) -> bool:
    return start["status"] == 200 and Headers(scope=start).get("content-type") == "application/json"
