"""The service for what networks report of their own accord: an owner removed the app, or wants their data deleted.

A report concerns the accounts that are connected through the app whose secret signed it: the installation's, or one of
a brand's own. So who knows the secret of one app can do nothing to the accounts of another.

A report may come again, at any time and from anybody who has seen it. So it never touches an account that was connected
after the network issued it, and the deletion that one report asks for begins once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.channels.callbacks import Report
from munadi.channels.registry import with_app
from munadi.db.accounts.apps import AppStore
from munadi.db.accounts.store import AccountStore
from munadi.db.answers import Service
from munadi.db.audit import record
from munadi.db.tables import AccountRow, ErasureRow
from munadi.domain.account import GRANTED_BY
from munadi.domain.audit import Action
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.erasure.service import add_erasure, begin_account_erasure

log = logging.getLogger("munadi.reports")

REMOVED = "its owner removed the app at the network; connect the account again"


@dataclass(frozen=True)
class Deletion:
    """A deletion that a network asked for: when, and whether nothing is left."""

    requested_at: datetime
    is_done: bool


@dataclass(frozen=True)
class ReportedApp:
    """An app at a network that reports: with what settings a report is verified, and which accounts it concerns.

    `brand_apps`: the ids of a brand's apps; None for the installation's.
    """

    channel: ChannelName
    settings: Mapping[str, Any]
    brand_apps: Collection[str] | None = None


@dataclass(frozen=True)
class ReportService(Service):
    """Reports of networks. `secrets`: those of the installation's apps at each network.

    A person grants something to an app, which several networks may share: what is granted to one with the secret that
    signed the report is concerned at all of them. So a person's report about a Meta app covers their Pages, and the
    accounts of Instagram behind those.
    """

    secrets: Mapping[ChannelName, Collection[str]]

    async def app_of_brand(self, app_id: str) -> ReportedApp | None:
        """An app of a brand's own; None for an unknown id. SealBroken when its secret cannot be opened."""
        found = await AppStore(self.database, self.keyring).sharing(app_id)
        if not found:
            return None
        channel, app = found[0]
        return ReportedApp(channel, with_app(channel, {}, app), [each.id for _, each in found])

    async def deauthorized(self, app: ReportedApp, report: Report) -> None:
        """The owner removed the app: the accounts that they granted need to be connected again."""
        now, channel = self.clock.now(), app.channel
        async with self.database.read() as session:
            found = await _granted(session, self._is_concerned(app, report), channel, report)
        store = AccountStore(self.database, self.keyring)
        for row in found:
            if await store.mark_reauth_required(row.id, row.credentials_version, Reason.TOKEN_REVOKED, now, REMOVED):
                async with self.database.write() as session:
                    action = Action.ACCOUNT_DEAUTHORIZED
                    record(session, action, target=row.id, brand_ref=row.brand_ref, now=now)
        log.info("%s reported a removal of the app, which concerns %d accounts", channel, len(found))

    async def delete_data(self, app: ReportedApp, report: Report) -> str:
        """The owner wants their data deleted: begin to erase the accounts that they granted. The confirmation code."""
        now, channel = self.clock.now(), app.channel
        async with self.database.write() as session:
            if not await _of_code(session, report.mark):
                is_concerned = self._is_concerned(app, report)
                found = await _granted(session, is_concerned, channel, report, with_disconnected=True)
                for row in found:
                    await begin_account_erasure(session, row.brand_ref, row.id, now, report.mark)
                if not found:
                    add_erasure(session, None, None, now, report.mark)
                log.info("%s asked for the deletion of %d accounts", channel, len(found))
        return report.mark

    def _is_concerned(self, app: ReportedApp, report: Report) -> ColumnElement[bool]:
        """Whether an account is connected through the app that signed the report."""
        if app.brand_apps is not None:
            return col(AccountRow.app_id).in_(app.brand_apps)
        channels = [name.value for name, secrets in self.secrets.items() if report.secret in secrets]
        return and_(col(AccountRow.app_id).is_(None), col(AccountRow.channel).in_(channels))

    async def deletion(self, code: str) -> Deletion | None:
        """The deletion with this confirmation code."""
        async with self.database.read() as session:
            rows = await _of_code(session, code)
        if not rows:
            return None
        return Deletion(min(row.requested_at for row in rows), all(row.ended_at is not None for row in rows))


async def _of_code(session: AsyncSession, code: str) -> Sequence[ErasureRow]:
    return (await session.exec(select(ErasureRow).where(ErasureRow.code == code))).all()


async def _granted(
    session: AsyncSession,
    is_concerned: ColumnElement[bool],
    channel: ChannelName,
    report: Report,
    *,
    with_disconnected: bool = False,
) -> Sequence[AccountRow]:
    """The accounts that this person granted, by the network's id of the account or of the person; none that was
    connected after the report was issued."""
    granted_by = col(AccountRow.facts)[GRANTED_BY].as_string()
    of_person = or_(
        (col(AccountRow.channel) == channel.value) & (col(AccountRow.external_id) == report.user_id),
        granted_by == report.user_id,
    )
    granted_at = col(AccountRow.granted_at)
    query = select(AccountRow).where(
        is_concerned,
        of_person,
        or_(granted_at.is_(None), granted_at <= report.at),
    )
    if not with_disconnected:
        query = query.where(col(AccountRow.deleted_at).is_(None))
    return (await session.exec(query.order_by(col(AccountRow.id)))).all()
