"""Lists publications: those of the newest post first, and of one post in the order of its channels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.few import FEW
from munadi.db.contents.sources import (
    MOST,
    Place,
    Source,
    in_order,
    of_account,
    of_channel,
    of_contents,
    of_publication_statuses,
    read_by_index,
)
from munadi.db.tables import ContentRow, PublicationRow
from munadi.db.tables.contents import IS_NOT_PUBLISHED
from munadi.domain.publication import PublicationStatus

# A place behind every publication of a post.
AFTER_ALL = 9_999


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
) -> tuple[Sequence[tuple[ContentRow, PublicationRow]], PublicationPlace | None]:
    """A page of publications, each with its post, and the place where the next page begins, if there is more. It has
    fewer than `limit` where the filters hardly find any (`sources.py`)."""
    newest = (*in_order(ContentRow.created_at), col(PublicationRow.place))
    query = select(ContentRow, PublicationRow).join(
        PublicationRow, col(PublicationRow.content_id) == col(ContentRow.id)
    )
    query = query.where(*_conditions(wanted)).order_by(*newest).limit(limit + 1)
    few = await _few(session, wanted)
    if few is not None:
        return _page((await session.exec(query.where(col(ContentRow.id).in_(few)))).all(), limit, None)
    source = await _source(session, wanted)
    await read_by_index(session)
    place: Place | None = None
    found: Sequence[tuple[ContentRow, PublicationRow]] = ()
    for count in (2 * limit, MOST):
        found = (await session.exec(query.where(col(ContentRow.id).in_(source.ids(count))))).all()
        place = None if len(found) > limit else await source.place(session, count)
        if place is None:
            break
    return _page(found, limit, place)


def _page(
    found: Sequence[tuple[ContentRow, PublicationRow]], limit: int, tried: Place | None
) -> tuple[Sequence[tuple[ContentRow, PublicationRow]], PublicationPlace | None]:
    if len(found) > limit:
        content, last = found[limit - 1]
        return found[:limit], PublicationPlace(content.created_at, content.id, last.place)
    return found, PublicationPlace(*tried, AFTER_ALL) if tried else None


async def _source(session: AsyncSession, wanted: PublicationFilter) -> Source:
    # The last post of the page before may have more publications.
    before = None if wanted.after is None else (wanted.after.created_at, f"{wanted.after.content_id}~")
    if wanted.account_id is not None:
        return of_account(before, wanted.account_id)
    if wanted.channel is not None:
        return await of_channel(session, before, wanted.channel, wanted.brand_ref)
    if wanted.brand_ref is None and (source := of_publication_statuses(before, wanted.statuses)) is not None:
        return source
    return of_contents(before, wanted.brand_ref)


async def _few(session: AsyncSession, wanted: PublicationFilter) -> Sequence[str] | None:
    """The posts of the publications that some of the filters find by an index of their own, if these are few."""
    row, is_wanted = PublicationRow, col(PublicationRow.status).in_(wanted.statuses)
    tried: list[list[Any]] = []
    if due := _due(wanted):
        tried.append([*due])
    if wanted.statuses and wanted.account_id is not None:
        tried.append([col(row.account_id) == wanted.account_id, is_wanted])
    elif wanted.statuses and PublicationStatus.PUBLISHED.value not in wanted.statuses:
        tried.append([text(IS_NOT_PUBLISHED), is_wanted])
    for conditions in tried:
        found = (await session.exec(select(row.content_id).where(*conditions).limit(FEW + 1))).all()
        if len(found) <= FEW:
            return found
    return None


def _due(wanted: PublicationFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(col(PublicationRow.due_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(PublicationRow.due_at) < wanted.until)
    return found


def _conditions(wanted: PublicationFilter) -> list[ColumnElement[bool]]:
    found = _due(wanted)
    # No bare columns, or a database would take another index than that of the post.
    row = PublicationRow
    brand_ref, account_id, channel, status = (
        cast(ColumnElement[str], col(column)).concat("")
        for column in (ContentRow.brand_ref, row.account_id, row.channel, row.status)
    )
    if wanted.brand_ref is not None:
        found.append(brand_ref == wanted.brand_ref)
    if wanted.channel is not None:
        found.append(channel == wanted.channel)
    if wanted.account_id is not None:
        found.append(account_id == wanted.account_id)
    if wanted.statuses:
        found.append(status.in_(wanted.statuses))
    if wanted.after is not None:
        found.append(_behind(wanted.after))
    return found


def _behind(last: PublicationPlace) -> ColumnElement[bool]:
    at, content_id = col(ContentRow.created_at), col(ContentRow.id)
    same = and_(at == last.created_at, content_id == last.content_id, col(PublicationRow.place) > last.place)
    older = and_(at == last.created_at, content_id < last.content_id)
    # The first condition alone is one range of an index, where the page begins.
    return and_(at <= last.created_at, or_(at < last.created_at, older, same))
