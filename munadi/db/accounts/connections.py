"""Stores attempts to connect a profile in a browser: the link, the OAuth state, the choice of profiles, the result.

Links, states and cookies are random, and only their hashes are stored. Secrets for the exchange are sealed.

A link serves one browser at a time, the last that began, and connects once. Another browser may begin while an exchange
runs. So what a try stores is decided under the row's lock: it must still be the try that counts (`LinkTaken`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr, TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.audit import record
from munadi.db.events.notify import notify
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import ConnectionRow
from munadi.domain.audit import Action
from munadi.domain.connection import ConnectionStatus, ConnectionView, ProfileChoice
from munadi.domain.event import EventType
from munadi.domain.failure import Failure
from munadi.domain.ids import Prefix
from munadi.ports import AccountImport, Choice

log = logging.getLogger("munadi.connections")

S = ConnectionStatus
TABLE, COLUMN = "connections", "sealed"
_IMPORT = TypeAdapter(AccountImport)


@dataclass(frozen=True)
class NewConnection:
    """A request to connect a profile. `account_id` is set for a reconnect: the same account must be connected."""

    brand_ref: str
    channel: str
    key_id: str
    account_id: str | None = None
    login: str | None = None
    hint: str | None = None
    redirect_url: str | None = None
    metadata: Mapping[str, str] | None = None


class LinkTaken(Exception):
    """Another browser has begun with this link since, or the link has connected a profile. Nothing was stored."""


@dataclass(frozen=True)
class OfferedProfiles:
    """The profiles that the owner's grant covers, stored until one or more are chosen."""

    choices: tuple[Choice, ...]
    scopes: tuple[str, ...]


class ConnectionStore:
    """Stores connections in one database."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def create(
        self, session: AsyncSession, new: NewConnection, link: str, expires_at: datetime, now: datetime
    ) -> ConnectionRow:
        """Create a connection in the caller's transaction. `link` is the secret part of its URL."""
        row = ConnectionRow(
            id=new_id(Prefix.CONNECTION),
            brand_ref=new.brand_ref,
            channel=new.channel,
            key_id=new.key_id,
            account_id=new.account_id,
            login=new.login,
            hint=new.hint,
            redirect_url=new.redirect_url,
            own_metadata=dict(new.metadata) if new.metadata else None,
            status=S.WAITING.value,
            link_hash=hash_of(link),
            created_at=now,
            updated_at=now,
            expires_at=expires_at,
        )
        session.add(row)
        record(session, Action.CONNECTION_CREATED, target=row.id, brand_ref=new.brand_ref, now=now)
        await session.flush()
        return row

    async def get(self, connection_id: str) -> ConnectionRow | None:
        """A connection by its id."""
        async with self._database.read() as session:
            return await session.get(ConnectionRow, connection_id)

    async def by_link(self, link: str) -> ConnectionRow | None:
        """A connection by the secret of its URL."""
        async with self._database.read() as session:
            query = select(ConnectionRow).where(ConnectionRow.link_hash == hash_of(link))
            return (await session.exec(query)).first()

    async def begin(
        self,
        row_id: str,
        *,
        state: str,
        browser: str,
        kept: Mapping[str, str],
        app_id: str | None,
        now: datetime,
        life: timedelta,
    ) -> None:
        """Record that the browser goes to the network with this `state`, to consent to this app. An earlier try counts
        no more, wherever it is.

        Raises LinkTaken once the link has connected a profile.
        """
        async with self._database.write() as session:
            row = await _locked(session, row_id)
            if row.status == S.CONNECTED.value:
                raise LinkTaken
            row.status, row.failure, row.choices = S.CONSENTING.value, None, []
            row.state_hash, row.browser_hash = hash_of(state), hash_of(browser)
            row.state_expires_at, row.updated_at, row.app_id = now + life, now, app_id
            row.sealed = self._seal(row_id, {"kept": dict(kept)})

    async def take(self, state: str, channel: str, now: datetime) -> tuple[ConnectionRow, dict[str, str]] | None:
        """The connection of this state and the secrets for its exchange; None for an unknown or used state.

        A state can be taken once, whatever the result.
        """
        async with self._database.write() as session:
            query = select(ConnectionRow).where(ConnectionRow.state_hash == hash_of(state)).with_for_update()
            row = (await session.exec(query)).first()
            if row is None:
                return None
            if row.status != S.CONSENTING.value or row.state_expires_at is None:
                return None
            plain, late = self._open(row), row.state_expires_at <= now
            row.state_expires_at, row.sealed, row.updated_at = None, b"", now
            if plain is None or late or row.channel != channel:
                return None
            return row, plain["kept"]

    async def offer(self, begun: ConnectionRow, chosen: OfferedProfiles, now: datetime, until: datetime) -> None:
        """Store several profiles, of which one or more must be chosen before `until`. Raises LinkTaken."""
        async with self._database.write() as session:
            row = await self.current(session, begun)
            row.status, row.updated_at, row.state_expires_at = S.CHOOSING.value, now, until
            row.choices = [{"externalId": one.external_id, "name": one.name} for one in chosen.choices]
            row.sealed = self._seal(
                row.id,
                {
                    "scopes": list(chosen.scopes),
                    "choices": [
                        {"externalId": one.external_id, "name": one.name, "given": _plain(one.given)}
                        for one in chosen.choices
                    ],
                },
            )

    async def offered(self, row_id: str, now: datetime) -> OfferedProfiles | None:
        """The profiles to choose from; None when there are none, or no longer."""
        row = await self.get(row_id)
        if row is None or row.status != S.CHOOSING.value or row.state_expires_at is None or row.state_expires_at <= now:
            return None
        plain = self._open(row)
        if plain is None:
            return None
        choices = tuple(
            Choice(one["externalId"], one["name"], _IMPORT.validate_python(one["given"])) for one in plain["choices"]
        )
        return OfferedProfiles(choices, tuple(plain["scopes"]))

    async def current(self, session: AsyncSession, begun: ConnectionRow) -> ConnectionRow:
        """Lock a connection until the transaction ends. Raises LinkTaken unless `begun`, as it was read, is the try
        that counts. Call it before anything is stored for that try."""
        row = await _locked(session, begun.id)
        if (row.state_hash, row.status) != (begun.state_hash, begun.status):
            raise LinkTaken
        return row

    async def finish(
        self, session: AsyncSession, row: ConnectionRow, account_ids: Sequence[str], now: datetime
    ) -> None:
        """Record that the accounts are connected, and delete all secrets. `row` is locked (`current`)."""
        row.status, row.account_ids, row.failure = S.CONNECTED.value, list(account_ids), None
        row.state_hash, row.sealed, row.updated_at = None, b"", now
        await notify_connection(session, EventType.CONNECTION_COMPLETED, row, now)

    async def fail(self, begun: ConnectionRow, failure: Failure, now: datetime) -> None:
        """Record a failure. The link can start another attempt until it expires. Raises LinkTaken."""
        async with self._database.write() as session:
            row = await self.current(session, begun)
            row.status, row.failure = S.FAILED.value, failure.model_dump(mode="json", by_alias=True)
            row.state_hash, row.sealed, row.updated_at = None, b"", now
            await notify_connection(session, EventType.CONNECTION_FAILED, row, now, reason=failure.reason)

    def _seal(self, row_id: str, plain: dict[str, Any]) -> bytes:
        return self._keyring.seal(json.dumps(plain).encode(), table=TABLE, row=row_id, column=COLUMN)

    def _open(self, row: ConnectionRow) -> dict[str, Any] | None:
        """The stored secrets; None when their encryption key is gone: then the attempt must start again."""
        try:
            plain = self._keyring.open(row.sealed, table=TABLE, row=row.id, column=COLUMN)
        except SealBroken as error:
            log.error("what %s kept for the exchange cannot be opened: %s", row.id, error)
            return None
        found: dict[str, Any] = json.loads(plain)
        return found


