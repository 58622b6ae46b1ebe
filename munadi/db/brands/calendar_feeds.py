"""The secret addresses under which a brand's calendar is read, and the posts that such a calendar has."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.contents.queries import views_of
from munadi.db.ids import new_id
from munadi.db.tables import BrandRow, CalendarFeedRow, ContentRow
from munadi.domain.audit import Action
from munadi.domain.content import ContentView
from munadi.domain.ids import Prefix

# Each person can have an address of their own, so that revoking one leaves the others.
MOST_FEEDS = 20
# What a calendar reaches back and ahead, and its number of posts: what is to come first.
BACK, AHEAD = timedelta(days=31), timedelta(days=366)
MOST_COMING, MOST_PAST = 800, 200


class TooManyFeeds(Exception):
    """The brand has `MOST_FEEDS` addresses."""


async def create_feed(session: AsyncSession, brand_ref: str, now: datetime) -> tuple[CalendarFeedRow, str]:
    """Create an address in the caller's transaction; returns it with its secret, which is not stored. TooManyFeeds."""
    await session.exec(select(BrandRow.ref).where(BrandRow.ref == brand_ref).with_for_update())
    count = select(func.count()).select_from(CalendarFeedRow).where(CalendarFeedRow.brand_ref == brand_ref)
    if (await session.exec(count)).one() >= MOST_FEEDS:
        raise TooManyFeeds
    secret = secrets.token_urlsafe(32)
    row = CalendarFeedRow(
        id=new_id(Prefix.CALENDAR_FEED), brand_ref=brand_ref, secret_hash=hash_of(secret), created_at=now
    )
    session.add(row)
    record(session, Action.CALENDAR_FEED_CREATED, target=row.id, brand_ref=brand_ref, now=now)
    return row, secret


async def list_feeds(session: AsyncSession, brand_ref: str) -> Sequence[CalendarFeedRow]:
    """A brand's addresses, the oldest first."""
    query = select(CalendarFeedRow).where(CalendarFeedRow.brand_ref == brand_ref).order_by(col(CalendarFeedRow.id))
    return (await session.exec(query)).all()


async def revoke_feed(session: AsyncSession, brand_ref: str, feed_id: str, now: datetime) -> bool:
    """End an address for good, in the caller's transaction; False if the brand has no such address."""
    row = await session.get(CalendarFeedRow, feed_id)
    if row is None or row.brand_ref != brand_ref:
        return False
    await session.delete(row)
    record(session, Action.CALENDAR_FEED_REVOKED, target=feed_id, brand_ref=brand_ref, now=now)
    return True


async def brand_of(session: AsyncSession, secret: str) -> BrandRow | None:
    """The brand whose calendar has this secret; None for any other text."""
    query = (
        select(BrandRow)
        .join(CalendarFeedRow, col(CalendarFeedRow.brand_ref) == col(BrandRow.ref))
        .where(CalendarFeedRow.secret_hash == hash_of(secret))
    )
    return (await session.exec(query)).first()


async def posts_of(session: AsyncSession, brand_ref: str, now: datetime) -> list[ContentView]:
    """The posts of a brand's calendar, by time: what is to come, and what was due lately."""
    at, content_id = col(ContentRow.scheduled_at), col(ContentRow.id)
    query = select(ContentRow.id).where(ContentRow.brand_ref == brand_ref)
    coming = query.where(at >= now, at < now + AHEAD).order_by(at, content_id).limit(MOST_COMING)
    past = query.where(at < now, at >= now - BACK).order_by(at.desc(), content_id.desc()).limit(MOST_PAST)
    ids = [*(await session.exec(past)).all(), *(await session.exec(coming)).all()]
    return sorted((await views_of(session, ids)).values(), key=lambda view: (view.scheduled_at, view.id))


def hash_of(secret: str) -> str:
    """What is stored of a secret. It has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()
