"""From where a list of posts is read, newest first, so that a page costs the same however many posts there are.

A source is an index that has the posts of a filter in the order of the list. Filters beyond it are tried on its posts,
on at most `MOST` of them for a page. So a page may have fewer posts than its limit, or none, although there are more:
the next one continues behind the last post that was tried.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, union_all
from sqlalchemy import select as select_columns
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.modes import Brands
from munadi.db.tables import AccountRow, ContentRow, PublicationRow
from munadi.db.tables.contents import IN_A_SERIES, IS_NOT_PUBLISHED, IS_PROPOSED
from munadi.domain.publication import PublicationStatus

# A place in a list: when a post was created, and its id.
Place = tuple[datetime, str]
# Posts that are tried for one page, at first and at most.
FIRST, MOST = 250, 3_000
# Accounts whose posts are read each for itself, and merged.
MOST_ACCOUNTS = 50
_BY_INDEX = select_columns(
    *(func.set_config(name, "off", True) for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"))
)


@dataclass(frozen=True)
class Source:
    """Posts in the order of the list, as the union of parts that each are. `covers`: the filters that it fulfils."""

    parts: Sequence[Select[Any]]
    covers: frozenset[str] = field(default_factory=frozenset)

    def ids(self, count: int) -> Any:
        """The ids of its first posts, as a subquery; one that has several publications in a part may count for each."""
        return select_columns(self._first(count).c.id)

    async def place(self, session: AsyncSession, count: int) -> Place | None:
        """The place of post number `count`; None if there are fewer."""
        found = self._first(count).c
        query = select_columns(found.created_at, found.id).order_by(found.created_at.desc(), found.id.desc())
        row = (await (await session.connection()).execute(query.offset(count - 1).limit(1))).first()
        return None if row is None else (row[0], row[1])

    def _first(self, count: int) -> Any:
        parts = [select_columns(part.limit(count).subquery()) for part in self.parts]
        if len(parts) == 1:
            return parts[0].subquery()
        merged = union_all(*parts).subquery()
        newest = select_columns(merged.c.id, merged.c.created_at).order_by(
            merged.c.created_at.desc(), merged.c.id.desc()
        )
        return newest.limit(count).subquery()


async def read_by_index(session: AsyncSession) -> None:
    """Let PostgreSQL look posts up one by one for the rest of this transaction: it would rather read whole tables for
    some thousand posts, which takes longer the more there are."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(_BY_INDEX)


