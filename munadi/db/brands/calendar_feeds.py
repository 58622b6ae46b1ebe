"""The secret addresses under which a brand's calendar is read, and the posts that such a calendar has."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_
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
from munadi.db.tables import BrandRow, CalendarFeedRow, ContentRow, DraftRow, PublicationRow
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
            row, secret = await _create(session, brand_ref, self.clock.now())
            url = f"{self.base_url}/feeds/{secret}.ics"
            return Answer.of(CalendarFeedWithUrl(**_view(row).model_dump(by_alias=False), url=url))

        record_ = key.record(self.keyring, brand_ref, "calendar.feeds.create", only_for=caller.key_id)
        return await self._once(record_, work)

    async def list(self, brand_ref: str, caller: Principal) -> Sequence[CalendarFeed]:
        """A brand's addresses without their secrets, the oldest first. Raises NotVisible."""
        await self.brands.get(brand_ref, caller)
        query = select(CalendarFeedRow).where(CalendarFeedRow.brand_ref == brand_ref).order_by(col(CalendarFeedRow.id))
        async with self.database.read() as session:
            return [_view(row) for row in (await session.exec(query)).all()]

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
            brand = await _brand_of(session, secret)
            return None if brand is None else (brand_view(brand), await posts_of(session, brand.ref, self.clock.now()))


def _view(row: CalendarFeedRow) -> CalendarFeed:
    return CalendarFeed(id=row.id, brand_ref=row.brand_ref, created_at=row.created_at)


async def _create(session: AsyncSession, brand_ref: str, now: datetime) -> tuple[CalendarFeedRow, str]:
    await session.exec(select(BrandRow.ref).where(BrandRow.ref == brand_ref).with_for_update())
    count = select(func.count()).select_from(CalendarFeedRow).where(CalendarFeedRow.brand_ref == brand_ref)
    if (await session.exec(count)).one() >= MOST_FEEDS:
        detail = f"the brand has {MOST_FEEDS} calendar addresses already; revoke one that is not used"
        raise Conflict("TOO_MANY_CALENDAR_FEEDS", "Conflict", detail)
    secret = secrets.token_urlsafe(32)
    row = CalendarFeedRow(
        id=new_id(Prefix.CALENDAR_FEED), brand_ref=brand_ref, secret_hash=hash_of(secret), created_at=now
    )
    session.add(row)
    record(session, Action.CALENDAR_FEED_CREATED, target=row.id, brand_ref=brand_ref, now=now)
    return row, secret


async def _brand_of(session: AsyncSession, secret: str) -> BrandRow | None:
    query = (
        select(BrandRow)
        .join(CalendarFeedRow, col(CalendarFeedRow.brand_ref) == col(BrandRow.ref))
        .where(CalendarFeedRow.secret_hash == hash_of(secret))
    )
    return (await session.exec(query)).first()


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
