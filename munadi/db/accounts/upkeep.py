"""Which accounts are due for upkeep, and their state. (Port: munadi.ports.AccountsKept.)

`keep_at` says when the keeper of an account is to look, at the latest; every transaction that gives an account other
credentials, or takes it away, sets it. Null: nothing to do until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select, update

from munadi.crypto import KeyRing, SealBroken
from munadi.db.accounts.rows import fault, same_connection
from munadi.db.accounts.store import AccountStore
from munadi.db.session import Database
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import KeptAccount

# A workflow that was woken and has not looked is woken again after this.
WAKE_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class DueUpkeep:
    """An account whose workflow has not looked in time."""

    account_id: str
    brand_ref: str
    channel: str


class UpkeepStore:
    """`keep_at`, and what a keeper needs to know."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._accounts = AccountStore(database, keyring)

    async def kept(self, account_id: str) -> KeptAccount | None:
        """How an account stands; None when there is none, or it was disconnected.

        ChannelError INTERNAL_ERROR when its credentials cannot be opened.
        """
        try:
            opened = await self._accounts.opened(account_id)
        except SealBroken as error:
            message = "the account's stored credentials cannot be opened"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message) from error
        if opened is None or opened.status is AccountStatus.DISCONNECTED:
            return None
        return KeptAccount(opened.account, opened.status, opened.granted_at, opened.renewed_at)

    async def tell_expiring(self, account_id: str, expected_version: int, now: datetime) -> None:
        """The connection ends soon and only its owner can extend it: `account.expiring`, once per token."""
        await self._accounts.mark_expiring(account_id, expected_version, now)

    async def plan(self, account_id: str, next_at: datetime | None, seen_version: int | None = None) -> None:
        """When to look next; left as it is when the credentials are no longer those that were seen."""
        planned = update(AccountRow).where(col(AccountRow.id) == account_id)
        if seen_version is not None:
            planned = planned.where(col(AccountRow.credentials_version) == seen_version)
        async with self._database.write() as session:
            await session.exec(planned.values(keep_at=next_at))

    async def failed(
        self, account_id: str, error: ChannelError, again_at: datetime, now: datetime, seen_version: int | None = None
    ) -> None:
        """A renewal failed: write down why, and when the next try is, unless the account was connected again since."""
        noted = update(AccountRow).where(same_connection(account_id, seen_version))
        async with self._database.write() as session:
            await session.exec(noted.values(last_failure=fault(error.reason, error.message, now), keep_at=again_at))

    async def due(self, now: datetime, grace: timedelta, limit: int = 64) -> list[DueUpkeep]:
        """Accounts whose workflow is late by the grace, the longest waiting first; the relay wakes them."""
        query = (
            select(AccountRow.id, AccountRow.brand_ref, AccountRow.channel)
            .where(col(AccountRow.keep_at) <= now - grace)
            .order_by(col(AccountRow.keep_at))
            .limit(limit)
        )
        async with self._database.read() as session:
            return [DueUpkeep(*row) for row in (await session.exec(query)).all()]

    async def record_woken(self, account_ids: list[str], now: datetime) -> None:
        """These workflows were woken: again in a minute, unless they look."""
        late = update(AccountRow).where(col(AccountRow.id).in_(account_ids), col(AccountRow.keep_at) <= now)
        async with self._database.write() as session:
            await session.exec(late.values(keep_at=now + WAKE_AGAIN))
