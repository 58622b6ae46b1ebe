"""The secret addresses under which a brand's calendar is read, and the posts that such a calendar has.

An address ends with the key that made it: otherwise a program that may use a key for a day could read for ever.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.service import BrandService
from munadi.db.brands.store import brand_view
from munadi.db.idempotency import IdempotencyKey
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal
from munadi.db.keys.store import reach_of
from munadi.db.tables import BrandRow, CalendarFeedRow, ContentRow, DraftRow, KeyRow, PublicationRow
from munadi.domain.audit import Action
from munadi.domain.brand import BrandView
from munadi.domain.icalendar import CalendarFeed, CalendarFeedWithUrl
from munadi.domain.ids import Prefix

# Each person can have an address of their own, so that revoking one leaves the others.
MOST_FEEDS = 20
# What a calendar reaches back and ahead, and its number of posts: what is to come first.
BACK, AHEAD = timedelta(days=31), timedelta(days=366)
MOST_COMING, MOST_PAST = 800, 200
# Of a text, in characters.
TEXT = 2_100


@dataclass(frozen=True)
class FeedService(Service):
    """The secret addresses of calendars. `base_url` is where browsers reach the API."""

    brands: BrandService
    base_url: str

    async def create(self, brand_ref: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Create an address, which only the answer shows. Raises NotVisible, and Conflict beyond `MOST_FEEDS`."""
        await self.brands.get(brand_ref, caller)

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            row, secret = await _create(session, brand_ref, caller.key_id, now)
            url, view = f"{self.base_url}/feeds/{secret}.ics", _view(row, await session.get(KeyRow, caller.key_id), now)
            return Answer.of(CalendarFeedWithUrl(**view.model_dump(by_alias=False), url=url))

        record_ = key.record(self.keyring, brand_ref, "calendar.feeds.create", only_for=caller.key_id)
        return await self._once(record_, work)

    async def list(self, brand_ref: str, caller: Principal) -> Sequence[CalendarFeed]:
        """A brand's addresses without their secrets, the oldest first. Raises NotVisible."""
        await self.brands.get(brand_ref, caller)
        async with self.database.read() as session:
            found = await _with_keys(session, CalendarFeedRow.brand_ref == brand_ref)
        return [_view(row, key, self.clock.now()) for row, key in found]

    async def revoke(self, brand_ref: str, feed_id: str, caller: Principal) -> None:
        """End an address for good. Raises NotVisible."""
        await self.brands.get(brand_ref, caller)
        async with self.database.write() as session:
            row = await session.get(CalendarFeedRow, feed_id)
            if row is None or row.brand_ref != brand_ref:
                raise NotVisible("calendar feed", feed_id)
            await session.delete(row)
            now = self.clock.now()
            record(session, Action.CALENDAR_FEED_REVOKED, target=feed_id, brand_ref=brand_ref, now=now)

    async def posts(self, secret: str) -> tuple[BrandView, Sequence[FeedPost]] | None:
        """The brand whose calendar has this secret, and its posts; None for any other text."""
        async with self.database.read() as session:
            now = self.clock.now()
            brand = await _brand_of(session, secret, now)
            return None if brand is None else (brand_view(brand), await posts_of(session, brand.ref, now))


async def _with_keys(
    session: AsyncSession, condition: ColumnElement[bool] | bool
) -> Sequence[tuple[CalendarFeedRow, KeyRow | None]]:
    """Some addresses, the oldest first, each with the key that made it."""
    query = (
        select(CalendarFeedRow, KeyRow)
        .join(KeyRow, col(KeyRow.id) == col(CalendarFeedRow.created_by_key), isouter=True)
        .where(condition)
        .order_by(col(CalendarFeedRow.id))
    )
    return (await session.exec(query)).all()


def _ends_at(row: CalendarFeedRow, key: KeyRow | None, now: datetime) -> datetime | None:
    """When an address ends: when its key does, or at once if that is gone or has lost the brand."""
    if row.created_by_key is None:
        return None
    if key is None:
        return now
    lost = None if reach_of(key).includes(row.brand_ref) else now
    return min((each for each in (key.revoked_at, key.expires_at, lost) if each is not None), default=None)


