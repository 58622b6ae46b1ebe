"""The outermost layer: a request id, a bounded body, strict JSON, and no error without a problem document.

Pure ASGI, so that a body is refused before anything parses it, for every route alike.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.problems import MEDIA_TYPE, ProblemError, problem_response, refused, translate
from munadi.db.ids import new_id
from munadi.domain.ids import Prefix
from munadi.domain.problem import Problem
from munadi.intake.strict_json import JsonRefused, read_json, unstorable

MAX_BODY = 1_000_000
UPLOAD_PATH = "/v1/media"
API = "/v1/"
# What tells an error in its own words.
_TELLING = (MEDIA_TYPE, "text/html")
_OF_THE_BODY = {"content-type", "content-length", "content-encoding", "etag", "last-modified", "cache-control"}
_WITH_BODY = {"POST", "PUT", "PATCH", "DELETE"}


class Edge:
    """Wraps the application. `max_upload` bounds what is sent to the upload path, streamed and not kept here."""

    def __init__(self, app: ASGIApp, *, max_upload: int) -> None:
        self._app = app
        self._max_upload = max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id(Prefix.REQUEST)
        scope.setdefault("state", {})["request_id"] = request_id
        answering = _Answering(send, scope, request_id)
        with bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, answering, request_id)

    async def _answer(self, scope: Scope, receive: Receive, answering: _Answering, request_id: str) -> None:
        try:
            receive = await self._checked(scope, receive)
            await self._app(scope, receive, answering)
        except _Gone:
            return
        except Exception as error:
            if answering.begun:
                raise
            response = problem_response(translate(error), path=scope["path"], request_id=request_id)
            await response(scope, receive, answering)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """What the application may read the body from."""
        _check_query(scope.get("query_string", b""))
        if scope["method"] not in _WITH_BODY:
            return receive
        headers = Headers(scope=scope)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        upload = scope["path"] == UPLOAD_PATH and kind == "multipart/form-data"
        limit = self._max_upload if upload else MAX_BODY
        declared = headers.get("content-length", "")
        if declared.isdigit() and len(declared) < 19 and int(declared) > limit:
            raise _too_large(limit)
        if upload:
            return _bounded(receive, limit)
        body = await _read(receive, limit)
        if body and scope["path"].startswith(API):
            _check_json(scope, kind, body)
        return _replay(body, receive)


class _Answering:
    """Sends, with our headers on the answer, and knows whether it has begun.

    An error that is told in another way (a file's range that is not there) is told as a problem; a page stays a page.
    """

    def __init__(self, send: Send, scope: Scope, request_id: str) -> None:
        self._send = send
        self._scope = scope
        self._request_id = request_id
        self._replaced = False
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            if message["status"] >= 400 and not Headers(scope=message).get("content-type", "").startswith(_TELLING):
                await self._tell(message)
                return
            self._add_headers(message)
        await self._send(message)

    async def _tell(self, start: Message) -> None:
        """The problem in the place of an answer that only has a status."""
        self._replaced = True
        headers = {name: value for name, value in Headers(scope=start).items() if name not in _OF_THE_BODY}
        problem = translate(HTTPException(start["status"], headers=headers))
        response = problem_response(problem, path=self._scope["path"], request_id=self._request_id)
        begin = {"type": start["type"], "status": start["status"], "headers": response.raw_headers}
        self._add_headers(begin)
        await self._send(begin)
        await self._send({"type": "http.response.body", "body": response.body})

    def _add_headers(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        headers["X-Request-Id"] = self._request_id
        headers.setdefault("X-Content-Type-Options", "nosniff")
        # What is to be said with whatever is answered; a 429 says it of the limit that it is about.
        for name, value in self._scope["state"].get("answer_headers", {}).items():
            headers.setdefault(name, value)


class _Gone(Exception):
    """The client left before its request was whole: there is nobody to answer."""


def _check_query(query: bytes) -> None:
    """No name, id or word of ours has a NUL: PostgreSQL takes none, and SQLite would stop reading there."""
    if b"%00" not in query:
        return
    names = [name for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if "\0" in name + value]
    message = "a NUL character (%00) stands in no name, id or word"
    raise refused([Problem(pointer=f"?{name}", code="INVALID_FIELD", message=message, rule="nul") for name in names])


def _check_json(scope: Scope, kind: str, body: bytes) -> None:
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        detail = f"send JSON as application/json, not {kind[:80] or 'a body without Content-Type'}"
        raise ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", detail)
    try:
        value = read_json(body)
    except JsonRefused as error:
        raise ProblemError(400, error.code, "The body cannot be read", str(error)) from None
    broken = unstorable(value)
    if broken:
        raise refused(broken)
    scope["state"]["json"] = value


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _bounded(receive: Receive, limit: int) -> Receive:
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> ProblemError:
    detail = f"a body has at most {limit} bytes"
    # The rest of the body is not read, so the connection cannot be used again.
    return ProblemError(413, "BODY_TOO_LARGE", "Content Too Large", detail, headers={"Connection": "close"})
