"""Connected profiles: who, where, how healthy. Credentials are stored sealed (`munadi/db/sealing/secrets.py`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.accounts.rows import OpenedAccount as OpenedAccount
from munadi.db.accounts.rows import (
    by_profile,
    connected,
    connected_account,
    current,
    describe,
    fault,
    new_account,
    outliving,
    read_row,
    same_connection,
)
from munadi.db.accounts.views import (
    account_views,
    is_connected_anywhere,
    is_in_flight,
)
from munadi.db.audit import record
from munadi.db.events.notify import notify
from munadi.db.sealing.secrets import open_credentials, seal_credentials
from munadi.db.session import Database
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.account_view import AccountView
from munadi.domain.audit import Action
from munadi.domain.channel import ChannelName, TokenLife
from munadi.domain.event import EventType
from munadi.domain.keeping import keeping_of
from munadi.ports import Connection
from munadi.publishing.account_changes import fail_waiting, release_held

A = AccountStatus


class AccountStore:
    """Accounts of one database."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def connect(
        self,
        session: AsyncSession,
        brand_ref: str,
        channel: ChannelName,
        connection: Connection,
        *,
        login: str | None,
        now: datetime,
    ) -> AccountView:
        """Keep a verified connection, in the caller's transaction.

        The same profile again is a reconnect: new credentials, and the posts that waited for them continue.
        """
        row = await self._place(session, brand_ref, channel, connection, now)
        describe(row, connection)
        row.login, row.status = login, A.CONNECTED.value
        row.lease_holder = row.lease_until = row.renewed_at = None
        row.granted_at = row.last_success_at = row.keep_at = now
        self._keep(row, connection.credentials, now)
        row.connected_version = row.credentials_version
        await self._tell(session, EventType.ACCOUNT_CONNECTED, row, now)
        return (await account_views(session, [row]))[0]

    async def view(self, account_id: str) -> AccountView | None:
        """An account as answered, deleted ones too."""
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
        """Connected accounts in order of id after `after`; of one brand when it is named, in one of `statuses`."""
        query = connected(brand_ref, channel, statuses, after).limit(limit)
        async with self._database.read() as session:
            return await account_views(session, (await session.exec(query)).all())

    async def is_connected(self, session: AsyncSession, brand_ref: str, channel: ChannelName, external_id: str) -> bool:
        """Whether this profile is one of the brand's accounts."""
        return (await session.exec(by_profile(brand_ref, channel, external_id))).first() is not None

    async def disconnect(self, account_id: str, now: datetime) -> AccountView | None:
        """Take an account away: what it still had to publish fails, its credentials go. Again: nothing more happens."""
        async with self._database.write() as session:
            await fail_waiting(session, account_id, now)
            row = await session.get(AccountRow, account_id, with_for_update=True)
            if row is None:
                return None
            if row.deleted_at is None:
                row.status, row.deleted_at, row.updated_at = A.DISCONNECTED.value, now, now
                row.keep_at = now
                if not await is_in_flight(session, account_id):
                    row.sealed = b""  # else they are needed to find out what became of it
                await self._tell(session, EventType.ACCOUNT_DISCONNECTED, row, now)
                record(session, Action.ACCOUNT_DISCONNECTED, target=account_id, brand_ref=row.brand_ref, now=now)
            return (await account_views(session, [row]))[0]

    async def is_last_of_its_profile(self, account_id: str) -> bool:
        """Whether a disconnected account's credentials are gone, and no brand has the same profile connected."""
        async with self._database.read() as session:
            row = await session.get(AccountRow, account_id)
            return row is not None and not row.sealed and not await is_connected_anywhere(session, row)

    async def opened(self, account_id: str) -> OpenedAccount | None:
        """An account with its credentials; None when there are none (any more). SealBroken when they are damaged."""
        row = await self._database.lookup(lambda connection: read_row(connection, account_id))
        if row is None or not row.sealed:
            return None
        account = connected_account(row, open_credentials(self._keyring, row))
        granted_at = row.granted_at or row.created_at
        return OpenedAccount(account, A(row.status), granted_at, row.renewed_at, row.paused_until)

    async def pause(self, account_id: str, version: int, until: datetime) -> None:
        """The network wants no calls for this connection until then; an earlier, longer pause stays.

        `version` is that of the credentials it answered to. A connection made since is not paused.
        """
        shorter = or_(col(AccountRow.paused_until).is_(None), col(AccountRow.paused_until) < until)
        paused = update(AccountRow).where(same_connection(account_id, version), shorter)
        async with self._database.write() as session:
            await session.exec(paused.values(paused_until=until))

    async def is_replaced(self, account_id: str, version: int) -> bool:
        """Whether the account has other credentials by now than those of this version."""
        query = select(AccountRow.credentials_version).where(col(AccountRow.id) == account_id)
        async with self._database.read() as session:
            return (await session.exec(query)).first() not in (None, version)

    async def take_lease(self, account_id: str, holder: str, now: datetime, until: datetime) -> bool:
        """The right to refresh, for one holder at a time; it lapses at `until` if the holder dies."""
        free = or_(col(AccountRow.lease_until).is_(None), col(AccountRow.lease_until) <= now)
        async with self._database.write() as session:
            taken = await session.exec(
                update(AccountRow)
                .where(col(AccountRow.id) == account_id, free)
                .values(lease_holder=holder, lease_until=until)
            )
            return bool(taken.rowcount == 1)

    async def release_lease(self, account_id: str, holder: str) -> None:
        """Give the lease back, if it is still this holder's."""
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
        """Keep refreshed credentials, unless others were stored meanwhile. What an answer leaves out is kept.

        `life` plans when the keeper looks next; without it that is at once.
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
        """Keep what a check saw: the profile as it is now, and new credentials if the check had to renew them."""
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
            # A grant that its owner has used may last longer than we knew.
            lasts = seen.grant_expires_at is not None and seen.grant_expires_at != kept.grant_expires_at
            if seen.access_token != kept.access_token or lasts:
                self._renew(row, seen, now)

    async def note_failure(self, account_id: str, version: int, reason: str, message: str, now: datetime) -> None:
        """A call with the credentials of this version failed; nothing is noted on a connection made since."""
        noted = update(AccountRow).where(same_connection(account_id, version))
        async with self._database.write() as session:
            await session.exec(noted.values(last_failure=fault(reason, message, now)))

    async def mark_reauth_required(
        self, account_id: str, expected_version: int, reason: str, now: datetime, message: str = ""
    ) -> bool:
        """The grant is dead: its owner must reconnect. Told once; not if the account was reconnected meanwhile."""
        failure = fault(reason, message, now)
        return await self._worsen(account_id, expected_version, A.REAUTH_REQUIRED, failure, now)

    async def mark_expiring(self, account_id: str, expected_version: int, now: datetime) -> bool:
        """The token ends soon and cannot be renewed by us. Told once per token."""
        return await self._worsen(account_id, expected_version, A.EXPIRING, None, now)

    async def _worsen(
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
            await self._tell(session, event, row, now, reason=failure["reason"] if failure else None)
            return True

    async def _place(
        self, session: AsyncSession, brand_ref: str, channel: ChannelName, connection: Connection, now: datetime
    ) -> AccountRow:
        """The profile's row under lock: the one there is, with its held contents released, or a new one."""
        external_id = connection.profile.external_id
        query = by_profile(brand_ref, channel, external_id)
        row = (await session.exec(query)).first()
        if row is None:
            row = new_account(brand_ref, channel, external_id, now)
            try:
                async with session.begin_nested():
                    session.add(row)
                return row
            except IntegrityError:
                # Two connected the profile for the first time at once: the second is a reconnect.
                row = (await session.exec(query)).one()
        await release_held(session, row.id, now)
        await session.refresh(row, with_for_update=True)
        return row

    def _renew(self, row: AccountRow, credentials: Credentials, now: datetime, life: TokenLife | None = None) -> None:
        credentials = outliving(open_credentials(self._keyring, row), credentials)
        self._keep(row, credentials, now)
        row.renewed_at = row.keep_at = now
        ends_soon = False
        if life is not None:
            ahead = keeping_of(life, credentials, granted_at=row.granted_at or row.created_at, renewed_at=now)
            row.keep_at = ahead.next_at(now)
            ends_soon = ahead.tell_at is not None and ahead.tell_at <= now
        if row.status == A.EXPIRING and not ends_soon:
            row.status = A.CONNECTED.value

    def _keep(self, row: AccountRow, credentials: Credentials, now: datetime) -> None:
        row.credentials_version += 1
        row.sealed = seal_credentials(self._keyring, row.id, credentials)
        row.token_expires_at, row.updated_at = credentials.expires_at, now
        row.grant_expires_at = credentials.grant_expires_at

    async def _tell(
        self, session: AsyncSession, kind: EventType, row: AccountRow, now: datetime, *, reason: str | None = None
    ) -> None:
        await session.flush()
        view = (await account_views(session, [row]))[0]
        await notify(
            session,
            kind,
            brand_ref=row.brand_ref,
            sns=row.channel,
            status=row.status,
            reason=reason,
            data={"account": view.model_dump(mode="json")},
            now=now,
        )
