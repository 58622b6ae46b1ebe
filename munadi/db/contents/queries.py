"""Reads and lists posts. Every function uses the caller's session."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import sqlalchemy
from sqlalchemy import ColumnElement, Connection, and_, bindparam, not_, or_
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.contents.metadata import contents_with
from munadi.db.contents.overdue import overdue_contents
from munadi.db.contents.views import content_view
from munadi.db.page_sizes import ids_of_page, length_of
from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.db.tables.contents import NEEDS_A_PERSON_BY_AGE
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.publication import PublicationStatus

_UNRESOLVED = {ContentStatus.FAILED, ContentStatus.PARTIALLY_PUBLISHED, ContentStatus.UNCONFIRMED}


@dataclass(frozen=True)
class ContentFilter:
    """Which posts to list; None and empty mean all. `overdue_at`:
    only those that are overdue at this time. `before` is the (created_at, id) after which a page continues."""

    brand_ref: str | None = None
    ids: Collection[str] = ()
    statuses: Collection[str] = ()
    channel: str | None = None
    account_id: str | None = None
    client_ref: str | None = None
    held: bool | None = None
    dismissed: bool | None = None
    overdue_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    words: str | None = None
    scheduled_from: datetime | None = None
    scheduled_to: datetime | None = None
    before: tuple[datetime, str] | None = None


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


async def list_contents(session: AsyncSession, wanted: ContentFilter, limit: int) -> tuple[list[ContentView], bool]:
    """A page of posts, newest first, in three queries, and whether there are more: fewer than `limit` where their texts
    are long."""
    newest = (col(ContentRow.created_at).desc(), col(ContentRow.id).desc())
    length = length_of(col(DraftRow.source), col(DraftRow.resolved))
    lengths = select(ContentRow.id, length).join(DraftRow, _current_draft()).where(*_conditions(wanted))
    found = (await session.exec(lengths.order_by(*newest).limit(limit + 1))).all()
    ids, has_more = ids_of_page(found, limit)
    query = select(ContentRow, DraftRow).join(DraftRow, _current_draft()).where(col(ContentRow.id).in_(ids))
    pairs = (await session.exec(query.order_by(*newest))).all() if ids else ()
    publications = await _publications(session, [content.id for content, _ in pairs])
    views = [content_view(content, draft, publications.get(content.id, [])) for content, draft in pairs]
    return views, has_more


async def views_of(session: AsyncSession, content_ids: Sequence[str]) -> dict[str, ContentView]:
    """Posts by id, in two queries."""
    query = select(ContentRow, DraftRow).join(DraftRow, _current_draft()).where(col(ContentRow.id).in_(content_ids))
    pairs = (await session.exec(query)).all() if content_ids else ()
    publications = await _publications(session, content_ids)
    return {content.id: content_view(content, draft, publications.get(content.id, [])) for content, draft in pairs}


def _conditions(wanted: ContentFilter) -> list[Any]:
    found: list[Any] = []
    brand_ref: ColumnElement[str] = cast(ColumnElement[str], col(ContentRow.brand_ref))
    status: ColumnElement[str] = cast(ColumnElement[str], col(ContentRow.status))
    if _needs_a_person(wanted):
        # True of each anyway: its words are those of an index of these few by age, so that no other post is read.
        found.append(text(NEEDS_A_PERSON_BY_AGE))
        # No bare columns, or a database would take another index, and sort all that it finds.
        brand_ref, status = brand_ref.concat(""), status.concat("")
    if wanted.brand_ref is not None:
        found.append(brand_ref == wanted.brand_ref)
    if wanted.ids:
        found.append(col(ContentRow.id).in_(wanted.ids))
    if wanted.statuses:
        found.append(status.in_(wanted.statuses))
    if wanted.client_ref is not None:
        found.append(col(ContentRow.client_ref) == wanted.client_ref)
    found += [col(ContentRow.id).in_(contents_with(name, value)) for name, value in wanted.metadata.items()]
    if wanted.scheduled_from is not None:
        found.append(col(ContentRow.scheduled_at) >= wanted.scheduled_from)
    if wanted.scheduled_to is not None:
        found.append(col(ContentRow.scheduled_at) <= wanted.scheduled_to)
    if wanted.channel is not None or wanted.account_id is not None:
        found.append(_having(wanted.channel, wanted.account_id))
    if wanted.held is not None:
        is_held = col(ContentRow.id).in_(_held())
        found.append(is_held if wanted.held else not_(is_held))
    if wanted.dismissed is not None:
        found.append(_is_dismissed() if wanted.dismissed else col(ContentRow.dismissed_at).is_(None))
    if wanted.overdue_at is not None:
        found.append(col(ContentRow.id).in_(overdue_contents(wanted.overdue_at)))
    if wanted.words:
        words = col(DraftRow.source)["text"].as_string()
        said = (words.icontains(wanted.words, autoescape=True), col(ContentRow.client_ref) == wanted.words)
        found.append(or_(*said))
    if wanted.before is not None:
        at, content_id = wanted.before
        earlier = and_(col(ContentRow.created_at) == at, col(ContentRow.id) < content_id)
        found.append(or_(col(ContentRow.created_at) < at, earlier))
    return found


def _having(channel: str | None, account_id: str | None) -> ColumnElement[bool]:
    """Whether a post has a publication on that channel and account."""
    query = select(PublicationRow.content_id)
    if channel is not None:
        query = query.where(PublicationRow.channel == channel)
    if account_id is not None:
        return col(ContentRow.id).in_(query.where(PublicationRow.account_id == account_id))
    # Of each post in turn, until the page is full: a channel's publications have no index, and may be most of them.
    return query.where(col(PublicationRow.content_id) == col(ContentRow.id)).exists()


def _needs_a_person(wanted: ContentFilter) -> bool:
    """Whether the statuses alone say that a person is needed. A post is never dismissed while it is unconfirmed."""
    statuses = set(wanted.statuses)
    only_unconfirmed = statuses == {ContentStatus.UNCONFIRMED}
    return only_unconfirmed or (bool(statuses) and statuses <= _UNRESOLVED and wanted.dismissed is False)


def _is_dismissed() -> ColumnElement[bool]:
    """As a set of ids, from an index of the few: else every post would be read in order of its age."""
    return col(ContentRow.id).in_(select(ContentRow.id).where(col(ContentRow.dismissed_at).is_not(None)))


def _held() -> SelectOfScalar[str]:
    """The posts with a held publication."""
    held = col(PublicationRow.hold_reason).is_not(None)
    return select(PublicationRow.content_id).where(held, PublicationRow.status == PublicationStatus.QUEUED.value)


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
