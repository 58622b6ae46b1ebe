"""Idempotency-Key: repeating a request returns the first response, byte for byte.

A service records its answer together with the change (`munadi.db.answers`); here the header is read.

The fingerprint of a request is an HMAC under a key of the installation. A request may contain a password, and a plain
hash in the database would allow an attacker to guess it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Annotated

from fastapi import Depends, Header, Request

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
