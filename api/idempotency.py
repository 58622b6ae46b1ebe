"""Idempotency-Key: repeating a request returns the first response, byte for byte.

`respond_once` runs a change in one transaction, together with the response that a repetition will get. Without a key
it is the same transaction, and no response is stored.

The fingerprint of a request is an HMAC under a key of the installation. A request may contain a password, and a plain
hash in the database would allow an attacker to guess it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.http.problems import ProblemError
from api.process.services import Services, services
from munadi.crypto import KeyRing
from munadi.db.idempotency import IdempotencyKey
from munadi.intake.strict_json import canonical

REPLAYED = "Idempotent-Replayed"
PURPOSE = "idempotency fingerprint"
# The pattern in the OpenAPI document. A key of another form is a 400 of ours, not the framework's.
KEY_PATTERN = r'^("([ !#-\[\]-~]|\\["\\]){1,255}"|[!#-~][!-~]{0,254})$'
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')
_BARE = re.compile(r"[\x21\x23-\x7e][\x21-\x7e]{0,254}")


@dataclass(frozen=True)
class StoredResponse:
    """A successful response, as it was first sent."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def read(cls, answer: bytes) -> StoredResponse:
        """A response from its record."""
        head, _, body = answer.partition(b"\n")
        status_code, headers = json.loads(head)
        return cls(status_code, headers, body)

    @property
    def answer(self) -> bytes:
        """What is recorded: status and headers as a line of JSON, then the body."""
        return json.dumps([self.status_code, dict(self.headers)]).encode() + b"\n" + self.body


@dataclass(frozen=True)
class Success:
    """A successful response. `after` runs once it is sent, and not for a repetition. `about`: the id of what it shows,
    if that may be deleted."""

    body: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after: BackgroundTask | None = None
    about: str | None = None

    @property
    def stored(self) -> StoredResponse:
        """The stored part, which a repeated request gets."""
        return StoredResponse(self.status, self.headers, self.body.model_dump_json(by_alias=True).encode())


Work = Callable[[AsyncSession], Awaitable[Success]]


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


async def _key_of_request(
    request: Request,
    services_: Annotated[Services, Depends(services)],
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Makes repeating safe: the first response is sent again.",
            json_schema_extra={"pattern": KEY_PATTERN},
        ),
    ] = None,
) -> IdempotencyKey:
    key = read_key(request.headers.getlist("idempotency-key"))
    # The path is part of the fingerprint: the same empty body means something else for another post.
    identity = [request.url.path, getattr(request.state, "json", None)]
    return IdempotencyKey(key, () if key is None else fingerprints(services_.keyring, canonical(identity)))


# The dependency of every POST that creates or changes something.
IdempotencyHeader = Annotated[IdempotencyKey, Depends(_key_of_request)]


def fingerprints(keyring: KeyRing, what: bytes) -> tuple[str, ...]:
    """One for each key of the ring, the newest first, so that requests survive a key rotation."""
    keyed = (hmac.new(key, what, hashlib.sha256).hexdigest() for key in keyring.derive(PURPOSE))
    return tuple(f"hmac:{each}" for each in keyed)


def secret_operation(key_id: str, operation: str) -> str:
    """The operation of a response that shows a secret: only the API key that received it gets it again."""
    return f"{operation} {key_id}"


async def earlier_response(
    services: Services, key: IdempotencyKey, brand_ref: str | None, operation: str
) -> Response | None:
    """The first response to this request, if there is one. Call it before costly work, such as a network call."""
    record = key.record(services.keyring, brand_ref, operation)
    if record is None:
        return None
    async with services.database.read() as session:
        earlier = await record.find(session)
    return None if earlier is None else repeat(StoredResponse.read(earlier))


async def respond_once(
    services: Services, key: IdempotencyKey, brand_ref: str | None, operation: str, work: Work
) -> Response:
    """Do the work in one transaction, once per key. If `work` raises, everything is rolled back and nothing stored."""
    record = key.record(services.keyring, brand_ref, operation)
    async with services.database.write() as session:
        if record is not None and (earlier := await record.take(session, services.clock.now())) is not None:
            return repeat(StoredResponse.read(earlier))
        success = await work(session)
        stored = success.stored
        if record is not None:
            await session.flush()
            await record.store(session, stored.answer, success.about)
    return send(stored, success.after)


def send(stored: StoredResponse, after: BackgroundTask | None = None) -> Response:
    """The response to the first request."""
    return Response(stored.body, stored.status_code, dict(stored.headers), "application/json", after)


def repeat(stored: StoredResponse) -> Response:
    """The response to a repeated request."""
    return Response(stored.body, stored.status_code, {**stored.headers, REPLAYED: "true"}, "application/json")
