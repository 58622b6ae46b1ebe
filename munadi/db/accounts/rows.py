"""Builds, reads and updates account rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from pydantic import SecretStr
from sqlalchemy import ColumnElement, and_, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.crypto import KeyRing
from munadi.db.accounts.app_pauses import account_and_app, pause_of
from munadi.db.ids import new_id
from munadi.db.prebuilt import Prebuilt
from munadi.db.sealing.secrets import seal_credentials
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelName
from munadi.domain.failure import MAX_MESSAGE, Failure, Reason
from munadi.domain.ids import Prefix
from munadi.ports import Connection


@dataclass(frozen=True)
class OpenedAccount:
    """An account with decrypted credentials, its status, and when it was connected and renewed."""

    account: ConnectedAccount
    status: AccountStatus
    granted_at: datetime
    renewed_at: datetime | None = None
    paused_until: datetime | None = None
    preparing_paused_until: datetime | None = None


# Built once: every visible call needs its account.
_COLUMNS = [each for each in AccountRow.__table__.c if each.key != "paused_until"]  # type: ignore[attr-defined]
_ROW = Prebuilt(
    sqlalchemy.select(*_COLUMNS, account_and_app(), pause_of(Paused.PREPARING).label("preparing_paused_until")).where(
        col(AccountRow.id) == bindparam("key")
    )
)

_WORKED = Prebuilt(
    sqlalchemy.update(AccountRow).where(col(AccountRow.id) == bindparam("key")).values(last_success_at=bindparam("at"))
)


def read_row(connection: sqlalchemy.Connection, account_id: str) -> Any:
    """The row of an account: not an `AccountRow`, but with the same attributes, and the pauses of its app."""
    return next(iter(_ROW.read(connection, {"key": account_id})), None)


def same_profile(one: type[AccountRow], other: type[AccountRow]) -> ColumnElement[bool]:
    """Whether two rows are of one profile in one brand: an account, and those that came before or after it."""
    return and_(
        col(one.brand_ref) == col(other.brand_ref),
        col(one.channel) == col(other.channel),
        col(one.external_id) == col(other.external_id),
    )


async def successors(session: AsyncSession, account_ids: Collection[str]) -> dict[str, str]:
    """The account by which the same profile was connected again, for those of these accounts that were disconnected."""
    if not account_ids:
        return {}
    old, new = aliased(AccountRow), aliased(AccountRow)
    query = (
        select(old.id, new.id)
        .join(new, and_(same_profile(new, old), col(new.deleted_at).is_(None)))
        .where(col(old.id).in_(account_ids), col(old.deleted_at).is_not(None))
    )
    return dict((await session.exec(query)).all())


def describe(row: AccountRow, connection: Connection) -> None:
    """Store the profile as its network describes it."""
    profile = connection.profile
    row.handle, row.display_name, row.service_url = profile.handle, profile.display_name, profile.service_url
    row.scopes, row.facts = list(profile.scopes), dict(profile.facts)


def new_account(brand_ref: str, channel: ChannelName, external_id: str, now: datetime, *, is_test: bool) -> AccountRow:
    """A new row, still without credentials."""
    return AccountRow(
        id=new_id(Prefix.ACCOUNT),
        brand_ref=brand_ref,
        is_test=is_test or None,
        channel=channel.value,
        external_id=external_id,
        handle="",
        status=AccountStatus.CONNECTED.value,
        sealed=b"",
        credentials_version=0,
        created_at=now,
        updated_at=now,
    )


def store_credentials(keyring: KeyRing, row: AccountRow, credentials: Credentials, now: datetime) -> None:
    """Seal new credentials into the row, under a new version."""
    row.credentials_version += 1
    row.sealed = seal_credentials(keyring, row.id, credentials)
    row.token_expires_at, row.updated_at = credentials.expires_at, now
    row.grant_expires_at = credentials.grant_expires_at


def connected_account(row: AccountRow, credentials: Credentials) -> ConnectedAccount:
    """The account as it is passed to a channel."""
    return ConnectedAccount(
        id=row.id,
        brand_ref=row.brand_ref,
        is_test=bool(row.is_test),
        channel=ChannelName(row.channel),
        external_id=row.external_id,
        handle=row.handle,
        service_url=row.service_url,
        login=row.login,
        scopes=tuple(row.scopes),
        facts=row.facts,
        credentials=credentials,
        credentials_version=row.credentials_version,
        app_id=row.app_id,
    )


def without_token(row: AccountRow) -> ConnectedAccount:
    """The account as the rules of its network need it. They need no token, so none is unsealed."""
    return connected_account(row, Credentials(access_token=SecretStr(""), expires_at=row.token_expires_at))


def by_profile(brand_ref: str, channel: ChannelName, external_id: str) -> SelectOfScalar[AccountRow]:
    """Select the brand's account for this profile, unless it is disconnected."""
    return select(AccountRow).where(
        AccountRow.brand_ref == brand_ref,
        AccountRow.channel == channel.value,
        AccountRow.external_id == external_id,
        col(AccountRow.deleted_at).is_(None),
    )


