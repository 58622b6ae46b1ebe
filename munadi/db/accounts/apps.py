"""Stores the apps of brands, with sealed secrets.

An account belongs to the app that its owner consented to: no other app can renew its tokens. So an app that another
one replaced, or that was removed, stays for the accounts that are connected through it, and serves no new consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from pydantic import SecretStr
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.crypto import KeyRing, SealBroken
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandAppRow
from munadi.domain.brand_app import AppCredentials, AppPut
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix

_TABLE, _COLUMN = "brand_apps", "sealed"


class AppStore:
    """Apps of brands in one database."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def current(self, brand_ref: str, channel: ChannelName, login: str | None) -> AppCredentials | None:
        """The app that a brand's new accounts are connected through; None for the installation's."""
        async with self._database.read() as session:
            row = (await session.exec(_current(brand_ref, channel))).first()
        return None if row is None or row.login != login else self._opened(row)

    async def opened(self, app_id: str) -> AppCredentials | None:
        """An app, also a replaced one. SealBroken when its secret cannot be opened."""
        async with self._database.read() as session:
            row = await session.get(BrandAppRow, app_id)
        return None if row is None else self._opened(row)

    async def sharing(self, app_id: str) -> Sequence[tuple[ChannelName, AppCredentials]]:
        """An app, also a replaced one, and behind it the apps of its brand with the same secret: Meta has one app for
        several networks. Empty for an unknown id. SealBroken when the app's own secret cannot be opened."""
        async with self._database.read() as session:
            asked = await session.get(BrandAppRow, app_id)
            query = select(BrandAppRow).where(
                BrandAppRow.brand_ref == (asked.brand_ref if asked is not None else None), BrandAppRow.id != app_id
            )
            others = (await session.exec(query)).all() if asked is not None else ()
        if asked is None:
            return []
        found = [(ChannelName(asked.channel), self._opened(asked))]
        for row in others:
            with suppress(SealBroken):
                other = self._opened(row)
                if other.client_secret == found[0][1].client_secret:
                    found.append((ChannelName(row.channel), other))
        return found

    async def list(self, brand_ref: str) -> Sequence[tuple[BrandAppRow, int]]:
        """A brand's current apps by channel, each with the number of accounts that are connected through it."""
        connected = (
            select(AccountRow.app_id, func.count().label("accounts"))
            .where(AccountRow.brand_ref == brand_ref, col(AccountRow.deleted_at).is_(None))
            .where(col(AccountRow.app_id).is_not(None))
            .group_by(col(AccountRow.app_id))
            .subquery()
        )
        query = (
            select(BrandAppRow, func.coalesce(connected.c.accounts, 0))
            .join(connected, connected.c.app_id == col(BrandAppRow.id), isouter=True)
            .where(BrandAppRow.brand_ref == brand_ref, col(BrandAppRow.ended_at).is_(None))
            .order_by(col(BrandAppRow.channel))
        )
        async with self._database.read() as session:
            return [(row, int(count)) for row, count in (await session.exec(query)).all()]

    async def put(
        self, session: AsyncSession, brand_ref: str, channel: ChannelName, sent: AppPut, now: datetime
    ) -> None:
        """Set a brand's app. With the same id its secret is replaced for every account, else it is another app."""
        row = (await session.exec(_current(brand_ref, channel).with_for_update())).first()
        if row is not None and (row.client_id, row.login) != (sent.client_id, sent.login):
            row.ended_at = row.updated_at = now
            await session.flush()
            row = None
        if row is None:
            row = BrandAppRow(
                id=new_id(Prefix.APP),
                brand_ref=brand_ref,
                channel=channel.value,
                login=sent.login,
                client_id=sent.client_id,
                sealed=b"",
                created_at=now,
                updated_at=now,
            )
            session.add(row)
        secret = sent.client_secret.get_secret_value().encode()
        row.sealed = self._keyring.seal(secret, table=_TABLE, row=row.id, column=_COLUMN)
        row.review, row.updated_at = sent.review, now
        await session.flush()
        await _forget_unused(session, brand_ref)

    async def end(self, session: AsyncSession, brand_ref: str, channel: ChannelName, now: datetime) -> bool:
        """Use a brand's app for no further consent. False: it has none."""
        row = (await session.exec(_current(brand_ref, channel).with_for_update())).first()
        if row is None:
            return False
        row.ended_at = row.updated_at = now
        await session.flush()
        await _forget_unused(session, brand_ref)
        return True

    def _opened(self, row: BrandAppRow) -> AppCredentials:
        secret = self._keyring.open(row.sealed, table=_TABLE, row=row.id, column=_COLUMN).decode()
        return AppCredentials(id=row.id, login=row.login, client_id=row.client_id, client_secret=SecretStr(secret))


def _current(brand_ref: str, channel: ChannelName) -> SelectOfScalar[BrandAppRow]:
    return select(BrandAppRow).where(
        BrandAppRow.brand_ref == brand_ref, BrandAppRow.channel == channel.value, col(BrandAppRow.ended_at).is_(None)
    )


async def _forget_unused(session: AsyncSession, brand_ref: str) -> None:
    """Delete replaced apps that no account is connected through any more."""
    used = select(AccountRow.app_id).where(
        AccountRow.brand_ref == brand_ref, col(AccountRow.app_id).is_not(None), col(AccountRow.sealed) != b""
    )
    await session.exec(
        delete(BrandAppRow).where(
            col(BrandAppRow.brand_ref) == brand_ref,
            col(BrandAppRow.ended_at).is_not(None),
            col(BrandAppRow.id).not_in(used),
        )
    )
