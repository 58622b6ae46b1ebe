"""The accounts that are due for upkeep, and their state. (Port: munadi.ports.AccountUpkeep.)

`keep_at` is the latest time at which the workflow of an account must run. Every transaction that changes an account's
credentials, or disconnects it, sets it. Null: nothing to do until such a change.
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
from munadi.ports import UpkeepAccount

# A workflow that was woken and has not run is woken again after this.
WAKE_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class DueUpkeep:
    """An account whose workflow is overdue."""

    account_id: str
    brand_ref: str
    channel: str


class UpkeepStore:
    """Loads accounts for upkeep, and records its results in their rows."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._accounts = AccountStore(database, keyring)

    async def load(self, account_id: str) -> UpkeepAccount | None:
        """An account with its credentials; None when it is unknown or disconnected.

        ChannelError INTERNAL_ERROR when its credentials cannot be opened.
        """
        try:
            opened = await self._accounts.opened(account_id)
        except SealBroken as error:
            message = "the account's stored credentials cannot be opened"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message) from error
        if opened is None or opened.status is AccountStatus.DISCONNECTED:
            return None
        return UpkeepAccount(opened.account, opened.status, opened.granted_at, opened.renewed_at)

    async def mark_expiring(self, account_id: str, expected_version: int, now: datetime) -> None:
        """Emit `account.expiring`, once per token: the connection ends soon and only its owner can extend it."""
        await self._accounts.mark_expiring(account_id, expected_version, now)

    async def plan(self, account_id: str, next_at: datetime | None, seen_version: int | None = None) -> None:
        """Set the time of the next run, unless the credentials have changed since `seen_version`."""
        planned = update(AccountRow).where(col(AccountRow.id) == account_id)
        if seen_version is not None:
            planned = planned.where(col(AccountRow.credentials_version) == seen_version)
        async with self._database.write() as session:
            await session.exec(planned.values(keep_at=next_at))

    async def record_failure(
        self, account_id: str, error: ChannelError, again_at: datetime, now: datetime, seen_version: int | None = None
    ) -> None:
        """Record a failed renewal and the time of the retry, unless the account was reconnected since."""
        noted = update(AccountRow).where(same_connection(account_id, seen_version))
        async with self._database.write() as session:
            await session.exec(noted.values(last_failure=fault(error.reason, error.message, now), keep_at=again_at))

    async def due(self, now: datetime, grace: timedelta, limit: int = 64) -> list[DueUpkeep]:
        """Accounts whose workflow is overdue by more than `grace`, the most overdue first. The relay wakes them."""
        query = (
            select(AccountRow.id, AccountRow.brand_ref, AccountRow.channel)
            .where(col(AccountRow.keep_at) <= now - grace)
            .order_by(col(AccountRow.keep_at))
            .limit(limit)
        )
        async with self._database.read() as session:
            return [DueUpkeep(*row) for row in (await session.exec(query)).all()]

    async def record_woken(self, account_ids: list[str], now: datetime) -> None:
        """Record that these workflows were woken: they are woken again in a minute, unless they run."""
        late = update(AccountRow).where(col(AccountRow.id).in_(account_ids), col(AccountRow.keep_at) <= now)
        async with self._database.write() as session:
            await session.exec(late.values(keep_at=now + WAKE_AGAIN))