def in_order(time: datetime) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The order of the list by a time of the posts, for those that a source has found. As expressions, or a database
    would read all posts in this order by an index, and look for those."""
    at, content_id = col(time), col(ContentRow.id)
    return func.coalesce(at, at).desc(), func.coalesce(content_id, content_id).desc()


def of_contents(before: Place | None, brand_ref: str | None, statuses: Collection[str] = ()) -> Source:
    """All posts of a brand, or of all brands; those with `statuses`, if none of these is the usual one."""
    row = ContentRow
    query = _ordered(row.id, row.created_at, before)
    if brand_ref is not None:
        query = query.where(col(row.brand_ref) == brand_ref)
    if not statuses or PublicationStatus.PUBLISHED.value in statuses:
        return Source([query], frozenset({"brand_ref"}))
    # Each for itself: an index has the posts of one status in order.
    query = query.where(text(IS_NOT_PUBLISHED))
    parts = [query.where(col(row.status) == status) for status in sorted(set(statuses))]
    return Source(parts, frozenset({"brand_ref", "statuses"}))


def of_times(before: Place | None, brand_ref: str | None, since: datetime | None, until: datetime | None) -> Source:
    """The posts of a brand, or of all brands, by the time at which they are due, the latest first."""
    row = ContentRow
    query = _ordered(row.id, row.scheduled_at, before)
    if brand_ref is not None:
        query = query.where(col(row.brand_ref) == brand_ref)
    if since is not None:
        query = query.where(col(row.scheduled_at) >= since)
    if until is not None:
        query = query.where(col(row.scheduled_at) < until)
    return Source([query], frozenset({"brand_ref", "since", "until"}))


def of_dismissed(before: Place | None) -> Source:
    """The posts whose failures a person has dismissed."""
    query: Select[Any] = _ordered(ContentRow.id, ContentRow.created_at, before).where(
        col(ContentRow.dismissed_at).is_not(None)
    )
    return Source([query], frozenset({"dismissed"}))


def of_proposed(before: Place | None, decisions: Collection[str], brand_ref: str | None) -> Source:
    """The posts that wait for an approval, after one of these decisions: of a brand, or of all brands."""
    query = _ordered(ContentRow.id, ContentRow.created_at, before).where(text(IS_PROPOSED))
    if brand_ref is not None:
        query = query.where(col(ContentRow.brand_ref) == brand_ref)
    parts = [query.where(col(ContentRow.proposed_as) == decision) for decision in sorted(set(decisions))]
    return Source(parts, frozenset({"proposed", "brand_ref"}))


def of_series(before: Place | None, series_id: str) -> Source:
    """The posts that a series has made."""
    query: Select[Any] = _ordered(ContentRow.id, ContentRow.created_at, before)
    return Source([query.where(text(IN_A_SERIES), col(ContentRow.series_id) == series_id)], frozenset({"series_id"}))


async def count_proposed(session: AsyncSession, brands: Brands, limit: int) -> int:
    """How many posts of these brands wait for an answer to the request for their approval; `limit` at most."""
    asked = select(ContentRow.id).where(text(IS_PROPOSED), col(ContentRow.proposed_as) == "requested")
    asked = asked.where(*brands.own(col(ContentRow.brand_ref)))
    return (await session.exec(select(func.count()).select_from(asked.limit(limit).subquery()))).one()


def of_publications(before: Place | None, *conditions: ColumnElement[bool]) -> Source:
    """The posts of publications with these conditions, which an index has in order."""
    row = PublicationRow
    return Source([_ordered(row.content_id, row.created_at, before).where(*conditions)])


def of_publication_statuses(before: Place | None, statuses: Collection[str]) -> Source | None:
    """The posts of publications with one of these statuses; None if one of these is the usual one."""
    if not statuses or PublicationStatus.PUBLISHED.value in statuses:
        return None
    row = PublicationRow
    query: Select[Any] = _ordered(row.content_id, row.created_at, before).where(text(IS_NOT_PUBLISHED))
    return Source([query.where(col(row.status) == status) for status in sorted(set(statuses))])


def of_account(before: Place | None, account_id: str) -> Source:
    """The posts with a publication on an account."""
    found = of_publications(before, col(PublicationRow.account_id) == account_id)
    return Source(found.parts, frozenset({"account_id"}))


async def of_channel(session: AsyncSession, before: Place | None, channel: str, brand_ref: str | None) -> Source:
    """The posts with a publication on a channel: of all brands, or of the accounts of one."""
    if brand_ref is None:
        found = of_publications(before, col(PublicationRow.channel) == channel)
        return Source(found.parts, frozenset({"channel"}))
    query = select(AccountRow.id).where(AccountRow.brand_ref == brand_ref, AccountRow.channel == channel)
    accounts = (await session.exec(query.limit(MOST_ACCOUNTS + 1))).all()
    if len(accounts) > MOST_ACCOUNTS:
        return of_contents(before, brand_ref)
    parts = [part for account_id in accounts for part in of_account(before, account_id).parts]
    nothing = _ordered(ContentRow.id, ContentRow.created_at, None).where(false())
    return Source(parts or [nothing], frozenset({"brand_ref", "channel"}))


def _ordered(content_id: str, created_at: datetime, before: Place | None) -> Select[Any]:
    """Posts by the columns of a table, newest first, behind a place."""
    at, key = col(created_at), col(content_id)
    query: Any = select_columns(key.label("id"), at.label("created_at")).order_by(at.desc(), key.desc())
    found: Select[Any] = query if before is None else query.where(is_behind(before, created_at, content_id))
    return found


def is_behind(place: Place, created_at: datetime, content_id: str) -> ColumnElement[bool]:
    """Whether a post, by the columns of a table, comes after a place of the list."""
    at, key = col(created_at), col(content_id)
    # The first condition alone is one range of an index, where the page begins.
    return and_(at <= place[0], or_(at < place[0], key < place[1]))
