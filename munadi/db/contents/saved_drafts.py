"""Stores saved drafts. A draft ends once: in the transaction that accepts its post, or when it is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.brands.modes import Brands
from munadi.db.contents.media_uses import forget_uses, named_media, use_media
from munadi.db.idempotency import KEPT
from munadi.db.ids import new_id
from munadi.db.page_sizes import ids_of_page, length_of
from munadi.db.session import Database
from munadi.db.tables import SavedDraftRow
from munadi.domain.audit import Action
from munadi.domain.content import DraftCheck, SavedDraft
from munadi.domain.ids import Prefix

# A submitted draft answers with its post as long as a repeated request does.
REMEMBERED: timedelta = KEPT


async def add_draft(
    session: AsyncSession, brand_ref: str, content: dict[str, Any], check: DraftCheck, now: datetime
) -> SavedDraft:
    """Store a new draft in the caller's transaction."""
    row = SavedDraftRow(
        id=new_id(Prefix.SAVED_DRAFT),
        brand_ref=brand_ref,
        content=content,
        checked=_stored(check),
        checked_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await use_media(session, brand_ref, row.id, named_media(content))
    record(session, Action.DRAFT_CREATED, target=row.id, brand_ref=brand_ref, now=now)
    return draft_view(row)


async def find_draft(session: AsyncSession, draft_id: str) -> SavedDraftRow | None:
    """A draft by its id, also a submitted one."""
    return await session.get(SavedDraftRow, draft_id)


async def list_drafts(
    session: AsyncSession, brand_ref: str | None, *, limit: int, before: str | None
) -> tuple[list[SavedDraft], bool]:
    """Drafts that are not submitted, the newest first; those of one brand if it is given. And whether there are more:
    `limit` at most, and fewer where they are long, so that a page of long drafts is not read into memory."""
    query = select(SavedDraftRow.id, length_of(col(SavedDraftRow.content))).where(
        col(SavedDraftRow.content_id).is_(None)
    )
    if brand_ref is not None:
        query = query.where(SavedDraftRow.brand_ref == brand_ref)
    if before is not None:
        query = query.where(col(SavedDraftRow.id) < before)
    found = (await session.exec(query.order_by(col(SavedDraftRow.id).desc()).limit(limit + 1))).all()
    ids, has_more = ids_of_page(found, limit)
    shown = select(SavedDraftRow).where(col(SavedDraftRow.id).in_(ids)).order_by(col(SavedDraftRow.id).desc())
    rows: Sequence[SavedDraftRow] = (await session.exec(shown)).all() if ids else ()
    return [draft_view(row) for row in rows], has_more


async def count_drafts(session: AsyncSession, brands: Brands, limit: int) -> int:
    """How many drafts of these brands are not submitted; `limit` at most."""
    query = select(literal(1)).select_from(SavedDraftRow).where(col(SavedDraftRow.content_id).is_(None)).limit(limit)
    query = query.where(*brands.own(col(SavedDraftRow.brand_ref)))
    return (await session.exec(select(func.count()).select_from(query.subquery()))).one()


async def change_draft(
    session: AsyncSession, draft: SavedDraftRow, content: dict[str, Any], check: DraftCheck, now: datetime
) -> SavedDraft | None:
    """Replace what a draft holds. None if it was changed, submitted or deleted since it was read."""
    values = {"content": content, "checked": _stored(check), "checked_at": now, "updated_at": now}
    if not await _update(session, draft, values):
        return None
    await forget_uses(session, draft.id)
    await use_media(session, draft.brand_ref, draft.id, named_media(content))
    record(session, Action.DRAFT_UPDATED, target=draft.id, brand_ref=draft.brand_ref, now=now)
    changed = SavedDraftRow(**{**draft.model_dump(), **values, "version": draft.version + 1})
    return draft_view(changed)


async def submit_draft(session: AsyncSession, draft: SavedDraftRow, content_id: str, now: datetime) -> bool:
    """End a draft, in the transaction that stores its post. False as for `change_draft`: then store nothing."""
    ended = {"content": {}, "checked": {}, "content_id": content_id, "updated_at": now}
    if not await _update(session, draft, ended):
        return False
    await forget_uses(session, draft.id)
    record(session, Action.DRAFT_SUBMITTED, target=draft.id, brand_ref=draft.brand_ref, now=now)
    return True


async def delete_draft(session: AsyncSession, draft: SavedDraftRow, now: datetime) -> bool:
    """Delete a draft. False as for `change_draft`."""
    gone = await session.exec(delete(SavedDraftRow).where(*_unchanged(draft)))
    if gone.rowcount != 1:
        return False
    await forget_uses(session, draft.id)
    record(session, Action.DRAFT_DELETED, target=draft.id, brand_ref=draft.brand_ref, now=now)
    return True


async def forget_submitted_drafts(database: Database, now: datetime) -> int:
    """Delete what is left of drafts that were submitted long ago; returns how many."""
    async with database.write() as session:
        old = (col(SavedDraftRow.content_id).is_not(None), col(SavedDraftRow.updated_at) < now - REMEMBERED)
        return int((await session.exec(delete(SavedDraftRow).where(*old))).rowcount)


def draft_view(row: SavedDraftRow) -> SavedDraft:
    """A draft as the API returns it."""
    return SavedDraft(
        **DraftCheck.model_validate(row.checked).model_dump(by_alias=False),
        id=row.id,
        brand_ref=row.brand_ref,
        content=row.content,
        version=row.version,
        checked_at=row.checked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _stored(check: DraftCheck) -> dict[str, Any]:
    return check.model_dump(mode="json") | {"warnings": [warning.stored() for warning in check.warnings]}


async def _update(session: AsyncSession, draft: SavedDraftRow, values: dict[str, Any]) -> bool:
    changed = await session.exec(
        update(SavedDraftRow).where(*_unchanged(draft)).values(**values, version=draft.version + 1)
    )
    return changed.rowcount == 1


def _unchanged(draft: SavedDraftRow) -> tuple[Any, ...]:
    """The row, if it still is as it was read: two changes at once never both happen."""
    return (
        col(SavedDraftRow.id) == draft.id,
        col(SavedDraftRow.version) == draft.version,
        col(SavedDraftRow.content_id).is_(None),
    )
