"""What the upkeep of an account is built on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from munadi.domain.account import AccountStatus, ConnectedAccount
from munadi.domain.failure import ChannelError


@dataclass(frozen=True)
class KeptAccount:
    """An account with its credentials, its status, when its owner connected it and when we last renewed it."""

    account: ConnectedAccount
    status: AccountStatus
    granted_at: datetime
    renewed_at: datetime | None


class AccountsKept(Protocol):
    """The state of accounts, and when to check them again. Each call is one transaction."""

    async def kept(self, account_id: str) -> KeptAccount | None:
        """None when there is none, or it was disconnected. ChannelError when its credentials cannot be opened."""

    async def tell_expiring(self, account_id: str, expected_version: int, now: datetime) -> None:
        """Only its owner can extend it now: status and event, once per token."""

    async def plan(self, account_id: str, next_at: datetime | None, seen_version: int | None = None) -> None:
        """When to check next, unless it has other credentials than the ones seen."""

    async def failed(
        self, account_id: str, error: ChannelError, again_at: datetime, now: datetime, seen_version: int | None = None
    ) -> None:
        """A renewal failed, and the next try is then; nothing is noted on a connection made since."""
