"""The port of account upkeep: renewing tokens in time and warning owners in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from munadi.domain.account import AccountStatus, ConnectedAccount
from munadi.domain.failure import ChannelError


@dataclass(frozen=True)
class UpkeepAccount:
    """An account with its credentials, its status, when its owner connected it and when Munadi last renewed it."""

    account: ConnectedAccount
    status: AccountStatus
    granted_at: datetime
    renewed_at: datetime | None


class AccountUpkeep(Protocol):
    """Loads accounts for upkeep and records its results. Each call is one transaction."""

    async def load(self, account_id: str) -> UpkeepAccount | None:
        """The account; None when it is unknown or disconnected. ChannelError when its credentials cannot be opened."""

    async def mark_expiring(self, account_id: str, expected_version: int, now: datetime) -> None:
        """Set the status `expiring`, with an event, once per token: only the owner can extend the connection."""

    async def plan(self, account_id: str, next_at: datetime | None, seen_version: int | None = None) -> None:
        """Set the time of the next run, unless the credentials have changed since `seen_version`."""

    async def record_failure(
        self, account_id: str, error: ChannelError, again_at: datetime, now: datetime, seen_version: int | None = None
    ) -> None:
        """Record a failed renewal and the time of the retry, unless the account was reconnected since."""
