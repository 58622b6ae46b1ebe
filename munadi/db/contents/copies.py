"""Which posts are copies of which, by a name in the metadata that the dashboard gives a copy.

Metadata can be listed by, travels with every event, and survives drafts and edits, so that no column is needed.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import MetadataRow

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
