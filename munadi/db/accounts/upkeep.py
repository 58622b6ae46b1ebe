"""The accounts that are due for upkeep, and their state. (Port: munadi.ports.AccountUpkeep.)

`keep_at` is the latest time at which the workflow of an account must run. Every transaction that changes an account's
credentials, or disconnects it, sets it. Null: nothing to do until such a change.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """An account whose workflow was overdue since `since`, and that is due again at `again_at` unless it runs."""

    account_id: str
    brand_ref: str
    channel: str
    since: datetime
    again_at: datetime


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

    async def claim(self, now: datetime, grace: timedelta, limit: int = 64) -> list[DueUpkeep]:
        """Claim accounts whose workflow is overdue by more than `grace`, the most overdue first. The caller wakes them.

        They are due again in a minute, unless their workflows run. Usually nothing is due, and nothing is written.
        """
        is_due = col(AccountRow.keep_at) <= now - grace
        some = select(AccountRow.id).where(is_due).limit(1)
        async with self._database.read() as session:
            if (await session.exec(some)).first() is None:
                return []
        query = select(AccountRow).where(is_due).order_by(col(AccountRow.keep_at)).limit(limit)
        claimed = []
        async with self._database.write() as session:
            for row in (await session.exec(query.with_for_update(skip_locked=True))).all():
                assert row.keep_at is not None
                claimed.append(DueUpkeep(row.id, row.brand_ref, row.channel, row.keep_at, now + WAKE_AGAIN))
                row.keep_at = now + WAKE_AGAIN
        return claimed

    async def release(self, claimed: Sequence[DueUpkeep]) -> None:
        """Give back accounts that were claimed and could not be woken, unless their workflows have run meanwhile."""
        async with self._database.write() as session:
            for due in claimed:
                same = (col(AccountRow.id) == due.account_id, col(AccountRow.keep_at) == due.again_at)
                await session.exec(update(AccountRow).where(*same).values(keep_at=due.since))
