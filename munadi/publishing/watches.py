"""The store of looks: which live publications are due for one, what they may cost, and what they showed.

A publication is taken under a lease: its `look_at` is moved ahead, so that no other worker takes it, and a worker that
dies loses nothing. What a look showed is stored only while the lease is its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow, ContentRow, DraftRow, LookCallsRow, PublicationRow
from munadi.domain.liveness import Watch, change_of
from munadi.domain.look_rule import LookRule
from munadi.domain.looks import SOON, Looks, looks_of
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.publishing.content import LockedContent
from munadi.publishing.watching import EVENTS

S = PublicationStatus
LEASE = timedelta(minutes=5)
# No look is made beside a post that is due at its account within this time: the post comes first.
BESIDE = timedelta(minutes=2)
_UNPUBLISHED = (S.ACCEPTED.value, S.QUEUED.value, S.PUBLISHING.value)
KEPT = timedelta(days=3)


@dataclass(frozen=True)
class DueAccount:
    """An account of which something is due for a look. `busy`: a post of it is due just now."""

    account_id: str
    channel: str
    is_busy: bool
    is_connected: bool


@dataclass(frozen=True)
class Watched:
    """A live publication under a lease. `is_planned` is False for one whose first look was not planned yet."""

    publication_id: str
    account_id: str
    published_at: datetime
    objects: tuple[PostedObject, ...]
    watch: Watch
    is_planned: bool
    look_at: datetime
    lease: datetime
    looks: Looks
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """What is known of a publication now, and when it is looked at next."""

    watched: Watched
    watch: Watch | None
    look_at: datetime | None


class WatchStore:
    """Reads and records looks. Every call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, limit: int) -> list[DueAccount]:
        """The accounts that wait longest for a look."""
        row = PublicationRow
        query = (
            select(col(row.account_id), col(row.channel), func.min(row.look_at))
            .where(col(row.look_at) <= now)
            .group_by(col(row.account_id), col(row.channel))
            .order_by(func.min(row.look_at))
            .limit(limit)
        )
        found = await self._database.lookup(lambda connection: connection.execute(query).all())
        if not found:
            return []
        ids = [each[0] for each in found]
        is_due = and_(
            col(row.status).in_(_UNPUBLISHED), col(row.due_at) <= now + BESIDE, col(row.hold_reason).is_(None)
        )
        busy = await self._ids(select(col(row.account_id)).where(col(row.account_id).in_(ids), is_due).distinct())
        is_live = and_(col(AccountRow.id).in_(ids), col(AccountRow.deleted_at).is_(None))
        live = await self._ids(select(col(AccountRow.id)).where(is_live))
        return [DueAccount(key, channel, key in busy, key in live) for key, channel, _ in found]

    async def _ids(self, query: Any) -> set[str]:
        return set(await self._database.lookup(lambda connection: connection.execute(query).scalars().all()))

    async def take(self, account_id: str, now: datetime, limit: int) -> list[Watched]:
        """Take what is due of an account, and what is due soon: one call serves both."""
        row = PublicationRow
        query = (
            select(row, ContentRow.brand_ref, BrandRow.looks, DraftRow.resolved)
            .join(ContentRow, col(ContentRow.id) == col(row.content_id))
            .join(BrandRow, col(BrandRow.ref) == col(ContentRow.brand_ref))
            .join(
                DraftRow,
                and_(
                    col(DraftRow.content_id) == col(row.content_id),
                    col(DraftRow.draft_version) == col(ContentRow.draft_version),
                ),
            )
            .where(col(row.look_at) <= now + SOON, col(row.account_id) == account_id)
            .order_by(col(row.look_at))
            .limit(limit)
            .with_for_update(of=row, skip_locked=True)
        )
        lease = now + LEASE
        async with self._database.write() as session:
            found = (await session.exec(query)).all()
            taken = [_watched(one, looks, resolved, lease) for one, _, looks, resolved in found]
            await _move(session, [one.publication_id for one in taken], lease)
        return taken

    async def put_off(self, account_id: str, now: datetime, until: datetime | None) -> None:
        """Look at what is due of an account later; None: never, because the account was disconnected."""
        row = PublicationRow
        at_account = and_(col(row.account_id) == account_id, col(row.look_at).is_not(None))
        which = at_account if until is None else and_(at_account, col(row.look_at) <= now)
        async with self._database.write() as session:
            await session.exec(update(row).where(which).values(look_at=until))

    async def spend(self, account_id: str, channel: str, rule: LookRule, calls: int, now: datetime) -> bool:
        """Take calls from today's budgets of the account and of the app; False where one of them has too few left."""
        day = now.date().isoformat()
        budgets = {account_id: rule.calls_a_day}
        if rule.app_calls_a_day is not None:
            budgets[f"app:{channel}"] = rule.app_calls_a_day
        async with self._database.write() as session:
            spent: list[LookCallsRow] = []
            for scope, most in sorted(budgets.items()):
                row = await session.get(LookCallsRow, (day, scope), with_for_update=True)
                row = row or LookCallsRow(day=day, scope=scope, calls=0)
                if row.calls + calls > most:
                    return False
                row.calls += calls
                spent.append(row)
            session.add_all(spent)
        return True

    async def control(self, account_id: str, besides: Sequence[str]) -> tuple[PostedObject, ...]:
        """The objects of another post of the account that was live at its last look, the newest; none without one."""
        row = PublicationRow
        query = (
            select(col(row.posted), col(row.liveness), col(row.withdrawal))
            .where(
                col(row.account_id) == account_id,
                col(row.published_at).is_not(None),
                col(row.id).not_in(besides),
            )
            .order_by(col(row.published_at).desc())
            .limit(20)
        )
        async with self._database.read() as session:
            found = (await session.exec(query)).all()
        for posted, liveness, withdrawal in found:
            if liveness and posted and not withdrawal and Watch.model_validate(liveness).verdict is Verdict.LIVE:
                return (PostedObject.model_validate(posted[0]),)
        return ()

    async def record(self, results: Sequence[Result], now: datetime) -> None:
        """Store what looks showed. Each change that is reported is a transaction of its own, on its locked post."""
        changed = [one for one in results if one.watch is not None and change_of(one.watched.watch, one.watch)]
        async with self._database.write() as session:
            for one in results:
                if one not in changed:
                    await session.exec(_update(one))
        for one in changed:
            await self._report(one, now)

    async def tidy(self, now: datetime) -> None:
        """Forget the counts of days that are over."""
        async with self._database.write() as session:
            old = col(LookCallsRow.day) < (now - KEPT).date().isoformat()
            await session.exec(delete(LookCallsRow).where(old))

    async def _report(self, result: Result, now: datetime) -> None:
        """A change, with its event; nothing when the post was withdrawn, or taken by another worker, meanwhile."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, result.watched.publication_id, now)
            if locked is None or result.watch is None:
                return
            row = locked.publication(result.watched.publication_id)
            change = change_of(result.watched.watch, result.watch)
            if row.look_at != result.watched.lease or change is None or result.watch.verdict is None:
                return
            row.liveness, row.look_at = _stored(result.watch), result.look_at
            row.updated_at = locked.content.updated_at = locked.now
            row.dismissed_at = row.dismissed_as = None
            await locked.emit(EVENTS[change], row, reason=result.watch.verdict.value)


def _watched(row: PublicationRow, looks: Any, resolved: Mapping[str, Any], lease: datetime) -> Watched:
    assert row.look_at is not None, "the query selects it"
    assert row.published_at is not None, "only what is live has a look planned"
    return Watched(
        publication_id=row.id,
        account_id=row.account_id,
        published_at=row.published_at,
        objects=tuple(PostedObject.model_validate(one) for one in row.posted),
        watch=Watch.model_validate(row.liveness or {}),
        is_planned=row.liveness is not None,
        look_at=row.look_at,
        lease=lease,
        looks=looks_of(looks),
        options=(resolved.get(row.id) or {}).get("options") or {},
    )


def _stored(watch: Watch) -> dict[str, Any]:
    return watch.model_dump(mode="json", exclude_defaults=True)


async def _move(session: AsyncSession, publication_ids: Sequence[str], to: datetime) -> None:
    if publication_ids:
        row = PublicationRow
        await session.exec(
            update(row)
            .where(col(row.id).in_(publication_ids))
            .values(look_at=to)
            .execution_options(synchronize_session=False)
        )


def _update(one: Result) -> Any:
    row, watched = PublicationRow, one.watched
    values = {"look_at": one.look_at} | ({"liveness": _stored(one.watch)} if one.watch is not None else {})
    mine = and_(col(row.id) == watched.publication_id, col(row.look_at) == watched.lease)
    return update(row).where(mine).values(**values).execution_options(synchronize_session=False)
