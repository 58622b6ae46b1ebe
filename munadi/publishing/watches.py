"""The store of looks at live posts: which accounts are next, what of one is looked at, and what a look showed.

`begin` moves what it hands out a lease ahead, so that no two workers look at the same posts; after the death of a
worker they are due again. A report is part of the transaction that makes the change known, so a look that is recorded
twice reports nothing more.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, and_, func, literal_column, or_
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.published_drafts import options_of
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.channel import ChannelName
from munadi.domain.liveness import APART, MANY, Watch
from munadi.domain.look_ages import Looks, ages_for, kept_looks
from munadi.domain.look_rule import LookRule
from munadi.domain.looks import LookPlan, life_of
from munadi.domain.publication import WAITING, PublicationStatus
from munadi.domain.server import server_of
from munadi.domain.withdrawal import Seen, Verdict
from munadi.ports import Channels
from munadi.publishing.content import LockedContent
from munadi.publishing.look_budget import give_back, next_day, spend
from munadi.publishing.watching import OWN_CHANGE, Watched, apply_look, is_changed_by_us, is_watchable, stored, watch_of
from munadi.publishing.withdrawing import objects_of

log = logging.getLogger("munadi.looking")

# A look whose worker died is repeated after this.
LEASE = timedelta(minutes=2)
# Nothing is looked at beside a post of the account, or of its server, that is due so soon, or was due so lately.
BESIDE, BESIDE_PAST = timedelta(minutes=1), timedelta(minutes=10)
BESIDE_WAIT = timedelta(minutes=2)
AFTER_PAUSE = timedelta(minutes=1)
# Rows of an account that are considered at once, and posts that are recorded in one transaction.
CONSIDERED, RECORDED = 200, 20
_SPREAD = 3600
_WAITING = [status.value for status in WAITING]


@dataclass(frozen=True)
class Looking:
    """What is looked at now: publications of one account, with so many requests at most, which were reserved then.

    `unshown`: the last look at the account found none of its posts.
    """

    account_id: str
    channel: str
    watched: tuple[Watched, ...]
    requests: int
    reserved_at: datetime
    unshown: bool = False
    is_test: bool | None = None


class WatchStore:
    """Looks at live posts. `given` is what the installation wants; `apart` as in `munadi.domain.liveness`."""

    def __init__(self, database: Database, channels: Channels, given: Looks, apart: timedelta = APART) -> None:
        self._database = database
        self._channels = channels
        self._given = given
        self._apart = apart

    async def due(self, now: datetime, limit: int) -> list[str]:
        """The accounts that have something to look at, the longest waiting first."""
        at = func.min(col(PublicationRow.watch_at))
        # No bare column, or SQLite would read all that is watched, in the order of the accounts, to group them.
        account_id = func.coalesce(col(PublicationRow.account_id), literal_column("''"))
        query = select(account_id).where(col(PublicationRow.watch_at) <= now)
        query = query.group_by(account_id).order_by(at).limit(limit)

        def find(connection: Connection) -> list[str]:
            return list(connection.execute(query).scalars())

        return await self._database.lookup(find)

    async def begin(self, account_id: str, now: datetime) -> Looking | None:
        """What of an account is looked at now, under a lease; None if nothing is. What is new is planned."""
        async with self._database.write() as session:
            account = await session.get_one(AccountRow, account_id)
            rows = await _rows(session, col(PublicationRow.watch_at) <= now, account_id, CONSIDERED)
            ready = await self._ready(session, account, rows, now) if rows else {}
            if not ready or await self._waits(session, account, list(ready), now):
                return None
            rule = self._rule(account)
            chosen = _first(ready, rule.at_once)
            watched = [*chosen, *await self._controls(session, account, rule, chosen, now)]
            requests = rule.requests_for(_objects(watched))
            if not await spend(session, rule, _network(account), account.id, requests, now):
                await _put(session, list(ready), next_day(now) + _spread(account.id))
                return None
            await _put(session, [one.publication_id for one in chosen], now + LEASE)
            is_unshown = account.unshown_since is not None
            return Looking(account.id, account.channel, tuple(watched), requests, now, is_unshown, account.is_test)

    async def defer(self, looking: Looking, until: datetime, *, made: int = 0) -> None:
        """Look later, because the account or its server is to be left alone. `made` requests were made."""
        async with self._database.write() as session:
            await self._give_back(session, looking, made)
            await _put(session, [one.publication_id for one in looking.watched], until)

    async def record(
        self, looking: Looking, seen: Mapping[str, Seen], at: datetime, now: datetime, *, made: int = 0
    ) -> int:
        """Record what a look that began at `at` showed, by publication, with so many requests. The number of
        deliveries."""
        watched, deliveries = {one.publication_id: one for one in looking.watched}, 0
        content_ids = sorted({one.content_id for one in looking.watched})
        for start in range(0, len(content_ids), RECORDED):
            async with self._database.write() as session:
                if start == 0:
                    await self._give_back(session, looking, made)
                for locked in await LockedContent.lock_all(session, content_ids[start : start + RECORDED], now):
                    for row in locked.publications:
                        if row.id in seen:
                            await apply_look(locked, row, watched[row.id], seen[row.id], at, self._apart)
                    deliveries += locked.deliveries
        return deliveries

    async def note_unshown(self, looking: Looking, is_unshown: bool, now: datetime) -> None:
        """Note at the account that its network shows none of its posts, or shows them again."""
        if is_unshown is looking.unshown:
            return
        since = now if is_unshown else None
        async with self._database.write() as session:
            row = AccountRow
            await session.exec(update(row).where(col(row.id) == looking.account_id).values(unshown_since=since))
        if is_unshown:
            log.warning("%s shows none of the posts of %s: look at the account", looking.channel, looking.account_id)

    def _rule(self, account: AccountRow | Looking) -> LookRule:
        return self._channels[account.channel].spec.looks

    async def _give_back(self, session: AsyncSession, looking: Looking, made: int) -> None:
        unused, account_id, at = looking.requests - made, looking.account_id, looking.reserved_at
        if unused > 0:
            await give_back(session, self._rule(looking), _network(looking), account_id, unused, at)

    async def _ready(
        self, session: AsyncSession, account: AccountRow, rows: Sequence[PublicationRow], now: datetime
    ) -> dict[str, Watched]:
        """Those that can be looked at, by id. The others are planned, moved ahead, or not watched any more."""
        if account.deleted_at is not None:
            await _put(session, [row.id for row in rows], None)
            return {}
        watched, ready = await self._watched(session, account, rows), dict[str, Watched]()
        for row in rows:
            plan = watched[row.id].plan
            if not is_watchable(row) or not plan.moments or plan.is_over(now):
                await _put(session, [row.id], None)
            elif not row.watch:
                values = {"watch": stored(Watch()), "watch_at": plan.moments[0]}
                await session.exec(_of([row.id]).values(**values))
            elif is_changed_by_us(row):
                await _put(session, [row.id], now + OWN_CHANGE)
            elif watched[row.id].objects:
                ready[row.id] = watched[row.id]
            else:  # the network has not named its id
                await _put(session, [row.id], plan.after(now))
        return ready

    async def _watched(
        self, session: AsyncSession, account: AccountRow, rows: Sequence[PublicationRow]
    ) -> dict[str, Watched]:
        """The publications of these rows, with their plans, in this order."""
        brand, rule = await session.get_one(BrandRow, account.brand_ref), self._rule(account)
        ages = ages_for(ChannelName(account.channel), rule, kept_looks(brand.looks), self._given)
        options = await _options(session, rows)
        found = dict[str, Watched]()
        for row in rows:
            given = options.get(row.id, {})
            plan = LookPlan.of(row.id, row.published_at or row.updated_at, ages, life_of(rule, given.get("kind")))
            found[row.id] = Watched(row.id, row.content_id, tuple(objects_of(row)), watch_of(row), plan, given)
        return found

    async def _waits(self, session: AsyncSession, account: AccountRow, ids: Sequence[str], now: datetime) -> bool:
        """Whether the account is to be left alone now; then these publications wait."""
        until = None
        if account.paused_until is not None and account.paused_until > now:
            until = account.paused_until + AFTER_PAUSE
        elif await _is_publishing(session, self._neighbours(account), now):
            until = now + BESIDE_WAIT
        if until is not None:
            await _put(session, ids, until)
        return until is not None

    def _neighbours(self, account: AccountRow) -> ColumnElement[bool]:
        """The publications of the account, or of all accounts at its server, where a tenant runs that."""
        server = server_of(self._channels[account.channel].spec, account.service_url)
        if not server.is_tenants:
            return col(PublicationRow.account_id) == account.id
        there = select(AccountRow.id).where(AccountRow.service_url == account.service_url)
        return col(PublicationRow.account_id).in_(there)

    async def _controls(
        self, session: AsyncSession, account: AccountRow, rule: LookRule, chosen: Sequence[Watched], now: datetime
    ) -> list[Watched]:
        """Other posts of the account that were live at their last look, as far as the same look reads them.

        Few posts that are missing prove little. Where these are missing too, the account is what is not shown. Not
        where a look at them costs money.
        """
        room = rule.at_once - _objects(chosen)
        if len(chosen) >= MANY or rule.price or room <= 0:
            return []
        later = and_(col(PublicationRow.watch_at) > now, col(PublicationRow.hidden_since).is_(None))
        rows = [row for row in await _rows(session, later, account.id, 4 * MANY) if _is_live(row)]
        found = list[Watched]()
        for one in (await self._watched(session, account, rows)).values() if rows else ():
            if len(chosen) + len(found) < MANY and _objects([*found, one]) <= room and not one.plan.is_over(now):
                found.append(one)
        return found


def _network(whose: AccountRow | Looking) -> str:
    """Whose budget of a day it is: a test brand's looks take nothing from the network's."""
    return f"sandbox:{whose.channel}" if whose.is_test else whose.channel


def _is_live(row: PublicationRow) -> bool:
    watch = watch_of(row)
    is_certain = watch.verdict is Verdict.LIVE and watch.other is None
    return is_certain and is_watchable(row) and not is_changed_by_us(row) and bool(row.posted)


def _first(ready: Mapping[str, Watched], at_once: int) -> list[Watched]:
    """As many as one look can read, and at least one."""
    chosen, objects = list[Watched](), 0
    for one in ready.values():
        objects += len(one.objects)
        if chosen and objects > at_once:
            break
        chosen.append(one)
    return chosen


def _objects(watched: Sequence[Watched]) -> int:
    return sum(len(one.objects) for one in watched)


def _spread(account_id: str) -> timedelta:
    """So that not every account is looked at when a day begins."""
    return timedelta(seconds=zlib.crc32(account_id.encode()) % _SPREAD)


async def _rows(
    session: AsyncSession, condition: ColumnElement[bool], account_id: str, limit: int
) -> Sequence[PublicationRow]:
    row = PublicationRow
    query = select(row).where(col(row.account_id) == account_id, condition).order_by(col(row.watch_at)).limit(limit)
    return (await session.exec(query.with_for_update(skip_locked=True))).all()


async def _options(session: AsyncSession, rows: Sequence[PublicationRow]) -> dict[str, Mapping[str, Any]]:
    """The options that each publication was published with."""
    query = (
        select(DraftRow)
        .join(ContentRow, col(ContentRow.id) == col(DraftRow.content_id))
        .where(col(ContentRow.id).in_([row.content_id for row in rows]))
        .where(col(DraftRow.draft_version) == col(ContentRow.draft_version))
    )
    drafts = {draft.content_id: draft for draft in (await session.exec(query)).all()}
    return {row.id: options_of(drafts[row.content_id], row.id) for row in rows}


async def _is_publishing(session: AsyncSession, whose: ColumnElement[bool], now: datetime) -> bool:
    row = PublicationRow
    is_due = and_(col(row.status).in_(_WAITING), col(row.due_at) <= now + BESIDE, col(row.due_at) >= now - BESIDE_PAST)
    is_near = or_(col(row.status) == PublicationStatus.PUBLISHING.value, is_due)
    return (await session.exec(select(row.id).where(whose, is_near).limit(1))).first() is not None


def _of(publication_ids: Sequence[str]) -> Update:
    return update(PublicationRow).where(col(PublicationRow.id).in_(publication_ids))


async def _put(session: AsyncSession, publication_ids: Sequence[str], at: datetime | None) -> None:
    """Plan the next look at publications, or none."""
    await session.exec(_of(publication_ids).values(watch_at=at))
