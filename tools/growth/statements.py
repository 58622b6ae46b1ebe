"""The statements that a growing database must not slow down, each through the product's own function that reads.

Each looks for something in the place where it is hardest to find: what is rare, old or missing, among all brands or in
the largest one; and what every worker and every page asks for again and again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from prometheus_client import CollectorRegistry
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.process.metrics import count_state
from munadi.db.accounts.expiring import expire_connections
from munadi.db.accounts.unpublished import unpublished_posts
from munadi.db.accounts.views import affected_contents
from munadi.db.accounts.waiting import waiting_posts
from munadi.db.audit import AuditFilter, forget_old_entries, list_entries
from munadi.db.brands.calendar_feeds import posts_of
from munadi.db.brands.modes import Brands
from munadi.db.contents.attention import count_needing_a_person, incomplete_publications
from munadi.db.contents.calendar import DueFilter, due_days
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.contents.media import list_media
from munadi.db.contents.overdue import due_soon, overdue_by_brand
from munadi.db.contents.publications import PublicationFilter, list_publications
from munadi.db.contents.queries import list_contents
from munadi.db.contents.sources import count_proposed
from munadi.db.events.log import events_after, last_position, number_events
from munadi.db.events.retention import first_position, forget_old_deliveries, forget_old_events
from munadi.db.idempotency import forget_old_answers
from munadi.db.session import Database
from munadi.db.tables import EventRow
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.db.webhooks.endpoint_queues import waiting_endpoints
from munadi.domain.audit import Action
from munadi.domain.look_ages import Looks
from munadi.domain.webhook import DeliveryStatus
from munadi.intake.daily_quota import planned_posts
from munadi.media.store import MediaStore
from munadi.ports import Channels
from munadi.publishing.leftover_removal import forget_old_discards
from munadi.publishing.media_deletion import forget_removed, remove_deleted
from munadi.publishing.preflights import Preflights
from munadi.publishing.wakes import Wakes
from munadi.publishing.watches import WatchStore
from tools.growth import texts
from tools.growth.rows import (
    BIG,
    CHANNELS,
    EMPTY_CHANNEL,
    NOW,
    QUIET,
    QUIET_KEY,
    RARE_ACTION,
    RARE_CHANNEL,
    RARE_TYPE,
    SPAN,
    account_of,
    endpoint_of,
)

Call = Callable[[Database], Awaitable[Any]]
_EVER = SPAN * 10
_PAGE = 25
_BUSY = account_of(BIG, CHANNELS[0])


@dataclass(frozen=True)
class Hot:
    """A hot statement. `tries_many`: a filter has no index that finds its posts, so that many are tried for a page, a
    fixed number at most; or it finds more where more was made in the same time."""

    name: str
    call: Call
    tries_many: bool = False


def _reading(read: Callable[[AsyncSession], Awaitable[Any]]) -> Call:
    async def call(database: Database) -> Any:
        async with database.read() as session:
            return await read(session)

    return call


def _contents(**wanted: Any) -> Call:
    return _reading(lambda session: list_contents(session, ContentFilter(**wanted), _PAGE))


def _publications(**wanted: Any) -> Call:
    return _reading(lambda session: list_publications(session, PublicationFilter(**wanted), _PAGE))


def _events(after: int = 0, **wanted: Any) -> Call:
    return _reading(lambda session: events_after(session, after, limit=100, **wanted))


def _audit(**wanted: Any) -> Call:
    return _reading(lambda session: list_entries(session, AuditFilter(**wanted), limit=_PAGE, before=None))


def _deliveries(**wanted: Any) -> Call:
    return lambda database: DeliveryLog(database).list(DeliveryFilter(**wanted), limit=_PAGE, before=None)


async def _poll(session: AsyncSession) -> Any:
    """What a client of a quiet brand asks for again and again: what comes after its last event."""
    last = (await session.exec(select(func.max(EventRow.position)).where(EventRow.brand_ref == QUIET))).one()
    return await events_after(session, last or 0, limit=100, brand_ref=QUIET)


def _watches(database: Database) -> WatchStore:
    """To find what is due it needs neither networks nor settings."""
    return WatchStore(database, cast(Channels, None), cast(Looks, None))


_DAY = timedelta(days=1)
_LISTS: Mapping[str, Call] = {
    "posts": _contents(),
    "posts of a brand": _contents(brand_ref=BIG),
    "posts of a quiet brand": _contents(brand_ref=QUIET),
    "posts, a page far down": _contents(before=(NOW - SPAN + SPAN / 8, "cnt_z")),
    "posts by a rare status": _contents(statuses=["publishing"]),
    "posts by two rare statuses": _contents(statuses=["publishing", "unconfirmed"]),
    "posts by a frequent and a rare status": _contents(statuses=["published", "publishing"]),
    "posts of a brand by a rare status": _contents(brand_ref=BIG, statuses=["publishing"]),
    "posts of a rare channel": _contents(channel=RARE_CHANNEL),
    "posts of a channel without posts": _contents(channel=EMPTY_CHANNEL),
    "posts of a brand on a channel without posts": _contents(brand_ref=BIG, channel=EMPTY_CHANNEL),
    "posts of an account": _contents(account_id=_BUSY),
    "posts of an account without posts": _contents(account_id=account_of(BIG, EMPTY_CHANNEL)),
    "posts by due time": _contents(by_due_time=True),
    "posts of a brand by due time": _contents(by_due_time=True, brand_ref=BIG),
    "posts of a quiet brand by due time, an old day": _contents(
        by_due_time=True, brand_ref=QUIET, since=NOW - SPAN + _DAY, until=NOW - SPAN + 2 * _DAY
    ),
    "posts of a series without posts": _contents(series_id="ser_none"),
    "posts by clientRef": _contents(client_ref="cms-77"),
    "posts by metadata": _contents(metadata={"campaign": "c3"}),
    "posts that wait": _contents(held=True),
    "posts that are overdue": _contents(overdue_at=NOW),
    "posts with dismissed failures": _contents(dismissed=True),
    "proposed posts of a brand": _contents(proposed=["requested"], brand_ref=BIG),
    "proposed posts of a brand without any": _contents(proposed=["requested"], brand_ref=QUIET),
    "posts due in an old day": _contents(since=NOW - SPAN + _DAY, until=NOW - SPAN + 2 * _DAY),
    "publications": _publications(),
    "publications by a rare status": _publications(statuses=["publishing"]),
    "publications of a brand by a rare status": _publications(brand_ref=BIG, statuses=["publishing"]),
    "publications of a channel without posts": _publications(channel=EMPTY_CHANNEL),
    "publications of an account": _publications(account_id=_BUSY),
    "publications of an account by a rare status": _publications(account_id=_BUSY, statuses=["publishing"]),
    "publications due in an old day": _publications(since=NOW - SPAN + _DAY, until=NOW - SPAN + 2 * _DAY),
    "events": _events(),
    "events of a quiet brand": _events(brand_ref=QUIET),
    "events of a quiet brand, nothing new": _reading(_poll),
    "events after a position that is far off": _events(after=2**40, brand_ref=QUIET),
    "events of a rare type": _events(types=[RARE_TYPE]),
    "events of a rare and a missing type": _events(types=[RARE_TYPE, "account.reauth_required"]),
    "events of a brand of a missing type": _events(brand_ref=BIG, types=["account.reauth_required"]),
    "deliveries": _deliveries(),
    "deliveries of a quiet brand": _deliveries(brand_ref=QUIET),
    "deliveries to an endpoint": _deliveries(endpoint_id=endpoint_of(BIG)),
    "deliveries by a rare status": _deliveries(status=DeliveryStatus.EXHAUSTED),
    "deliveries of a brand by a missing status": _deliveries(brand_ref=BIG, status=DeliveryStatus.CANCELED),
    "deliveries to an endpoint by a missing status": _deliveries(
        endpoint_id=endpoint_of(BIG), status=DeliveryStatus.CANCELED
    ),
    "files of a quiet brand": _reading(lambda session: list_media(session, QUIET, limit=_PAGE, before=None)),
    "audit": _audit(),
    "audit of a quiet brand": _audit(brand_ref=QUIET),
    "audit of a quiet key": _audit(key_id=QUIET_KEY),
    "audit of a rare action": _audit(action=Action(RARE_ACTION)),
    "audit of a brand and a missing action": _audit(brand_ref=BIG, action=Action.ACCOUNT_DISCONNECTED),
    "audit of an old day": _audit(since=NOW - SPAN + _DAY, until=NOW - SPAN + 2 * _DAY),
}
_SEARCHES: Mapping[str, Call] = {
    "search of a rare word": _contents(words=texts.RARE),
    "search of a missing word": _contents(words=texts.ABSENT),
    "search of a frequent word": _contents(words=texts.FREQUENT),
    "search of an old campaign": _contents(words=texts.CAMPAIGN),
    "search of a rare word of Devanagari": _contents(words=texts.RARE_SCRIPTS[0]),
    "search of a rare word of Arabic": _contents(words=texts.RARE_SCRIPTS[1]),
    "search of two letters": _contents(words="qj"),
    "search of an emoji": _contents(words=texts.RARE_SCRIPTS[3]),
    "search of a rare word in a brand": _contents(brand_ref=BIG, words=texts.RARE),
    "search of a frequent word in a quiet brand": _contents(brand_ref=QUIET, words=texts.FREQUENT),
    "search of a clientRef": _contents(words="cms-77"),
}
_OF_BIG = Brands(BIG)
_PAGES: Mapping[str, Call] = {
    "what needs a person": _reading(lambda s: count_needing_a_person(s, NOW, Brands(), with_accounts=True)),
    "what needs a person of a brand": _reading(lambda s: count_needing_a_person(s, NOW, _OF_BIG, with_accounts=True)),
    "posts of a brand to approve": _reading(lambda s: count_proposed(s, _OF_BIG, 100)),
    "posts of a brand to approve, none": _reading(lambda s: count_proposed(s, Brands(QUIET), 100)),
    "incomplete publications": _reading(lambda s: incomplete_publications(s, NOW, BIG, _PAGE)),
    "a calendar's week": _reading(
        lambda s: due_days(s, DueFilter(Brands(QUIET)), [NOW + _DAY * day for day in range(8)], 5)
    ),
    "a calendar feed of a quiet brand": _reading(lambda s: posts_of(s, QUIET, NOW)),
    "the figures of /metrics": _reading(lambda s: count_state(s, CollectorRegistry(), NOW)),
    "overdue posts by brand": _reading(lambda s: overdue_by_brand(s, NOW)),
    "posts that are due soon": _reading(lambda s: due_soon(s, NOW)),
    "posts that wait for an account": _reading(lambda s: waiting_posts(s, account_of(QUIET, RARE_CHANNEL), 5)),
    "unpublished posts of accounts": _reading(lambda s: unpublished_posts(s, [account_of(QUIET, RARE_CHANNEL)], 5)),
    "posts that an account affects": _reading(lambda s: affected_contents(s, [account_of(QUIET, RARE_CHANNEL)])),
    "planned posts of an account": _reading(lambda s: planned_posts(s, [_BUSY], NOW - SPAN / 2)),
    "the newest event": _reading(last_position),
    "the oldest event": _reading(first_position),
}
_ROUNDS: Mapping[str, Call] = {
    "the relay's wakes": lambda database: Wakes(database).claim(NOW - SPAN, timedelta(seconds=15)),
    "the numbering of events": number_events,
    "the preflight round": lambda database: Preflights(database).due(NOW - SPAN / 2, timedelta(minutes=30), 50),
    "endpoints with due deliveries": lambda database: database.lookup(lambda c: waiting_endpoints(c, NOW, "me")),
    "removal of old events, none": lambda database: forget_old_events(database, NOW, _EVER),
    "removal of old deliveries, none": lambda database: forget_old_deliveries(database, NOW, _EVER),
    "removal of old answers, none": lambda database: forget_old_answers(database, NOW - _EVER),
    "removal of old audit entries, none": lambda database: forget_old_entries(database, NOW, _EVER),
    "accounts with posts to look at, none": lambda database: _watches(database).due(NOW, 50),
    "removal of old files, none": lambda database: forget_removed(database, NOW - _EVER),
    "files to remove, none": lambda database: remove_deleted(database, cast(MediaStore, None), NOW),
    "connect links that have ended, none": lambda database: expire_connections(database, NOW - _EVER),
    "removal of old leftovers, none": lambda database: forget_old_discards(database, NOW - _EVER),
}
_TRY_MANY = {
    "posts by a frequent and a rare status",
    "search of a frequent word",
    "search of an old campaign",
    "search of two letters",
    "search of an emoji",
    "search of a frequent word in a quiet brand",
    "posts due in an old day",
    "publications due in an old day",
    "audit of an old day",
    "the preflight round",
}
HOT = [
    Hot(name, call, name in _TRY_MANY) for group in (_LISTS, _SEARCHES, _PAGES, _ROUNDS) for name, call in group.items()
]
