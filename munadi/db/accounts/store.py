"""Reads accounts and stores their credentials, pauses, leases and failures. Credentials are encrypted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.accounts.app_pauses import app_of, forget_ended_pauses, pause_app
from munadi.db.accounts.apps import AppStore
from munadi.db.accounts.rows import OpenedAccount as OpenedAccount
from munadi.db.accounts.rows import (
    by_profile,
    connected,
    connected_account,
    current,
    describe,
    fault,
    merged_credentials,
    read_row,
    same_connection,
    store_credentials,
)
from munadi.db.accounts.views import account_views, is_connected_anywhere, notify_account
from munadi.db.sealing.secrets import open_credentials
from munadi.db.session import Database
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.account_view import AccountView
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelName, TokenLife
from munadi.domain.event import EventType
from munadi.domain.renewal import renewal_plan_of
from munadi.ports import Connection

A = AccountStatus


class AccountStore:
    """Accounts of one database. Connecting and disconnecting is in `munadi.publishing.account_changes`."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def view(self, account_id: str) -> AccountView | None:
        """An account as the API returns it, also a disconnected one."""
        async with self._database.read() as session:
            row = await session.get(AccountRow, account_id)
            return None if row is None else (await account_views(session, [row]))[0]

    async def list(
        self,
        *,
        brand_ref: str | None,
        limit: int,
        after: str | None,
        channel: str | None = None,
        statuses: Collection[str] = (),
    ) -> Sequence[AccountView]:
        """Connected accounts in order of id after `after`; of one brand if it is given, in one of `statuses`."""
        query = connected(brand_ref, channel, statuses, after).limit(limit)
        async with self._database.read() as session:
            return await account_views(session, (await session.exec(query)).all())

    async def is_connected(self, session: AsyncSession, brand_ref: str, channel: ChannelName, external_id: str) -> bool:
        """Whether this profile is one of the brand's accounts."""
        return (await session.exec(by_profile(brand_ref, channel, external_id))).first() is not None

    async def is_last_of_its_profile(self, account_id: str) -> bool:
        """Whether a disconnected account's credentials are gone, and no brand has the same profile connected."""
        async with self._database.read() as session:
            row = await session.get(AccountRow, account_id)
            return row is not None and not row.sealed and not await is_connected_anywhere(session, row)

    async def opened(self, account_id: str) -> OpenedAccount | None:
        """An account with its credentials; None when it has none. SealBroken when they cannot be decrypted."""
        row = await self._database.lookup(lambda connection: read_row(connection, account_id))
        if row is None or not row.sealed:
            return None
        account = connected_account(row, open_credentials(self._keyring, row))
        if row.app_id is not None:
            app = await AppStore(self._database, self._keyring).opened(row.app_id)
            account = account.model_copy(update={"app": app})
        granted_at = row.granted_at or row.created_at
        pauses = row.paused_until, row.preparing_paused_until
        return OpenedAccount(account, A(row.status), granted_at, row.renewed_at, *pauses)

    async def pause(self, account_id: str, version: int, until: datetime) -> None:
        """Pause the calls for this connection until a time; a longer pause stays.

        `version` is that of the credentials of the call. An account that was reconnected since is not paused.
        """
        shorter = or_(col(AccountRow.paused_until).is_(None), col(AccountRow.paused_until) < until)
        paused = update(AccountRow).where(same_connection(account_id, version), shorter)
        async with self._database.write() as session:
            await session.exec(paused.values(paused_until=until))

    async def pause_app(self, account: ConnectedAccount, calls: Paused, until: datetime, now: datetime) -> None:
        """Pause the calls of one kind for all accounts of the same app."""
        async with self._database.write() as session:
            await forget_ended_pauses(session, now)
            await pause_app(session, app_of(account), calls, until)

    async def is_replaced(self, account_id: str, version: int) -> bool:
        """Whether the account has newer credentials than those of this version."""
        query = select(AccountRow.credentials_version).where(col(AccountRow.id) == account_id)
        async with self._database.read() as session:
            return (await session.exec(query)).first() not in (None, version)

    async def take_lease(self, account_id: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take the lease to refresh the token. One holder at a time has it; it expires at `until`."""
        free = or_(col(AccountRow.lease_until).is_(None), col(AccountRow.lease_until) <= now)
        async with self._database.write() as session:
            taken = await session.exec(
                update(AccountRow)
                .where(col(AccountRow.id) == account_id, free)
                .values(lease_holder=holder, lease_until=until)
            )
            return bool(taken.rowcount == 1)

    async def release_lease(self, account_id: str, holder: str) -> None:
        """Release the lease, if this holder still has it."""
        async with self._database.write() as session:
            await session.exec(
                update(AccountRow)
                .where(col(AccountRow.id) == account_id, col(AccountRow.lease_holder) == holder)
                .values(lease_holder=None, lease_until=None)
            )

    async def store_refreshed(
        self,
        account_id: str,
        expected_version: int,
        credentials: Credentials,
        now: datetime,
        *,
        life: TokenLife | None = None,
    ) -> bool:
        """Store refreshed credentials, unless others were stored meanwhile. Parts that the response omits stay.

        `life` plans the next run of upkeep; without it that is at once.
        """
        async with self._database.write() as session:
            row = await current(session, account_id, expected_version)
            if row is not None:
                self._renew(row, credentials, now, life)
                row.last_success_at = now
            return row is not None

    async def store_checked(
        self, account_id: str, expected_version: int, connection: Connection, now: datetime
    ) -> None:
        """Store the result of a check: the current profile, and new credentials if the check renewed them."""
        async with self._database.write() as session:
            row = await current(session, account_id, expected_version)
            if row is None:
                return
            granted = row.scopes
            describe(row, connection)
            # Not every network lists the scopes of a token; those of the consent still hold.
            row.scopes = row.scopes or granted
            row.updated_at = row.last_success_at = now
            kept, seen = open_credentials(self._keyring, row), connection.credentials
            # A grant that its owner has used may last longer than was known.
            lasts = seen.grant_expires_at is not None and seen.grant_expires_at != kept.grant_expires_at
            if seen.access_token != kept.access_token or lasts:
                self._renew(row, seen, now)

    async def note_failure(self, account_id: str, version: int, reason: str, message: str, now: datetime) -> None:
        """Record the failure of a call with credentials of this version, unless the account was reconnected since."""
        noted = update(AccountRow).where(same_connection(account_id, version))
        async with self._database.write() as session:
            await session.exec(noted.values(last_failure=fault(reason, message, now)))

    async def mark_reauth_required(
        self, account_id: str, expected_version: int, reason: str, now: datetime, message: str = ""
    ) -> bool:
        """Mark the grant dead: its owner must reconnect. Emits one event, and none if it was reconnected meanwhile."""
        failure = fault(reason, message, now)
        return await self._set_worse_status(account_id, expected_version, A.REAUTH_REQUIRED, failure, now)

    async def mark_expiring(self, account_id: str, expected_version: int, now: datetime) -> bool:
        """Mark the token as expiring, when Munadi cannot renew it. Emits one event per token."""
        return await self._set_worse_status(account_id, expected_version, A.EXPIRING, None, now)

    async def _set_worse_status(
        self,
        account_id: str,
        expected_version: int,
        status: AccountStatus,
        failure: dict[str, str] | None,
        now: datetime,
    ) -> bool:
        before = (A.CONNECTED, A.EXPIRING) if status is A.REAUTH_REQUIRED else (A.CONNECTED,)
        event = EventType.ACCOUNT_REAUTH_REQUIRED if status is A.REAUTH_REQUIRED else EventType.ACCOUNT_EXPIRING
        async with self._database.write() as session:
            row = await current(session, account_id, expected_version)
            if row is None or row.status not in before:
                return False
            row.status, row.updated_at = status.value, now
            if failure is not None:
                row.last_failure, row.keep_at = failure, now  # its workflow shows it to operators
            await notify_account(session, event, row, now, reason=failure["reason"] if failure else None)
            return True

    def _renew(self, row: AccountRow, credentials: Credentials, now: datetime, life: TokenLife | None = None) -> None:
        credentials = merged_credentials(open_credentials(self._keyring, row), credentials)
        store_credentials(self._keyring, row, credentials, now)
        row.renewed_at = row.keep_at = now
        ends_soon = False
        if life is not None:
            ahead = renewal_plan_of(life, credentials, granted_at=row.granted_at or row.created_at, renewed_at=now)
            row.keep_at = ahead.next_at(now)
            ends_soon = ahead.warn_at is not None and ahead.warn_at <= now
        if row.status == A.EXPIRING and not ends_soon:
            row.status = A.CONNECTED.value
