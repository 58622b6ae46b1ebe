"""The outermost ASGI layer: request ids, the key before the body, strict JSON, a problem document for every error.

Pure ASGI, so that a body is refused before anything parses it, for every route alike. What a stranger sends is bounded
before it is read: the head, the cookies, and how often an address sends a form. Then a body must be what it says.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.http.admission import Admit
from api.http.body_kind import IMPORT_TYPES, MULTIPART, ZIP, BodyKind, check_form, kind_of, read_fields
from api.http.body_reading import ClientLeft, Pace, bounded, check_framing, check_length, has_body, read_whole, replay
from api.http.cookies import keep_own_cookies
from api.http.door import door_of
from api.http.problems import MEDIA_TYPE, ProblemError, problem_response, refused, translate
from munadi.db.ids import new_id
from munadi.domain.ids import Prefix
from munadi.domain.imports import MAX_FILE_BYTES
from munadi.domain.problem import Problem
from munadi.intake.strict_json import JsonRefused, check_storable, read_json

MAX_BODY = 1_000_000
# For the forms of the dashboard and of the connect pages, which anyone can send.
MAX_FORM = 64_000
# For the path, the query and the headers together.
MAX_HEAD = 32_000
UPLOAD_PATH = "/v1/media"
IMPORT_PATH = "/v1/imports"
# What networks send with a signature over the very bytes, and programs that register themselves: JSON.
SIGNED = "/callbacks/"
REGISTRATION = "/oauth/register"
# Programs that sign in read errors as OAuth writes them.
OAUTH = "/oauth/"
API = "/v1/"
# Responses of these types describe their own error.
_SELF_DESCRIBING = (MEDIA_TYPE, "text/html")
_OF_THE_BODY = {"content-type", "content-length", "content-encoding", "etag", "last-modified", "cache-control"}
_WITH_BODY = {"POST", "PUT", "PATCH", "DELETE"}


class Edge:
    """Wraps the application.

    `admit` refuses a request whose body must not be read. `max_upload` bounds what is sent to the upload
    path, which is streamed and not stored here. `pace` bounds how long a body takes.
    """

    def __init__(self, app: ASGIApp, *, max_upload: int, admit: Admit, pace: Pace = Pace()) -> None:
        self._app = app
        self._max_upload = max_upload
        self._admit = admit
        self._pace = pace

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
        except ClientLeft:
            return
        except Exception as error:
            if answering.begun:
                raise
            response = problem_response(translate(error), path=scope["path"], request_id=request_id)
            await response(scope, receive, answering)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """The body for the application, after the checks."""
        _check_head(scope)
        keep_own_cookies(scope)
        headers = Headers(scope=scope)
        check_framing(headers)
        _check_upgrade(headers)
        _check_query(scope.get("query_string", b""))
        if scope["method"] not in _WITH_BODY or not has_body(headers):
            return receive
        await self._admit(scope)
        kind = kind_of(headers)
        door = door_of(scope)
        if not scope["path"].startswith(API) and door is None:
            return await self._form(scope, receive, headers, kind)
        if scope["path"] in ((UPLOAD_PATH,) if door is None else door.uploads) and kind.media_type == MULTIPART:
            check_length(headers, self._max_upload)
            scope["state"]["boundary"] = kind.boundary
            return bounded(receive, self._max_upload, self._pace)
        if scope["path"] == IMPORT_PATH and kind.media_type in IMPORT_TYPES:
            most = self._max_upload if kind.media_type == ZIP else MAX_FILE_BYTES
            check_length(headers, most)
            return bounded(receive, most, self._pace)
        check_length(headers, MAX_BODY)
        body = await read_whole(receive, MAX_BODY, self._pace)
        if body:
            _check_type(kind.media_type)
            scope["state"]["json"] = _read_json(body)
        return replay(body, receive)

    async def _form(self, scope: Scope, receive: Receive, headers: Headers, kind: BodyKind) -> Receive:
        """The form of a page, or a signed body. What it holds is in the request's state."""
        if scope["path"].startswith((SIGNED, REGISTRATION)) and kind.media_type == "application/json":
            check_length(headers, MAX_FORM)
            scope["state"]["signed"] = body = await read_whole(receive, MAX_FORM, self._pace)
            return replay(body, receive)
        check_form(kind)
        check_length(headers, MAX_FORM)
        body = await read_whole(receive, MAX_FORM, self._pace)
        scope["state"]["form"] = read_fields(body)
        return replay(body, receive)


class _Answering:
    """Sends the response with our headers, and records whether it has begun.

    An error response without a problem document (such as a bare 416) gets one. Error pages stay as they are.
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
            if message["status"] >= 400 and not self._describes_itself(message):
                await self._send_problem(message)
                return
            self._add_headers(message)
        await self._send(message)

    def _describes_itself(self, start: Message) -> bool:
        kind = Headers(scope=start).get("content-type", "")
        is_oauth = self._scope["path"].startswith(OAUTH) and kind.startswith("application/json")
        return is_oauth or kind.startswith(_SELF_DESCRIBING)

    async def _send_problem(self, start: Message) -> None:
        """Send a problem document in place of a response that only has a status."""
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
        # Headers for every response to this request. A 429 has its own, about the exceeded limit.
        for name, value in self._scope["state"].get("answer_headers", {}).items():
            headers.setdefault(name, value)


def _check_head(scope: Scope) -> None:
    """ProblemError 431 for a head that is too long to be of any use."""
    size = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    if size + sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD:
        detail = f"the address and the headers of a request have at most {MAX_HEAD} bytes together"
        raise ProblemError(
            431, "HEAD_TOO_LARGE", "Request Header Fields Too Large", detail, headers={"Connection": "close"}
        )


def _check_upgrade(headers: Headers) -> None:
    """No route speaks the WebSocket protocol: live updates are server-sent events."""
    if headers.get("upgrade", "").strip().lower() == "websocket":
        detail = "this server has no WebSockets; send the request without Upgrade"
        raise ProblemError(400, "UPGRADE_NOT_SUPPORTED", "Bad Request", detail)


def _check_query(query: bytes) -> None:
    """Refuse NUL in queries: PostgreSQL accepts none, and SQLite would stop reading there."""
    if b"%00" not in query:
        return
    names = [name for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if "\0" in name + value]
    message = "a NUL character (%00) is not allowed"
    raise refused([Problem(pointer=f"?{name}", code="INVALID_FIELD", message=message, rule="nul") for name in names])


def _check_type(kind: str) -> None:
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        detail = f"send JSON as application/json, not {kind[:80] or 'a body without Content-Type'}"
        raise ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", detail)


def _read_json(body: bytes) -> Any:
    try:
        value = read_json(body)
    except JsonRefused as error:
        raise ProblemError(400, error.code, "The body cannot be read", str(error)) from None
    check_storable(value)
    return value
