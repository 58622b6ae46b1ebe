"""Which posts are copies of which, by a name in the metadata that the dashboard gives a copy.

Metadata can be listed by, travels with every event, and survives drafts and edits, so that no column is needed.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import MetadataRow, SavedDraftRow

COPY_OF = "copyOf"
# More copies of a page's posts than any person makes.
MOST = 500
# Compiled once: it is part of a page with fifty posts. Ids begin with their time.
_COPIES = (
    select(col(MetadataRow.value), col(MetadataRow.content_id))
    .where(col(MetadataRow.name) == COPY_OF, col(MetadataRow.value).in_(bindparam("ids", expanding=True)))
    .order_by(col(MetadataRow.content_id).desc())
    .limit(MOST)
)


async def copies_of(session: AsyncSession, ids: Collection[str]) -> dict[str, list[str]]:
    """Per post, the ids of what says that it is a copy of it, newest first; of any brand. Others are missing."""
    found: dict[str, list[str]] = {}
    if ids:
        rows = (await (await session.connection()).execute(_COPIES, {"ids": list(ids)})).all()
        for copied_id, content_id in rows:
            found.setdefault(copied_id, []).append(content_id)
    return found


async def drafts_of_copies(session: AsyncSession, brand_refs: Collection[str], ids: Collection[str]) -> dict[str, str]:
    """Per post of these brands, the newest draft that is a copy of it and not submitted. Others are missing."""
    if not ids:
        return {}
    copied = col(SavedDraftRow.content)[("metadata", COPY_OF)].as_string()
    query = (
        select(copied, col(SavedDraftRow.id))
        .where(
            col(SavedDraftRow.brand_ref).in_(brand_refs), col(SavedDraftRow.content_id).is_(None), copied.in_(list(ids))
        )
        .order_by(col(SavedDraftRow.id))
    )
    rows = (await (await session.connection()).execute(query)).all()
    return {post_id: draft_id for post_id, draft_id in rows}  # noqa: C416 - a row is no pair for the type checker
