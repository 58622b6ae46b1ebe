"""Warns if an account's daily quota, as the network last reported it, is likely to be full at the due time.

This is only a warning: other apps post too, quotas change, and a post over the quota waits and is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.publication import PublicationStatus, Warning_
from munadi.intake.accounts import Target

WINDOW = timedelta(hours=24)
# Named one by one: so an index finds those of each within the time.
_SPENDING = [
    each.value for each in PublicationStatus if each not in (PublicationStatus.FAILED, PublicationStatus.CANCELED)
]


async def quota_warnings(database: Database, targets: Sequence[Target], due: datetime) -> list[Warning_]:
    """A warning for each account that already has a full quota of posts in the 24 hours before `due`."""
    totals = {row.id: total for target in targets if (row := target.row) and (total := daily_total(row)) is not None}
    if not totals:
        return []
    async with database.read() as session:
        planned = await planned_posts(session, list(totals), due)
    return [
        _warning(target, row, planned.get(row.id, 0), totals[row.id])
        for target in targets
        if (row := target.row) and row.id in totals and planned.get(row.id, 0) >= totals[row.id]
    ]


async def planned_posts(session: AsyncSession, account_ids: Sequence[str], due: datetime) -> Mapping[str, int]:
    """Per account, its stored posts that are due in the 24 hours up to `due`."""
    query = (
        select(PublicationRow.account_id, func.count())
        .where(
            col(PublicationRow.account_id).in_(account_ids),
            col(PublicationRow.due_at) > due - WINDOW,
            col(PublicationRow.due_at) <= due,
            col(PublicationRow.status).in_(_SPENDING),
        )
        .group_by(col(PublicationRow.account_id))
    )
    return dict((await session.exec(query)).all())


def daily_total(row: AccountRow) -> int | None:
    """How many posts a day the network allows the account, where it reports that."""
    quota = row.facts.get("quota")
    total = quota.get("total") if isinstance(quota, dict) else None
    return total if isinstance(total, int) else None


def _warning(target: Target, row: AccountRow, planned: int, total: int) -> Warning_:
    spec = target.channel.spec
    message = (
        f"{spec.title} lets {row.handle} publish {total} posts in 24 hours, and {planned} are due before "
        "this one: it may wait until one of them is a day old"
    )
    return Warning_(code="DAILY_CAP_LIKELY", message=message, channel=spec.name.value, pointer=target.pointer)
