"""Reads and lists posts. Every function uses the caller's session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

import sqlalchemy
from sqlalchemy import ColumnElement, Connection, and_, bindparam, not_, or_
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.contents.content_filter import ContentFilter
from munadi.db.contents.few import few_due, few_named, few_with_words
from munadi.db.contents.metadata import is_named
from munadi.db.contents.overdue import overdue_contents
from munadi.db.contents.sources import (
    FIRST,
    MOST,
    Place,
    Source,
    in_order,
    is_behind,
    of_account,
    of_channel,
    of_contents,
    of_dismissed,
    of_proposed,
    of_series,
    of_times,
    read_by_index,
)
from munadi.db.contents.views import content_view
from munadi.db.page_sizes import ids_of_page, length_of
from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.db.tables.contents import NEEDS_A_PERSON_BY_AGE
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.publication import HoldReason, PublicationStatus

_NEWEST = (col(ContentRow.created_at).desc(), col(ContentRow.id).desc())
_UNRESOLVED = {ContentStatus.FAILED, ContentStatus.PARTIALLY_PUBLISHED, ContentStatus.UNCONFIRMED}


def _current_draft() -> ColumnElement[bool]:
    return and_(
        col(DraftRow.content_id) == col(ContentRow.id), col(DraftRow.draft_version) == col(ContentRow.draft_version)
    )


# Compiled once: clients poll a post for its status.
_CONTENT_AND_DRAFT = Prebuilt(
    sqlalchemy.select(*ContentRow.__table__.c, *(DraftRow.__table__.c[name] for name in ("source", "warnings")))  # type: ignore[attr-defined]
    .join(DraftRow, _current_draft())
    .where(col(ContentRow.id) == bindparam("content_id"))
)
_ITS_PUBLICATIONS = Prebuilt(
    sqlalchemy.select(*PublicationRow.__table__.c)  # type: ignore[attr-defined]
    .where(col(PublicationRow.content_id) == bindparam("content_id"))
    .order_by(col(PublicationRow.place))
)


def read_view(connection: Connection, content_id: str) -> ContentView | None:
    """A post as the API returns it, or None. For `Database.lookup`."""
    values = {"content_id": content_id}
    # A found row has the columns of both tables as attributes.
    for found in _CONTENT_AND_DRAFT.read(connection, values):
        publications = cast(list[PublicationRow], _ITS_PUBLICATIONS.read(connection, values))
        return content_view(cast(ContentRow, found), cast(DraftRow, found), publications)
    return None


async def find(session: AsyncSession, content_id: str) -> tuple[ContentRow, DraftRow, list[PublicationRow]] | None:
    """A post with its current draft and its publications, or None."""
    query = select(ContentRow, DraftRow).join(DraftRow, _current_draft()).where(ContentRow.id == content_id)
    pair = (await session.exec(query)).first()
    if pair is None:
        return None
    publications = await _publications(session, [content_id])
    return pair[0], pair[1], publications.get(content_id, [])


async def find_publication(session: AsyncSession, publication_id: str) -> tuple[ContentRow, PublicationRow] | None:
    """A publication and the post it belongs to, or None."""
    query = (
        select(ContentRow, PublicationRow)
        .join(PublicationRow, col(PublicationRow.content_id) == col(ContentRow.id))
        .where(PublicationRow.id == publication_id)
    )
    pair = (await session.exec(query)).first()
    return None if pair is None else (pair[0], pair[1])


async def sources_of(session: AsyncSession, content_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Posts as they were sent, with later edits, by id."""
    if not content_ids:
        return {}
    query = select(ContentRow.id, DraftRow.source).join(DraftRow, _current_draft())
    rows = (await session.exec(query.where(col(ContentRow.id).in_(content_ids)))).all()
    return {content_id: dict(source) for content_id, source in rows}


async def current_draft(session: AsyncSession, content: ContentRow) -> DraftRow:
    """The current draft of a post."""
    return await session.get_one(DraftRow, (content.id, content.draft_version))


async def attempts_of(session: AsyncSession, publication_id: str) -> Sequence[AttemptRow]:
    """The attempts of a publication, oldest first."""
    query = (
        select(AttemptRow)
        .where(AttemptRow.publication_id == publication_id)
        .order_by(col(AttemptRow.intent_at), col(AttemptRow.id))
    )
    return (await session.exec(query)).all()


