"""Problems (RFC 9457): all 4xx and 5xx responses, including the framework's own, in one format.

ProblemError       raised by a route: status, stable code, words, headers
ProblemsFound      422: every violation of a request at once
NotVisible         404: there is none, or the key may not see it
NotPermitted       403: more than the key's brand, a cap of the key, or more than the key may give
ScopeMissing       403: a field of the request needs a scope that the key lacks
ChangeRefused      409: not in a state for this change; so is Conflict
QuotaExceeded      429: a limit of the brand is used up (api/http/quotas.py)
HTTPException      the framework's: 404, 405, …
ClientDisconnect   499, which only the access log sees: the client has left
database is gone   503 with Retry-After; so is the media store
MediaGone          503: a file of the request was being deleted in the same moment
a key is missing   500, logged; the text names the setting
anything else      500, logged; the text of the error stays here
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.http import quotas
from api.known_problems import problem_type
from munadi.crypto import SealBroken
from munadi.db.answers import Conflict, NotPermitted, NotVisible, StaleVersion
from munadi.db.idempotency import KeyReused, ResponseUnreadable
from munadi.db.keys.callers import ScopeMissing
from munadi.domain.key import Scope
from munadi.domain.model import WireModel
from munadi.domain.problem import MAX_PROBLEMS, Problem, ProblemsFound
from munadi.domain.shape import problems_of_shape
from munadi.domain.usage import QuotaExceeded
from munadi.media.store import StoreUnavailable
from munadi.process.logs import traceback_of
from munadi.publishing.media_use import MediaGone
from munadi.publishing.post_edits import NotEditable
from munadi.publishing.states import ChangeRefused
from munadi.publishing.withdrawing import NotWithdrawable

MEDIA_TYPE = "application/problem+json"
LOCK_NOT_AVAILABLE = "55P03"
READ_ONLY = "25006"  # a server that takes no writes, as a standby during a failover
REALM = 'Bearer realm="munadi"'
_AWAY = (OperationalError, InterfaceError, PoolTimeout)
log = structlog.get_logger("munadi.api")


class ProblemDocument(WireModel):
    """What went wrong, for programs (`code`, `errors`) and for people (`title`, `detail`)."""

    type: str = Field(description="What explains the kind of problem: an address on this installation.")
    title: str = Field(description="The kind of problem, for people.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong and what to do, for people.")
    instance: str = Field(description="The requested path.")
    code: str = Field(description="Stable: programs can rely on it.")
    request_id: str = Field(description="Also in the header `X-Request-Id` and in our log.")
    errors: tuple[Problem, ...] = Field(
        (),
        description="The violations, each with a JSON pointer into the request: all of them, or the first "
        f"{MAX_PROBLEMS}; then `detail` has the number of further ones.",
    )
    permalink: str | None = Field(None, description="Where a person finds the post, for what no app can do.")


class ProblemError(Exception):
    """An error response. `code` is stable; `detail` is for people and names no secret."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        permalink: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors, self.headers, self.permalink = tuple(errors), dict(headers or {}), permalink


def problem_response(error: ProblemError, *, path: str, request_id: str) -> Response:
    """The response for an error."""
    document = ProblemDocument(
        type=problem_type(error.code),
        title=error.title,
        status=error.status,
        detail=error.detail,
        instance=path,
        code=error.code,
        request_id=request_id,
        errors=error.errors,
        permalink=error.permalink,
    )
    unused = {"permalink"} if error.permalink is None else None
    body = document.model_dump_json(exclude=unused)
    return Response(body, error.status, media_type=MEDIA_TYPE, headers=error.headers)


def refused(problems: Sequence[Problem], more: int = 0) -> ProblemError:
    """422: the request breaks these rules (and `more`, which are only counted), and nothing was stored."""
    count, listed = len(problems) + more, problems[:MAX_PROBLEMS]
    detail = problems[0].message if count == 1 else f"{count} rules are broken; nothing was stored"
    if count > len(listed):
        detail += f"; errors lists the first {len(listed)} and leaves out {count - len(listed)} more"
    return ProblemError(422, "INVALID_REQUEST", "The request cannot be accepted", detail, errors=listed)


def scopes_missing(wanted: Sequence[Scope]) -> ProblemError:
    """403: the key has none of these scopes."""
    return ProblemError(
        403,
        "SCOPE_MISSING",
        "Not permitted",
        f"the key lacks the scope {' or '.join(wanted)}",
        headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{" ".join(wanted)}"'},
    )