def hash_of(secret: str) -> str:
    """The stored hash of a secret. The secret has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def view_of(row: ConnectionRow, now: datetime) -> ConnectionView:
    """A connection as the API returns it."""
    ended = row.status in (S.CONNECTED.value, S.FAILED.value, S.EXPIRED.value)
    until = row.state_expires_at if row.status == S.CHOOSING.value else row.expires_at
    late = not ended and until is not None and until <= now
    return ConnectionView(
        id=row.id,
        brand_ref=row.brand_ref,
        channel=row.channel,
        account_id=row.account_id,
        status=S.EXPIRED if late else S(row.status),
        choices=tuple(ProfileChoice.model_validate(one) for one in row.choices),
        account_ids=tuple(row.account_ids),
        failure=None if row.failure is None else Failure.model_validate(row.failure),
        metadata=row.own_metadata or {},
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


async def _locked(session: AsyncSession, row_id: str) -> ConnectionRow:
    query = select(ConnectionRow).where(col(ConnectionRow.id) == row_id).with_for_update()
    return (await session.exec(query)).one()


async def notify_connection(
    session: AsyncSession, kind: EventType, row: ConnectionRow, now: datetime, *, reason: str | None = None
) -> None:
    """Append an event of the connection, with the connection as it is now, to the caller's transaction."""
    view = view_of(row, now).model_dump(mode="json")
    data = {"connection": view}
    await notify(
        session, kind, brand_ref=row.brand_ref, sns=row.channel, status=row.status, reason=reason, data=data, now=now
    )


def _plain(given: AccountImport) -> dict[str, Any]:
    found = {one.name: getattr(given, one.name) for one in fields(given)}
    return {name: _plain_value(value) for name, value in found.items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain_value(one) for name, one in value.items()}
    return value