async def list_contents(
    session: AsyncSession, wanted: ContentFilter, limit: int
) -> tuple[list[ContentView], Place | None]:
    """A page of posts, newest first, and the place where the next page begins, if there is more. It has fewer than
    `limit` where their texts are long, and where the filters hardly find any (`sources.py`)."""
    found, tried = await _found(session, wanted, limit)
    ids, has_more = ids_of_page(found, limit)
    query = select(ContentRow, DraftRow).join(DraftRow, _current_draft()).where(col(ContentRow.id).in_(ids))
    pairs = (await session.exec(query.order_by(*_order(wanted)))).all() if ids else ()
    publications = await _publications(session, [content.id for content, _ in pairs])
    views = [content_view(content, draft, publications.get(content.id, [])) for content, draft in pairs]
    last = views[-1] if has_more else None
    if last is None:
        return views, tried
    return views, (last.scheduled_at if wanted.by_due_time else last.created_at, last.id)


def _order(wanted: ContentFilter) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return (col(ContentRow.scheduled_at).desc(), col(ContentRow.id).desc()) if wanted.by_due_time else _NEWEST


async def _found(
    session: AsyncSession, wanted: ContentFilter, limit: int
) -> tuple[Sequence[tuple[str, int]], Place | None]:
    """The ids and lengths of the first posts, one more than `limit`; if there are not so many, and not all posts were
    tried, the place of the last one that was."""
    length = length_of(col(DraftRow.source), col(DraftRow.resolved))
    query = select(ContentRow.id, length).join(DraftRow, _current_draft()).limit(limit + 1)
    if _is_set_of_few(wanted):
        return (await session.exec(query.where(*_conditions(wanted)).order_by(*_order(wanted)))).all(), None
    query = query.order_by(*in_order(ContentRow.scheduled_at if wanted.by_due_time else ContentRow.created_at))
    source = await _source(session, wanted)
    if wanted.fields <= source.covers:
        return (await session.exec(query.where(col(ContentRow.id).in_(source.ids(limit + 1))))).all(), None
    await read_by_index(session)
    query = query.where(*_conditions(wanted))
    if wanted.by_due_time:
        return await _tried(session, query, source, MOST, limit)
    ids = await few_named(session, wanted.client_ref, wanted.metadata)
    if ids is None:
        found, place = await _tried(session, query, source, FIRST, limit)
        if place is None:
            return found, None
        ids = await few_with_words(session, wanted.words)
    if ids is None:
        ids = await few_due(session, wanted.brand_ref, wanted.since, wanted.until)
    if ids is None:
        return await _tried(session, query, source, MOST, limit)
    return (await session.exec(query.where(col(ContentRow.id).in_(ids)))).all(), None


async def _tried(
    session: AsyncSession, query: Any, source: Source, count: int, limit: int
) -> tuple[Sequence[tuple[str, int]], Place | None]:
    """What the query finds among the first posts of a source; if that is no full page, and the source has more, the
    place of the last one."""
    found = (await session.exec(query.where(col(ContentRow.id).in_(source.ids(count))))).all()
    return found, None if len(found) > limit else await source.place(session, count)


async def _source(session: AsyncSession, wanted: ContentFilter) -> Source:
    if wanted.by_due_time:
        return of_times(wanted.before, wanted.brand_ref, wanted.since, wanted.until)
    if wanted.series_id is not None:
        return of_series(wanted.before, wanted.series_id)
    if wanted.account_id is not None:
        return of_account(wanted.before, wanted.account_id)
    if wanted.channel is not None:
        return await of_channel(session, wanted.before, wanted.channel, wanted.brand_ref)
    if wanted.proposed:
        return of_proposed(wanted.before, wanted.proposed, wanted.brand_ref)
    if wanted.dismissed:
        return of_dismissed(wanted.before)
    return of_contents(wanted.before, wanted.brand_ref, wanted.statuses)


def _is_set_of_few(wanted: ContentFilter) -> bool:
    """Whether a filter finds few posts by an index of its own, whatever the others are."""
    return bool(wanted.ids or wanted.held or wanted.overdue_at) or _needs_a_person(wanted)