def _has_ended(row: CalendarFeedRow, key: KeyRow | None, now: datetime) -> bool:
    ends_at = _ends_at(row, key, now)
    return ends_at is not None and ends_at <= now


def _view(row: CalendarFeedRow, key: KeyRow | None, now: datetime) -> CalendarFeed:
    return CalendarFeed(
        id=row.id,
        brand_ref=row.brand_ref,
        created_by_key=row.created_by_key,
        ends_at=_ends_at(row, key, now),
        created_at=row.created_at,
    )


async def _create(session: AsyncSession, brand_ref: str, key_id: str, now: datetime) -> tuple[CalendarFeedRow, str]:
    await session.exec(select(BrandRow.ref).where(BrandRow.ref == brand_ref).with_for_update())
    living = 0
    for row, key in await _with_keys(session, CalendarFeedRow.brand_ref == brand_ref):
        if _has_ended(row, key, now):
            await session.delete(row)
        else:
            living += 1
    if living >= MOST_FEEDS:
        detail = f"the brand has {MOST_FEEDS} calendar addresses already; revoke one that is not used"
        raise Conflict("TOO_MANY_CALENDAR_FEEDS", "Conflict", detail)
    secret = secrets.token_urlsafe(32)
    row = CalendarFeedRow(
        id=new_id(Prefix.CALENDAR_FEED),
        brand_ref=brand_ref,
        secret_hash=hash_of(secret),
        created_by_key=key_id,
        created_at=now,
    )
    session.add(row)
    record(session, Action.CALENDAR_FEED_CREATED, target=row.id, brand_ref=brand_ref, now=now)
    return row, secret


async def _brand_of(session: AsyncSession, secret: str, now: datetime) -> BrandRow | None:
    for row, key in await _with_keys(session, CalendarFeedRow.secret_hash == hash_of(secret)):
        if not _has_ended(row, key, now):
            return await session.get(BrandRow, row.brand_ref)
    return None


class FeedPost(NamedTuple):
    """What a calendar shows of a post. `text` is cut, and `channels` are those of its publications, in their order."""

    id: str
    scheduled_at: datetime
    updated_at: datetime
    version: int
    status: str
    text: str
    has_media: bool
    channels: Sequence[str]


async def posts_of(session: AsyncSession, brand_ref: str, now: datetime) -> list[FeedPost]:
    """The posts of a brand's calendar, by time: what is to come, and what was due lately.

    There are a thousand, each with a text of up to 400 kB, so the database cuts the texts.
    """
    at, content_id = col(ContentRow.scheduled_at), col(ContentRow.id)
    query = select(ContentRow.id).where(ContentRow.brand_ref == brand_ref)
    coming = query.where(at >= now, at < now + AHEAD).order_by(at, content_id).limit(MOST_COMING)
    past = query.where(at < now, at >= now - BACK).order_by(at.desc(), content_id.desc()).limit(MOST_PAST)
    ids = [*(await session.exec(past)).all(), *(await session.exec(coming)).all()]
    source = col(DraftRow.source)
    is_current = and_(col(DraftRow.content_id) == content_id, col(DraftRow.draft_version) == ContentRow.draft_version)
    shown = (
        select_columns(
            content_id,
            at,
            col(ContentRow.updated_at),
            col(ContentRow.version),
            col(ContentRow.status),
            func.substr(func.coalesce(source["text"].as_string(), ""), 1, TEXT),
            source["media"][0]["id"].as_string().is_not(None),
        )
        .join(DraftRow, is_current)
        .where(content_id.in_(ids))
        .order_by(at, content_id)
    )
    places = select(PublicationRow.content_id, PublicationRow.channel).where(col(PublicationRow.content_id).in_(ids))
    channels: dict[str, list[str]] = {}
    for post_id, channel in (await session.exec(places.order_by(col(PublicationRow.place)))).all() if ids else ():
        channels.setdefault(post_id, []).append(channel)
    connection = await session.connection()
    rows = (await connection.execute(shown)).all() if ids else ()
    return [FeedPost._make((*row, channels.get(row[0], ()))) for row in rows]


def hash_of(secret: str) -> str:
    """What is stored of a secret. It has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()
