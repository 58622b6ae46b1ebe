"""A try to connect a profile in a browser, as answered: how far it is, what may be chosen, why it failed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from munadi.domain.failure import Failure
from munadi.domain.model import WireModel


class ConnectionStatus(StrEnum):
    """`waiting` for somebody to open the link, `consenting` at the network, `choosing` among profiles, or ended.

    A failed one can be begun again with its link until that expires.
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
    """Never a token, nor the link again. `account_id` is the account that is to be reconnected, if it is one."""

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