async def views_of(session: AsyncSession, content_ids: Sequence[str]) -> dict[str, ContentView]:
    """Posts by id, in two queries."""
    query = select(ContentRow, DraftRow).join(DraftRow, _current_draft()).where(col(ContentRow.id).in_(content_ids))
    pairs = (await session.exec(query)).all() if content_ids else ()
    publications = await _publications(session, content_ids)
    return {content.id: content_view(content, draft, publications.get(content.id, [])) for content, draft in pairs}


def _conditions(wanted: ContentFilter) -> list[Any]:
    found: list[Any] = []
    if _needs_a_person(wanted):
        # True of each anyway: its words are those of an index of these few by age, so that no other post is read.
        found.append(text(NEEDS_A_PERSON_BY_AGE))
    # No bare columns, or a database would take another index, and sort all that it finds.
    brand_ref = cast(ColumnElement[str], col(ContentRow.brand_ref)).concat("")
    status = cast(ColumnElement[str], col(ContentRow.status)).concat("")
    if wanted.brand_ref is not None:
        found.append(brand_ref == wanted.brand_ref)
    if wanted.ids:
        found.append(col(ContentRow.id).in_(wanted.ids))
    if wanted.statuses:
        found.append(status.in_(wanted.statuses))
    if wanted.series_id is not None:
        found.append(cast(ColumnElement[str], col(ContentRow.series_id)).concat("") == wanted.series_id)
    if wanted.client_ref is not None:
        found.append(col(ContentRow.client_ref) == wanted.client_ref)
    found += [is_named(name, value) for name, value in wanted.metadata.items()]
    if wanted.since is not None:
        found.append(col(ContentRow.scheduled_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(ContentRow.scheduled_at) < wanted.until)
    if wanted.channel is not None or wanted.account_id is not None:
        found.append(_having(wanted.channel, wanted.account_id))
    if wanted.held is not None:
        is_held = col(ContentRow.id).in_(_held())
        found.append(is_held if wanted.held else not_(is_held))
    if wanted.proposed:
        found.append(cast(ColumnElement[str], col(ContentRow.proposed_as)).concat("").in_(wanted.proposed))
    if wanted.dismissed is not None:
        moment = col(ContentRow.dismissed_at)
        found.append(moment.is_not(None) if wanted.dismissed else moment.is_(None))
    if wanted.overdue_at is not None:
        found.append(col(ContentRow.id).in_(overdue_contents(wanted.overdue_at)))
    if wanted.words:
        words = col(DraftRow.source)["text"].as_string()
        said = (words.icontains(wanted.words, autoescape=True), col(ContentRow.client_ref) == wanted.words)
        found.append(or_(*said))
    if wanted.before is not None:
        time = ContentRow.scheduled_at if wanted.by_due_time else ContentRow.created_at
        found.append(is_behind(wanted.before, time, ContentRow.id))
    return found


def _having(channel: str | None, account_id: str | None) -> ColumnElement[bool]:
    """Whether a post has a publication on that channel and account."""
    query = select(PublicationRow.content_id).where(col(PublicationRow.content_id) == col(ContentRow.id))
    if channel is not None:
        query = query.where(PublicationRow.channel == channel)
    if account_id is not None:
        query = query.where(PublicationRow.account_id == account_id)
    return query.exists()


def _needs_a_person(wanted: ContentFilter) -> bool:
    """Whether the statuses alone say that a person is needed. A post is never dismissed while it is unconfirmed."""
    statuses = set(wanted.statuses)
    only_unconfirmed = statuses == {ContentStatus.UNCONFIRMED}
    return only_unconfirmed or (bool(statuses) and statuses <= _UNRESOLVED and wanted.dismissed is False)


def _held() -> SelectOfScalar[str]:
    """The posts with a publication that waits for an account or a network. Proposals are listed by themselves."""
    row, approval, queued = PublicationRow, HoldReason.APPROVAL.value, PublicationStatus.QUEUED.value
    held = (col(row.hold_reason).is_not(None), row.hold_reason != approval, row.status == queued)
    return select(row.content_id).where(*held)


async def _publications(session: AsyncSession, content_ids: Sequence[str]) -> dict[str, list[PublicationRow]]:
    found: dict[str, list[PublicationRow]] = {}
    if content_ids:
        query = (
            select(PublicationRow)
            .where(col(PublicationRow.content_id).in_(content_ids))
            .order_by(col(PublicationRow.content_id), col(PublicationRow.place))
        )
        for row in (await session.exec(query)).all():
            found.setdefault(row.content_id, []).append(row)
    return found
