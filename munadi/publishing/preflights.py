"""Preflight checks: reads posts that are due soon, and reports expected failures once per draft and due time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import AccountRow, ContentRow
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.domain.failure import Failure
from munadi.domain.publication import WAITING
from munadi.domain.publishing import Step
from munadi.publishing.content import LockedContent
from munadi.publishing.steps import step_of

# Posts that were accepted within one sixth of the preflight time (five minutes of half an hour) are skipped.
FRESH = 6
_WAITING = [ContentStatus.ACCEPTED.value, ContentStatus.QUEUED.value]


@dataclass(frozen=True)
class DuePublication:
    """A publication that is still to be published, with its account's current row."""

    step: Step
    account: AccountRow


@dataclass(frozen=True)
class DueContent:
    """A post that is due soon, as it was read. `draft_version` and `due` show whether it has changed since."""

    content_id: str
    draft_version: int
    due: datetime
    publications: Sequence[DuePublication]


class Preflights:
    """Reads due posts and records preflight results, in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, ahead: timedelta, limit: int) -> list[str]:
        """The posts to check now: due within `ahead`, accepted a while ago, and not checked since their last change."""
        query = (
            select(ContentRow.id)
            .where(
                col(ContentRow.scheduled_at) > now,
                col(ContentRow.scheduled_at) <= now + ahead,
                col(ContentRow.status).in_(_WAITING),
                # A post that was just accepted was just checked.
                col(ContentRow.created_at) <= now - ahead / FRESH,
                or_(
                    col(ContentRow.preflight_for).is_(None),
                    col(ContentRow.preflight_for) != col(ContentRow.scheduled_at),
                    col(ContentRow.preflight_draft) != col(ContentRow.draft_version),
                ),
            )
            .order_by(col(ContentRow.scheduled_at))
        )
        async with self._database.read() as session:
            return list((await session.exec(query.limit(limit))).all())

    async def load(self, content_id: str, now: datetime) -> DueContent | None:
        """Load the publications of a post that are still to be published; None when there is no such post."""
        async with self._database.read() as session:
            locked = await LockedContent.read(session, content_id, now)
            if locked is None:
                return None
            waiting = [row for row in locked.publications if row.status in WAITING and row.hold_reason is None]
            found = []
            for row in waiting:
                account = await session.get(AccountRow, row.account_id)
                assert account is not None, "a foreign key"
                found.append(DuePublication(await step_of(session, locked.content, locked.draft, row), account))
            return DueContent(content_id, locked.content.draft_version, locked.content.scheduled_at, found)

    async def record(self, near: DueContent, found: Mapping[str, Failure], now: datetime) -> int:
        """Emit the expected failures by publication; returns their number, 0 if the post or an account has changed."""
        async with self._database.write() as session:
            locked = await LockedContent.lock(session, near.content_id, now)
            if locked is None:
                return 0
            content = locked.content
            seen = (near.draft_version, near.due)
            done = (content.preflight_draft, content.preflight_for) == seen
            if done or (content.draft_version, content.scheduled_at) != seen:
                return 0
            if found and await _is_outdated(session, near):
                return 0
            content.preflight_draft, content.preflight_for = seen
            affected = [row for row in locked.publications if row.id in found and row.status in WAITING]
            for row in affected:
                failure = found[row.id]
                more = {"failure": failure.model_dump(mode="json")}
                await locked.emit(EventType.PREFLIGHT_FAILED, row, reason=failure.reason, more=more)
            await locked.close()
            return len(affected)


async def _is_outdated(session: AsyncSession, near: DueContent) -> bool:
    """Whether an account has new credentials since the check: then the next round checks again."""
    judged = {ahead.account.id: ahead.account.credentials_version for ahead in near.publications}
    query = select(AccountRow.id, AccountRow.credentials_version).where(col(AccountRow.id).in_(judged))
    return any(judged[account_id] != version for account_id, version in (await session.exec(query)).all())