def translate(error: Exception) -> ProblemError:
    """The problem for an exception."""
    match error:
        case ProblemError():
            return error
        case ProblemsFound():
            return refused(error.problems, error.more)
        case RequestValidationError():
            found = error.errors()
            return refused(problems_of_shape(found[:MAX_PROBLEMS]), more=max(0, len(found) - MAX_PROBLEMS))
        case Conflict():
            headers = {} if error.version is None else {"ETag": f'"{error.version}"'}
            return ProblemError(409, error.code, error.title, str(error), errors=error.problems, headers=headers)
        case NotPermitted() | ScopeMissing():
            return _of_permission(error)
        case NotVisible():
            return ProblemError(404, "NOT_FOUND", "Not found", str(error))
        case StaleVersion():
            return _of_version(error)
        case ChangeRefused():
            return ProblemError(409, error.code, "No longer possible", str(error))
        case NotWithdrawable() | NotEditable():
            return _of_no_way(error)
        case QuotaExceeded():
            return _of_quota(error)
        case HTTPException():
            return _of_framework(error)
        case KeyReused() | ResponseUnreadable():
            return _of_idempotency(error)
        case ClientDisconnect():
            return ProblemError(499, "CLIENT_GONE", "Client gone", "the client left before it was answered")
        case StaleDataError():
            detail = "someone else changed this in the meantime; read it and try again"
            return ProblemError(409, "CONFLICT", "Changed meanwhile", detail)
        case DBAPIError() if _state(error) == LOCK_NOT_AVAILABLE:
            detail = "an earlier request is still changing this; try again in a moment"
            return ProblemError(409, "IN_FLIGHT", "Still in flight", detail, headers={"Retry-After": "1"})
        case DBAPIError() | PoolTimeout() if isinstance(error, _AWAY) or _state(error) == READ_ONLY:
            # What the driver said, without the statement and its parameters.
            log.error("database.unavailable", error=str(getattr(error, "orig", error))[:300])
            return ProblemError(
                503,
                "DATABASE_UNAVAILABLE",
                "Not available",
                # It may have gone between its commit and its answer.
                "the database does not respond; retry with the same Idempotency-Key, as the request may be stored",
                headers={"Retry-After": "2"},
            )
        case StoreUnavailable() | MediaGone():
            return _of_media(error)
        case SealBroken():
            log.error("secret.unreadable", error=str(error))
            detail = "a stored secret cannot be opened: a key may be missing from MUNADI_SECRET_KEYS"
            return ProblemError(500, "INTERNAL_ERROR", "Our mistake", detail)
    if isinstance(error, StatementError):
        error.hide_parameters = True  # they hold users' texts, which stay out of the log
    # As text: a renderer that is given the exception itself may show local variables, and tokens with them.
    log.error("request.failed", error=type(error).__name__, exception=traceback_of(error))
    return ProblemError(500, "INTERNAL_ERROR", "Our mistake", "something went wrong here; the log has the requestId")


def _state(error: Exception) -> str | None:
    """PostgreSQL's code of an error."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _of_media(error: StoreUnavailable | MediaGone) -> ProblemError:
    if isinstance(error, MediaGone):
        detail = "a file of this request was being deleted in the same moment; nothing was stored, try again"
        return ProblemError(503, "MEDIA_BEING_DELETED", "Try again", detail, headers={"Retry-After": "1"})
    log.error("media_store.unavailable", error=str(error)[:300])
    detail = "the media store does not respond; nothing was stored"
    return ProblemError(503, "MEDIA_STORE_UNAVAILABLE", "Not available", detail, headers={"Retry-After": "10"})


def _of_permission(error: NotPermitted | ScopeMissing) -> ProblemError:
    if isinstance(error, ScopeMissing):
        return scopes_missing([error.scope])
    return ProblemError(403, error.code, error.title, str(error), errors=error.problems)


def _of_no_way(error: NotWithdrawable | NotEditable) -> ProblemError:
    text, where = str(error), error.permalink
    if isinstance(error, NotEditable):
        return ProblemError(
            422, "EDIT_NOT_SUPPORTED", "No way to edit it", text, errors=error.problems, permalink=where
        )
    return ProblemError(422, "WITHDRAWAL_NOT_SUPPORTED", "No way to withdraw it", text, permalink=where)


def _of_version(error: StaleVersion) -> ProblemError:
    version = error.version
    detail = f"the post is at version {version} now; read it again, then retry with its ETag"
    if error.is_weak:
        detail = f'a weak tag (W/"…") never matches here; the post is at version {version}: send "{version}"'
    return ProblemError(412, "STALE", "Changed meanwhile", detail, headers={"ETag": f'"{version}"'})


def _of_quota(error: QuotaExceeded) -> ProblemError:
    return ProblemError(
        429,
        "QUOTA_EXCEEDED",
        "Quota exceeded",
        str(error),
        errors=[error.problem],
        headers=quotas.headers_of(error),
    )


def _of_idempotency(error: KeyReused | ResponseUnreadable) -> ProblemError:
    if isinstance(error, KeyReused):
        detail = "this key was used for another request; use a new key for a new request"
        return ProblemError(422, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key was used before", detail)
    detail = "the first request succeeded, but its response is gone: its key was removed, or its account erased"
    return ProblemError(409, "IDEMPOTENT_ANSWER_LOST", "The response cannot be repeated", detail)


def _of_framework(error: HTTPException) -> ProblemError:
    status = HTTPStatus(error.status_code)
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}.get(status.value, status.name)
    detail = error.detail if error.detail and error.detail != status.phrase else status.description or status.phrase
    return ProblemError(status.value, code, status.phrase, detail, headers=error.headers)


async def answer(request: Request, error: Exception) -> Response:
    """The exception handler of the application."""
    problem = translate(error)
    if problem.status == 405 and (methods := request.app.state.allowed_methods(request.url.path)):
        problem.headers["Allow"] = ", ".join(methods)
    return problem_response(problem, path=request.url.path, request_id=request_id_of(request.scope))


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id the edge gave this request."""
    return str(scope.get("state", {}).get("request_id", "req_unknown"))


def install(app: FastAPI, allowed_methods: Callable[[str], Sequence[str]] = lambda _: ()) -> None:
    """Turn every exception of a route into a problem; `allowed_methods` gives the methods of a path."""
    app.state.allowed_methods = allowed_methods
    kinds: tuple[type[Exception], ...] = (
        ProblemError,
        ProblemsFound,
        RequestValidationError,
        Conflict,
        NotPermitted,
        NotVisible,
        StaleVersion,
        ChangeRefused,
        NotWithdrawable,
        NotEditable,
        QuotaExceeded,
        KeyReused,
        ResponseUnreadable,
        HTTPException,
        ClientDisconnect,
        StaleDataError,
        DBAPIError,
        PoolTimeout,
        StoreUnavailable,
        MediaGone,
        SealBroken,
    )
    for kind in kinds:
        app.add_exception_handler(kind, answer)
