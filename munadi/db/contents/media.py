"""Media rows: the owner and the probed facts of each file. The bytes are in the media store, by hash.

A file without a brand may be used by every brand. A deleted one is never returned; its row remains until its bytes are
gone for some days (`munadi.publishing.media_deletion`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.tables import MediaRow
from munadi.domain.channel import MediaKind
from munadi.domain.ids import Prefix
from munadi.domain.media import MediaAsset, MediaView
from munadi.domain.media_facts import MediaFacts

IS_THERE: ColumnElement[bool] = col(MediaRow.deleted_at).is_(None)
# Not made by us from another one.
IS_OWN: ColumnElement[bool] = col(MediaRow.rendition_of).is_(None)


def usable_by(brand_ref: str) -> ColumnElement[bool]:
    """The files that a brand may use."""
    return or_(col(MediaRow.brand_ref) == brand_ref, col(MediaRow.brand_ref).is_(None))


def new_media(brand_ref: str | None, sha256: str, facts: MediaFacts, source_url: str | None, now: datetime) -> MediaRow:
    """A row for a file that was just probed, not yet added to a session."""
    return MediaRow(
        id=new_id(Prefix.MEDIA),
        brand_ref=brand_ref,
        sha256=sha256,
        facts=facts.model_dump(mode="json"),
        bytes=facts.bytes,
        source_url=source_url,
        created_at=now,
    )


async def find_media(session: AsyncSession, media_id: str) -> MediaRow | None:
    """A file by its id, of any brand."""
    query = select(MediaRow).where(MediaRow.id == media_id, IS_THERE, IS_OWN)
    return (await session.exec(query)).first()


async def list_media(
    session: AsyncSession, brand_ref: str | None, *, limit: int, before: str | None
) -> Sequence[MediaRow]:
    """Files of a brand (None: of all brands and of none), newest first; those after the id `before`."""
    query = select(MediaRow).where(IS_THERE, IS_OWN).order_by(col(MediaRow.id).desc()).limit(limit)
    if brand_ref is not None:
        query = query.where(MediaRow.brand_ref == brand_ref)
    if before is not None:
        query = query.where(col(MediaRow.id) < before)
    return (await session.exec(query)).all()


async def media_by_id(session: AsyncSession, brand_ref: str, ids: Collection[str]) -> dict[str, MediaRow]:
    """The files that a brand may use, by id. Files of other brands are omitted."""
    if not ids:
        return {}
    query = select(MediaRow).where(usable_by(brand_ref), IS_THERE, IS_OWN, col(MediaRow.id).in_(ids))
    return {row.id: row for row in (await session.exec(query)).all()}


async def media_by_hash(
    session: AsyncSession, brand_ref: str | None, hashes: Collection[str], *, locked: bool = False
) -> dict[str, MediaRow]:
    """A brand's own files with these hashes (None: those of no brand), by hash; the oldest of each.

    `locked`: none of them is deleted before this transaction ends.
    """
    if not hashes:
        return {}
    query = (
        select(MediaRow)
        .where(MediaRow.brand_ref == brand_ref, IS_THERE, IS_OWN, col(MediaRow.sha256).in_(hashes))
        .order_by(col(MediaRow.id).desc())
    )
    if locked:
        query = query.with_for_update(read=True, key_share=True)
    return {row.sha256: row for row in (await session.exec(query)).all()}


def asset_of(row: MediaRow, alt: str | None = None) -> MediaAsset:
    """A file as a draft refers to it."""
    facts = MediaFacts.model_validate(row.facts)
    return MediaAsset(
        id=row.id,
        sha256=row.sha256,
        kind=MediaKind(facts.kind),
        mime_type=facts.mime_type,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        duration_ms=facts.duration_ms,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        fps=facts.fps,
        has_alpha=facts.has_alpha,
        animated=facts.animated,
        multi_picture=facts.multi_picture,
        pages=facts.pages,
        name=facts.name,
        alt=alt,
        video=facts.video,
    )


def media_view(row: MediaRow) -> MediaView:
    """A media row as answered."""
    facts = MediaFacts.model_validate(row.facts)
    return MediaView(
        id=row.id,
        brand_ref=row.brand_ref,
        kind=MediaKind(facts.kind),
        type=facts.mime_type,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        duration=facts.duration_ms / 1000 if facts.duration_ms is not None else None,
        codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        fps=facts.fps,
        pages=facts.pages,
        name=facts.name,
        video=facts.video,
        sha256=row.sha256,
        source_url=row.source_url,
        created_at=row.created_at,
    )
