"""One attempt to connect a profile in a browser, as the API returns it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from munadi.domain.failure import Failure
from munadi.domain.model import WireModel


class ConnectionStatus(StrEnum):
    """`waiting` until the link is opened, `consenting` at the network, `choosing` among profiles, or ended.

    A failed one can be started again with its link until the link expires.
    """

    WAITING = "waiting"
    CONSENTING = "consenting"
    CHOOSING = "choosing"
    CONNECTED = "connected"
    FAILED = "failed"
    EXPIRED = "expired"


class ProfileChoice(WireModel):
    """A profile that may be chosen."""

    external_id: str
    name: str


class ConnectionView(WireModel):
    """The progress of connecting a profile. `account_id` is the account to reconnect, if it is a reconnect."""

    id: str
    brand_ref: str
    channel: str
    account_id: str | None
    status: ConnectionStatus
    choices: tuple[ProfileChoice, ...]
    account_ids: tuple[str, ...]
    failure: Failure | None
    created_at: datetime
    expires_at: datetime
