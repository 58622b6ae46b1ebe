"""Fakes around the real database and workflow: the server's clock, tokens, an empty store of deliveries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import SecretStr
from temporalio import activity

from munadi.db.session import Database
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelName
from munadi.domain.delivery import Attempted, DueDelivery, SendResult, WaitingEndpoint
from munadi.domain.failure import ChannelError


class ServerClock:
    """The server's time inside an activity, which may have skipped ahead. Elsewhere this machine's time."""

    def __init__(self) -> None:
        # This machine's time at each activity's first question. From then on both clocks run at the same speed.
        self._asked: WeakKeyDictionary[asyncio.Task[Any], datetime] = WeakKeyDictionary()

    def now(self) -> datetime:
        here = datetime.now(UTC)
        if not activity.in_activity():
            return here
        task = asyncio.current_task()
        assert task is not None
        return activity.info().started_time + (here - self._asked.setdefault(task, here))

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Tokens:
    """Returns a token, or raises the next of `errors`."""

    database: Database | None = None
    errors: list[ChannelError] = field(default_factory=list)
    lost_accounts: list[str] = field(default_factory=list)
    renewals: int = 0
    pauses: list[timedelta] = field(default_factory=list)
    scopes: tuple[str, ...] = ()

    async def account(self, account_id: str, *, to_prepare: bool = False) -> ConnectedAccount:
        if self.errors:
            raise self.errors.pop(0)
        return ConnectedAccount(
            id=account_id,
            brand_ref="acme",
            channel=ChannelName.BLUESKY,
            external_id="1",
            handle="h",
            scopes=self.scopes,
            credentials=Credentials(access_token=SecretStr("t")),
        )

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        self.renewals += 1
        return account

    async def lost(self, account: ConnectedAccount, error: ChannelError) -> bool:
        self.lost_accounts.append(account.id)
        if self.database is not None:
            async with self.database.write() as session:
                row = await session.get(AccountRow, account.id)
                assert row is not None
                row.status = AccountStatus.REAUTH_REQUIRED.value
        return False

    async def pause(self, account: ConnectedAccount, wait: timedelta | None) -> None:
        if wait is not None:
            self.pauses.append(wait)

    async def pause_app(self, account: ConnectedAccount, error: ChannelError, during: Paused | None) -> None:
        return None


class NoDeliveries:
    """No endpoint is subscribed."""

    async def waiting(self, now: datetime, holder: str) -> list[WaitingEndpoint]:
        return []

    async def open(self, endpoint_id: str, holder: str, now: datetime) -> bool:
        return False

    async def renew(self, endpoint_id: str, holder: str, now: datetime) -> bool:
        return False

    async def take(self, endpoint_id: str, now: datetime, limit: int) -> list[DueDelivery]:
        return []

    async def record(
        self, endpoint_id: str, holder: str, attempted: Sequence[Attempted], blocked: Sequence[str], now: datetime
    ) -> None:
        return None

    async def close(self, holder: str) -> None:
        return None

    async def send(self, **_: Any) -> SendResult:
        raise AssertionError("nothing to send")
