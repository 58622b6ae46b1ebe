"""An account as the API returns it: the health of its connection, and the posts that wait for it. No credentials."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.domain.account import AccountStatus
from munadi.domain.failure import Reason
from munadi.domain.model import WireModel


class AccountFailure(WireModel):
    """The last failure of an account, and what to do about it."""

    at: datetime
    reason: Reason
    message: str
    remedy: str


class AccountView(WireModel):
    """A connected account and its health, as last known. `POST /v1/accounts/{id}/check` asks its network.

    `grant_expires_at` is when the whole grant ends, where the network names it; `last_success_at` when a post, a check
    or a renewal of the token last worked, `last_failure` the last that did not. `quota` is what the network said was
    used and left when it was last checked, where it says so; `affected_contents` wait for this account.
    """

    id: str
    brand_ref: str
    channel: str
    external_id: str
    handle: str
    display_name: str | None
    service_url: str | None
    login: str | None
    status: AccountStatus
    scopes: tuple[str, ...]
    token_expires_at: datetime | None
    grant_expires_at: datetime | None
    paused_until: datetime | None
    last_success_at: datetime | None
    last_failure: AccountFailure | None
    quota: dict[str, Any] | None
    affected_contents: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
