"""A connected profile's row: how it begins, what a network says of it, and what channels are given of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy
from sqlalchemy import ColumnElement, and_, bindparam
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.ids import new_id
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName
from munadi.domain.failure import MAX_MESSAGE, Failure, Reason
from munadi.domain.ids import Prefix
from munadi.ports import Connection


@dataclass(frozen=True)
class OpenedAccount:
    """An account with its credentials unsealed, as a channel takes it, how it fares, and since when it has them."""

    account: ConnectedAccount
    status: AccountStatus
    granted_at: datetime
    renewed_at: datetime | None = None
    paused_until: datetime | None = None


# Built once: every visible call needs its account.
_ROW = sqlalchemy.select(*AccountRow.__table__.c).where(  # type: ignore[attr-defined]
    col(AccountRow.id) == bindparam("key")
)


def read_row(connection: sqlalchemy.Connection, account_id: str) -> AccountRow | None:
    """The row of an account. A Core row has the columns of an `AccountRow` as attributes."""
    return cast("AccountRow | None", connection.execute(_ROW, {"key": account_id}).first())


def describe(row: AccountRow, connection: Connection) -> None:
    """Write down the profile as its network shows it."""
    profile = connection.profile
    row.handle, row.display_name, row.service_url = profile.handle, profile.display_name, profile.service_url
    row.scopes, row.facts = list(profile.scopes), dict(profile.facts)


def new_account(brand_ref: str, channel: ChannelName, external_id: str, now: datetime) -> AccountRow:
    """A row without credentials, which come with the rest of its connection."""
    return AccountRow(
        id=new_id(Prefix.ACCOUNT),
        brand_ref=brand_ref,
        channel=channel.value,
        external_id=external_id,
        handle="",
        status=AccountStatus.CONNECTED.value,
        sealed=b"",
        credentials_version=0,
        created_at=now,
        updated_at=now,
    )


def connected_account(row: AccountRow, credentials: Credentials) -> ConnectedAccount:
    """What a channel is given."""
    return ConnectedAccount(
        id=row.id,
        brand_ref=row.brand_ref,
        channel=ChannelName(row.channel),
        external_id=row.external_id,
        handle=row.handle,
        service_url=row.service_url,
        login=row.login,
        scopes=tuple(row.scopes),
        facts=row.facts,
        credentials=credentials,
        credentials_version=row.credentials_version,
    )


def by_profile(brand_ref: str, channel: ChannelName, external_id: str) -> SelectOfScalar[AccountRow]:
    """The brand's account at this profile, unless it was disconnected."""
    return select(AccountRow).where(
        AccountRow.brand_ref == brand_ref,
        AccountRow.channel == channel.value,
        AccountRow.external_id == external_id,
        col(AccountRow.deleted_at).is_(None),
    )


def connected(
    brand_ref: str | None, channel: str | None, statuses: Collection[str], after: str | None
) -> SelectOfScalar[AccountRow]:
    """Accounts that are not disconnected, in order of id; None and empty mean all."""
    query = select(AccountRow).where(col(AccountRow.deleted_at).is_(None)).order_by(col(AccountRow.id))
    if brand_ref is not None:
        query = query.where(AccountRow.brand_ref == brand_ref)
    if channel is not None:
        query = query.where(AccountRow.channel == channel)
    if statuses:
        query = query.where(col(AccountRow.status).in_(statuses))
    return query if after is None else query.where(col(AccountRow.id) > after)


def outliving(old: Credentials, new: Credentials) -> Credentials:
    """The new credentials, with what the answer does not mention: the refresh token and the end of its grant, and what
    else the grant consists of."""
    if new.refresh_token is None or not new.refresh_token.get_secret_value():
        new = new.model_copy(update={"refresh_token": old.refresh_token})
    if not new.extra:
        new = new.model_copy(update={"extra": old.extra})
    if new.grant_expires_at is None and new.refresh_token == old.refresh_token:
        new = new.model_copy(update={"grant_expires_at": old.grant_expires_at, "is_final": old.is_final})
    return new


def same_connection(account_id: str, version: int | None) -> ColumnElement[bool]:
    """The account's row, unless its owner has connected it again since it had credentials of this version.

    A renewal raises the version too, and is the same connection. None: whatever its connection.
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
    """How the last post of an account went, in the transaction that settles it: one small statement, its last.

    `version` is that of the credentials which failed, where a call was made with some.
    """
    noted: dict[str, Any] = {"last_success_at": now} if worked else {}
    if failure is not None:
        noted["last_failure"] = fault(failure.reason, failure.message, now)
    if noted:
        stale_or_not = None if worked else version
        await session.exec(update(AccountRow).where(same_connection(account_id, stale_or_not)).values(**noted))


def fault(reason: Reason | str, message: str, now: datetime) -> dict[str, str]:
    """What did not work, as the row keeps it; the remedy is the reason's."""
    return {"reason": str(reason), "message": message[:MAX_MESSAGE], "at": now.isoformat()}


async def current(session: AsyncSession, account_id: str, expected_version: int) -> AccountRow | None:
    """The account under lock, if its credentials are still those; else the caller has been overtaken."""
    row = await session.get(AccountRow, account_id, with_for_update=True)
    return None if row is None or not row.sealed or row.credentials_version != expected_version else row
