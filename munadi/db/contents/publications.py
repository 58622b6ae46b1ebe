"""Lists publications: those of the newest post first, and of one post in the order of its channels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ContentRow, PublicationRow


@dataclass(frozen=True)
class PublicationPlace:
    """Where a publication stands in the list: its post's age and id, and its place among the post's channels."""

    created_at: datetime
    content_id: str
    place: int


@dataclass(frozen=True)
class PublicationFilter:
    """Which publications to list; None and empty mean all. `since` (inclusive) and `until` (exclusive) are due times.

    `after` is the last publication of the page before.
    """

    brand_ref: str | None = None
    channel: str | None = None
    account_id: str | None = None
    statuses: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: PublicationPlace | None = None


async def list_publications(
    session: AsyncSession, wanted: PublicationFilter, limit: int
) -> Sequence[tuple[ContentRow, PublicationRow]]:
    """A page of publications, each with its post."""
    # An account's publications are found by an index and sorted. Else the posts are read in the order of the list until
    # a page is full; as an expression, the id keeps SQLite from reading every publication and looking up its post.
    content_id = col(ContentRow.id) if wanted.account_id else func.coalesce(col(ContentRow.id), "")
    query = (
        select(ContentRow, PublicationRow)
        .join(PublicationRow, col(PublicationRow.content_id) == content_id)
        .where(*_conditions(wanted))
        .order_by(col(ContentRow.created_at).desc(), col(ContentRow.id).desc(), col(PublicationRow.place))
        .limit(limit)
    )
    return (await session.exec(query)).all()


def _conditions(wanted: PublicationFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.brand_ref is not None:
        found.append(col(ContentRow.brand_ref) == wanted.brand_ref)
    if wanted.channel is not None:
        found.append(col(PublicationRow.channel) == wanted.channel)
    if wanted.account_id is not None:
        found.append(col(PublicationRow.account_id) == wanted.account_id)
    if wanted.statuses:
        found.append(col(PublicationRow.status).in_(wanted.statuses))
    if wanted.since is not None:
        found.append(col(PublicationRow.due_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(PublicationRow.due_at) < wanted.until)
    if wanted.after is not None:
        found.append(_behind(wanted.after))
    return found


def _behind(last: PublicationPlace) -> ColumnElement[bool]:
    at, content_id = col(ContentRow.created_at), col(ContentRow.id)
    same = and_(at == last.created_at, content_id == last.content_id, col(PublicationRow.place) > last.place)
    older = and_(at == last.created_at, content_id < last.content_id)
    # The first condition alone is one range of an index, where the page begins.
    return and_(at <= last.created_at, or_(at < last.created_at, older, same))