def connected(
    brand_ref: str | None, channel: str | None, statuses: Collection[str], after: str | None
) -> SelectOfScalar[AccountRow]:
    """Select accounts that are not disconnected, in order of id; None and empty mean all."""
    query = select(AccountRow).where(col(AccountRow.deleted_at).is_(None)).order_by(col(AccountRow.id))
    if brand_ref is not None:
        query = query.where(AccountRow.brand_ref == brand_ref)
    if channel is not None:
        query = query.where(AccountRow.channel == channel)
    if statuses:
        query = query.where(col(AccountRow.status).in_(statuses))
    return query if after is None else query.where(col(AccountRow.id) > after)


def merged_credentials(old: Credentials, new: Credentials) -> Credentials:
    """The new credentials, completed from the old ones where the network's response omits the refresh token, the end
    of the grant, or its extra parts."""
    if new.refresh_token is None or not new.refresh_token.get_secret_value():
        new = new.model_copy(update={"refresh_token": old.refresh_token})
    if not new.extra:
        new = new.model_copy(update={"extra": old.extra})
    if new.grant_expires_at is None and new.refresh_token == old.refresh_token:
        new = new.model_copy(update={"grant_expires_at": old.grant_expires_at, "is_final": old.is_final})
    return new


def same_connection(account_id: str, version: int | None) -> ColumnElement[bool]:
    """Select the account's row, unless it was reconnected since it had credentials of this version.

    A renewal raises the version too, but is the same connection. None: any connection.
    """
    row = col(AccountRow.id) == account_id
    return row if version is None else and_(row, col(AccountRow.connected_version) <= version)


async def note_outcome(
    session: AsyncSession,
    account_id: str,
    *,
    worked: bool,
    failure: Failure | None,
    now: datetime,
    version: int | None = None,
) -> None:
    """Record the result of an account's last post, in the caller's transaction, by one small statement at its end.

    `version` is that of the credentials of the failed call, if a call was made.
    """
    if worked and failure is None:
        await _WORKED.run(session, {"key": account_id, "at": now})
    elif failure is not None:
        noted = {"last_failure": fault(failure.reason, failure.message, now)}
        await session.exec(update(AccountRow).where(same_connection(account_id, version)).values(**noted))


async def set_metadata(
    session: AsyncSession, account_id: str, metadata: Mapping[str, str] | None, now: datetime
) -> bool:
    """Replace the client's own metadata of an account. False: there is no such account."""
    row = await session.get(AccountRow, account_id, with_for_update=True)
    if row is not None:
        row.own_metadata, row.updated_at = dict(metadata) if metadata else None, now
    return row is not None


def fault(reason: Reason | str, message: str, now: datetime) -> dict[str, str]:
    """A failure as the row stores it. The remedy is not stored: it belongs to the reason."""
    return {"reason": str(reason), "message": message[:MAX_MESSAGE], "at": now.isoformat()}


async def current(session: AsyncSession, account_id: str, expected_version: int) -> AccountRow | None:
    """Lock the account; None if its credentials have changed since `expected_version`."""
    row = await session.get(AccountRow, account_id, with_for_update=True)
    return None if row is None or not row.sealed or row.credentials_version != expected_version else row
