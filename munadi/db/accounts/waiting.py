"""What waits for an account: what a person should know before disconnecting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import PublicationRow
from munadi.domain.publication import WAITING

_STATUSES = [status.value for status in WAITING]


@dataclass(frozen=True)
class WaitingPosts:
    """`count`: posts that fail when the account is disconnected; `next_ids`: the first of them, by due time; `last`:
    when the latest is due, None if there is none."""

    count: int
    next_ids: Sequence[str]
    last: datetime | None


async def waiting_posts(session: AsyncSession, account_id: str, shown: int) -> WaitingPosts:
    """The posts that wait for an account, without those that are being published now; `shown`: how many are named."""
    mine = (PublicationRow.account_id == account_id, col(PublicationRow.status).in_(_STATUSES))
    total = select(func.count(), func.max(col(PublicationRow.due_at))).where(*mine)
    count, last = (await session.exec(total)).one()
    due_first = (
        select(PublicationRow.content_id)
        .where(*mine)
        .order_by(col(PublicationRow.due_at), col(PublicationRow.id))
        .limit(shown)
    )
    return WaitingPosts(count, (await session.exec(due_first)).all(), last)
