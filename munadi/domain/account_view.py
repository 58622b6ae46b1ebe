"""An account as answered: how healthy the connection is, and what hangs on it. Never a credential."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.domain.account import AccountStatus
from munadi.domain.model import WireModel


class AccountView(WireModel):
    """`quota` is what the network said is left, where it says so; `affected_contents` wait for this account."""

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
    paused_until: datetime | None
    quota: dict[str, Any] | None
    affected_contents: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
