"""Posts that a filter finds by an index of its own, as long as they are few.

They are then sorted, which costs little. What finds more is a filter like others: the list is read in its order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.metadata import contents_with
from munadi.db.contents.word_index import contents_with_words
from munadi.db.tables import ContentRow

# Posts of one filter that are sorted, and of a range of due times, which people look at by the month.
FEW, FEW_DUE = 4_000, 20_000


async def few_named(session: AsyncSession, client_ref: str | None, metadata: Mapping[str, str]) -> list[str] | None:
    """The ids of all posts with this client reference, or with one of these metadata. None where each finds more than
    `FEW`, and where there is none of them."""
    if client_ref is not None:
        query = select(ContentRow.id).where(ContentRow.client_ref == client_ref)
        if (found := await _at_most(session, query, FEW)) is not None:
            return found
    for name, value in metadata.items():
        if (found := await _at_most(session, contents_with(name, value), FEW)) is not None:
            return found
    return None


async def few_with_words(session: AsyncSession, words: str | None) -> list[str] | None:
    """The ids of all posts that may have these words, or are called so; None where they are too many, or unknown."""
    return await contents_with_words(session, words, FEW) if words else None


async def few_due(
    session: AsyncSession, brand_ref: str | None, since: datetime | None, until: datetime | None
) -> list[str] | None:
    """The ids of the posts of a range of due times; None where they are too many, and without a range."""
    if since is None and until is None:
        return None
    at = col(ContentRow.scheduled_at)
    query = select(ContentRow.id)
    if brand_ref is not None:
        query = query.where(ContentRow.brand_ref == brand_ref)
    if since is not None:
        query = query.where(at >= since)
    if until is not None:
        query = query.where(at < until)
    return await _at_most(session, query.order_by(at), FEW_DUE)


async def _at_most(session: AsyncSession, query: Any, most: int) -> list[str] | None:
    found = (await session.exec(query.limit(most + 1))).all()
    return None if len(found) > most else list(found)
