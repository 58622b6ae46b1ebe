"""How a change of an account changes the posts that wait for it.

Posts are locked first, in order of id, then the account's row. Every other transaction takes them in the same order, so
that two of them never wait for each other.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import PublicationRow
from munadi.domain.failure import Reason
from munadi.domain.publication import WAITING, HoldReason
from munadi.domain.reasons import failure_of
from munadi.publishing.content import LockedContent

_WAITING = [status.value for status in WAITING]


async def release_held(session: AsyncSession, account_id: str, now: datetime) -> None:
    """The account was reconnected: lift each TOKEN hold, emit `content.publish.resumed`, wake the workflow."""
    held = col(PublicationRow.hold_reason) == HoldReason.TOKEN.value
    for locked in await _locked_contents(session, account_id, now, held):
        for row in locked.publications:
            if row.account_id == account_id and row.hold_reason == HoldReason.TOKEN:
                await locked.resume(row)
        locked.wake()
        await locked.close()


async def fail_waiting(session: AsyncSession, account_id: str, now: datetime) -> None:
    """The account goes: what waited for it fails, and says why."""
    for locked in await _locked_contents(session, account_id, now, col(PublicationRow.status).in_(_WAITING)):
        for row in locked.publications:
            if row.account_id == account_id and row.status in WAITING:
                await locked.fail(row, failure_of(Reason.ACCOUNT_DISCONNECTED))
        locked.wake()
        await locked.close()


async def _locked_contents(
    session: AsyncSession, account_id: str, now: datetime, condition: object
) -> list[LockedContent]:
    query = (
        select(PublicationRow.content_id)
        .where(PublicationRow.account_id == account_id, condition)  # type: ignore[arg-type]
        .distinct()
        .order_by(col(PublicationRow.content_id))
    )
    found = [await LockedContent.lock(session, content_id, now) for content_id in (await session.exec(query)).all()]
    return [locked for locked in found if locked is not None]
