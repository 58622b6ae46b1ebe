"""A checked request of a program, sealed into the address of the consent page: nothing is stored before a consent."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from munadi.crypto import KeyRing, SealBroken
from munadi.domain.oauth import REQUEST_LIFE

_PLACE = "oauth_request"
# A request has addresses and a state of bounded length.
_LONGEST = 12_000


@dataclass(frozen=True)
class PendingRequest:
    """What a program asks a person for. `at` is seconds since 1970; `device` is that of a login without a browser."""

    client_id: str
    redirect_uri: str
    challenge: str
    scopes: list[str] | None
    state: str | None
    resource: str | None
    at: int
    device: str | None = None
    typed_by: str | None = None

    @classmethod
    def of_device(cls, device: str, typed_by: str, at: int, client_id: str) -> PendingRequest:
        """The request of a device, by the hash of its code. Only the key under which the code was typed may decide, so
        that a link cannot stand in for typing it. Nothing is sent back."""
        return cls(client_id, "", "", None, None, None, at, device, typed_by)


def seal_request(keyring: KeyRing, pending: PendingRequest) -> str:
    """The request as a text for an address, which only we can make."""
    sealed = keyring.seal(json.dumps(asdict(pending)).encode(), table=_PLACE, row="", column="value")
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def open_request(keyring: KeyRing, value: str, now: datetime) -> PendingRequest | None:
    """The request of such a text; None when it is not one of ours, or too old."""
    if len(value) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        pending = PendingRequest(**json.loads(keyring.open(sealed, table=_PLACE, row="", column="value")))
    except (SealBroken, binascii.Error, ValueError):
        return None
    return pending if now < datetime.fromtimestamp(pending.at, UTC) + REQUEST_LIFE else None
