"""Ends the holds of posts whose server is quick again, some at a time."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, func, or_, select

from munadi.db.session import Database
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.server import origin_of
from munadi.publishing.content import LockedContent

S = PublicationStatus


async def release_slow(database: Database, server: str, now: datetime, limit: int) -> int:
    """Resume the posts that wait for this server, at most `limit`, the oldest first; returns how many posts there were.

    `server` is its scheme, host and port. Their workflows are woken.
    """
    held = col(PublicationRow.hold_reason) == HoldReason.HOST_SLOW.value
    lives_there = or_(
        func.lower(col(AccountRow.service_url)) == server,
        col(AccountRow.service_url).istartswith(f"{server}/", autoescape=True),
    )
    async with database.write() as session:
        query = (
            select(PublicationRow.content_id)
            .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
            .where(held, lives_there)
            .distinct()
            .order_by(col(PublicationRow.content_id))
            .limit(limit)
        )
        content_ids = (await session.exec(query)).all()
        for locked in await LockedContent.lock_all(session, content_ids, now):
            await _resume(locked, server)
    return len(content_ids)


async def _resume(locked: LockedContent, server: str) -> None:
    for row in locked.publications:
        if row.status != S.QUEUED or row.hold_reason != HoldReason.HOST_SLOW:
            continue
        account = await locked.session.get(AccountRow, row.account_id)
        if account is not None and origin_of(account.service_url or "") == server:
            await locked.resume(row)
    locked.wake()
    await locked.close()
