"""Idempotency-Key: the same request again gets the same answer, byte for byte.

`answer_once` runs a change in one transaction, together with the answer that a repetition will get. Without a key
it is the same transaction, and nothing is kept.

The fingerprint of a request is an HMAC under a key of the installation: a request may hold a password, and whoever
reads the database must not be able to try passwords against a plain hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.problems import ProblemError
from api.services import Services, services
from munadi.crypto import KeyRing, SealBroken
from munadi.db.idempotency import IdempotencyRecord, KeyReused, StoredResponse
from munadi.intake.strict_json import canonical

REPLAYED = "Idempotent-Replayed"
PURPOSE = "idempotency fingerprint"
# What the OpenAPI document says; a key of another form is a 400 of ours, not the framework's.
KEY_PATTERN = r'^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-~][!-~]{0,254})$'
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_BARE = re.compile(r"[\x21\x23-\x7e][\x21-\x7e]{0,254}")


@dataclass(frozen=True)
class Asked:
    """The key of a request, if it has one, and the fingerprints of what it asks for: the first is stored, and a
    stored one matches if it is any of them."""

    key: str | None
    fingerprints: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A success to be: `after` runs once it is sent, and not for a repetition."""

    body: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after: BackgroundTask | None = None


Work = Callable[[AsyncSession], Awaitable[Answer]]
Store = Callable[[AsyncSession], Awaitable[object]]


def read_key(values: list[str]) -> str | None:
    """The key in the header's values: a quoted string or a bare token. ProblemError 400 for anything else."""
    if not values:
        return None
    value = values[0].strip() if len(values) == 1 else ""
    if quoted := _QUOTED.fullmatch(value):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if _BARE.fullmatch(value):
        return value
    raise ProblemError(
        400,
        "IDEMPOTENCY_KEY_MALFORMED",
        "Idempotency-Key is malformed",
        "one Idempotency-Key, a quoted string or a bare token of 1 to 255 printable ASCII characters",
    )


async def asked(
    request: Request,
    services_: Annotated[Services, Depends(services)],
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Makes repeating safe: the first answer is given again.",
            json_schema_extra={"pattern": KEY_PATTERN},
        ),
    ] = None,
) -> Asked:
    """The dependency of every POST that creates or changes something."""
    key = read_key(request.headers.getlist("idempotency-key"))
    # The path is part of what is asked: the same empty body means another thing for another content.
    what = [request.url.path, getattr(request.state, "json", None)]
    return Asked(key, () if key is None else fingerprints(services_.keyring, canonical(what)))


def fingerprints(keyring: KeyRing, what: bytes) -> tuple[str, ...]:
    """One for each key of the ring, the newest first, so that a rotation forgets no request. The last is the plain
    hash, as versions before this one stored it; it is only compared."""
    keyed = [hmac.new(key, what, hashlib.sha256).hexdigest() for key in keyring.derive(PURPOSE)]
    return (*(f"hmac:{each}" for each in keyed), hashlib.sha256(what).hexdigest())


AskedOnce = Annotated[Asked, Depends(asked)]


async def answered_before(services: Services, asked: Asked, brand_ref: str | None, operation: str) -> Response | None:
    """The first answer, if this request has one: asked before work that is worth sparing, such as fetching media."""
    once = _once(asked, brand_ref, operation)
    if once is None:
        return None
    async with services.database.read() as session:
        try:
            kept = await once.answer(session)
        except KeyReused:
            raise _reused() from None
    return None if kept is None else _replay(services, once, kept)


async def answer_once(services: Services, asked: Asked, brand_ref: str | None, operation: str, work: Work) -> Response:
    """Do the work in one transaction, once per key. What `work` raises rolls everything back and is not kept."""
    once = _once(asked, brand_ref, operation)
    async with services.database.write() as session:
        if once is not None and (replay := await _take(services, once, session)):
            return replay
        response = respond(await work(session))
        if once is not None:
            await session.flush()
            await once.keep(session, _kept(services, once, response))
    return response


def secret_of(key_id: str, operation: str) -> str:
    """The operation of an answer that shows a secret: only the API key that got the answer gets it again."""
    return f"{operation} {key_id}"


async def store_once(
    services: Services, asked: Asked, brand_ref: str | None, operation: str, answer: Answer, store: Store
) -> Response:
    """The same where the answer is known before anything is written: one statement less."""
    response = respond(answer)
    once = _once(asked, brand_ref, operation)
    async with services.database.write() as session:
        if once is not None and (replay := await _take(services, once, session, response)):
            return replay
        await store(session)
    return response


def respond(answer: Answer) -> Response:
    """A success as it is sent."""
    body = answer.body.model_dump_json(by_alias=True)
    return Response(body, answer.status, dict(answer.headers), "application/json", answer.after)


def _once(asked: Asked, brand_ref: str | None, operation: str) -> IdempotencyRecord | None:
    return (
        None
        if asked.key is None
        else IdempotencyRecord(f"{brand_ref or '*'} {operation}", asked.key, asked.fingerprints)
    )


async def _take(
    services: Services, once: IdempotencyRecord, session: AsyncSession, response: Response | None = None
) -> Response | None:
    """Take the key, or answer as before."""
    answer = None if response is None else _kept(services, once, response)
    try:
        kept = await once.take(session, services.clock.now(), answer)
    except KeyReused:
        raise _reused() from None
    return None if kept is None else _replay(services, once, kept)


def _kept(services: Services, once: IdempotencyRecord, response: Response) -> StoredResponse:
    # Without what is computed anew for each sending; sealed, because some answers show a secret.
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    return StoredResponse(response.status_code, headers, services.keyring.seal(bytes(response.body), **once.place))


def _replay(services: Services, once: IdempotencyRecord, kept: StoredResponse) -> Response:
    try:
        body = services.keyring.open(kept.body, **once.place)
    except SealBroken:
        raise _lost() from None
    return Response(body, kept.status_code, {**kept.headers, REPLAYED: "true"}, "application/json")


def _lost() -> ProblemError:
    detail = "the first request succeeded, but its answer was sealed under a key that has been removed since"
    return ProblemError(409, "IDEMPOTENT_ANSWER_LOST", "The answer cannot be repeated", detail)


def _reused() -> ProblemError:
    return ProblemError(
        422,
        "IDEMPOTENCY_KEY_REUSED",
        "Idempotency-Key was used before",
        "this key was used for another request; take a new key for a new request",
    )
