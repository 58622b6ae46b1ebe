"""Which posts, drafts and brandings name which files, so that no file is deleted that one of them needs.

The rule here: who stores a reference to a file first locks the file's row for share (`use_media`). A deletion locks it
exclusively (`lock_to_delete`) before it asks `needed_by`. So one of the two comes first, and the other sees it. On
SQLite there is one writer at a time, and no locks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, union_all
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import and_, col, delete, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.media import IS_THERE, usable_by
from munadi.db.tables import ContentRow, MediaRow, MediaUseRow, PublicationRow
from munadi.domain.ids import Prefix, is_id
from munadi.domain.publication import PublicationStatus

S = PublicationStatus

# A failed publication may be retried until a person has dismissed it. A later step or check of a published one has a
# time in `next_look_at` of its post.
_OPEN = (S.ACCEPTED.value, S.QUEUED.value, S.PUBLISHING.value, S.UNCONFIRMED.value)
_MAY_BE_SENT = (
    exists()
    .correlate(ContentRow)
    .where(
        col(PublicationRow.content_id) == col(ContentRow.id),
        or_(
            col(PublicationRow.status).in_(_OPEN),
            and_(col(PublicationRow.status) == S.FAILED.value, col(PublicationRow.dismissed_at).is_(None)),
        ),
    )
)
_IS_OPEN = or_(col(ContentRow.next_look_at).is_not(None), _MAY_BE_SENT)
# A use without a post is a draft's or a branding's, and is deleted with it.
_USED_BY: Select[Any] = (
    select(col(MediaUseRow.used_by).label("used_by"))
    .join(ContentRow, col(ContentRow.id) == col(MediaUseRow.used_by), isouter=True)
    .where(col(MediaUseRow.media_id) == bindparam("media_id"), or_(col(ContentRow.id).is_(None), _IS_OPEN))
)
_NEEDED_BY = _USED_BY.distinct().order_by("used_by").limit(bindparam("limit"))


async def use_media(session: AsyncSession, brand_ref: str, used_by: str, ids: Collection[str]) -> set[str]:
    """Store that a post, draft or branding of a brand uses these files, and keep them from being deleted until this
    transaction ends. Returns the ids of those that the brand does not have, or no longer."""
    if not ids:
        return set()
    await session.flush()
    there = (
        select(MediaRow.id)
        .where(col(MediaRow.id).in_(ids), usable_by(brand_ref), IS_THERE)
        .order_by(col(MediaRow.id))
        .with_for_update(read=True, key_share=True)
    )
    found = (await session.exec(there)).all()
    if found:
        connection = await session.connection()
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        uses = [{"media_id": media_id, "used_by": used_by} for media_id in found]
        await connection.execute(insert(MediaUseRow).on_conflict_do_nothing(), uses)
    return set(ids) - set(found)


async def forget_uses(session: AsyncSession, used_by: str) -> None:
    """Delete what a post, draft or branding used, because it is gone or now uses other files."""
    await session.exec(delete(MediaUseRow).where(col(MediaUseRow.used_by) == used_by))


async def lock_to_delete(session: AsyncSession, media_id: str) -> MediaRow | None:
    """A file's row, locked exclusively: waits for the transactions that are about to use it."""
    query = select(MediaRow).where(MediaRow.id == media_id, IS_THERE).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).first()


async def needed_by(session: AsyncSession, media_id: str, limit: int) -> list[str]:
    """Ids of posts that may still be sent with this file, and of drafts and brandings with it: the first `limit`."""
    connection = await session.connection()
    return list((await connection.execute(_NEEDED_BY, {"media_id": media_id, "limit": limit})).scalars())


async def uses_of(
    session: AsyncSession, ids: Sequence[str], limit: int, *, needed: bool = False
) -> dict[str, list[str]]:
    """The ids of drafts, then of the newest posts, that name each of these files: `limit` at most of each.

    `needed`: only those that keep the file from being deleted, for a page to say so beforehand; `needed_by` decides.
    One statement: each part of it reads the primary key from its end, until it has that many rows.
    """
    if not ids:
        return {}
    parts = []
    for media_id in ids:
        used = select_columns(col(MediaUseRow.media_id), col(MediaUseRow.used_by))
        if needed:
            used = used.join(ContentRow, col(ContentRow.id) == col(MediaUseRow.used_by), isouter=True)
            used = used.where(or_(col(ContentRow.id).is_(None), _IS_OPEN))
        used = used.where(col(MediaUseRow.media_id) == media_id).order_by(col(MediaUseRow.used_by).desc()).limit(limit)
        parts.append(select_columns(*used.subquery().c))
    found: dict[str, list[str]] = {}
    for media_id, used_by in (await (await session.connection()).execute(union_all(*parts))).all():
        found.setdefault(media_id, []).append(used_by)
    return {media_id: sorted(used, reverse=True) for media_id, used in found.items()}


def named_media(body: Mapping[str, Any]) -> set[str]:
    """The ids of media in a request as it was sent, which may have any shape."""
    channels = body.get("channels")
    parts = [body, *(channels if isinstance(channels, list) else [])]
    return {media_id for part in parts if isinstance(part, Mapping) for media_id in _ids_in(part.get("media"))}


def _ids_in(media: object) -> Iterator[str]:
    for each in media if isinstance(media, list) else ():
        media_id = each.get("id") if isinstance(each, Mapping) else None
        if isinstance(media_id, str) and is_id(media_id, Prefix.MEDIA):
            yield media_id
