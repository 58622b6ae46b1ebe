"""Finished posts with rows in every table that posts have, long ago, and what a database still has of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import inspect, text, update
from sqlmodel import col

from munadi.db.events.log import number_events
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import (
    AttemptRow,
    ContentRow,
    DeliveryRow,
    DiscardRow,
    DraftRow,
    MediaRow,
    MediaUseRow,
    MetadataRow,
    PublicationRow,
    SavedDraftRow,
)
from munadi.domain.ids import Prefix
from munadi.publishing.content import LockedContent
from tests.db.seeding import START, Seed

DAYS = timedelta(days=1)
NOW = START + 60 * DAYS
# After the last change of what was made at START.
OLD = START + DAYS
WORDS = "a monsoon of umbrellas"
# The audit log outlives what it is about, and names it by its id.
OUTLIVES = frozenset({"audit"})


async def finished_post(seed: Seed, account_id: str, *, at: datetime = START, words: str = WORDS) -> str:
    """A published post with a row in every table. Its events are numbered and delivered."""
    content_id = await seed.content(account_id, now=at)
    row = await seed.publication(content_id)
    times = {"created_at": at, "updated_at": at}
    async with seed.database.write() as session:
        media = MediaRow(
            id=new_id(Prefix.MEDIA), brand_ref="acme", sha256=new_id(Prefix.MEDIA), facts={}, bytes=3, created_at=at
        )
        session.add(media)
        await session.flush()
        session.add_all(
            [
                _attempt(row.id, at),
                DiscardRow(
                    id=new_id(Prefix.DISCARD), publication_id=row.id, draft_version=1, outcome="removed", **times
                ),
                MetadataRow(content_id=content_id, name="campaign", value=f"diwali of {content_id}"),
                MediaUseRow(media_id=media.id, used_by=content_id),
                SavedDraftRow(
                    id=new_id(Prefix.SAVED_DRAFT),
                    brand_ref="acme",
                    content={},
                    checked={},
                    content_id=content_id,
                    checked_at=at,
                    **times,
                ),
            ]
        )
        connection = await session.connection()
        live = {"status": "published", "published_at": at, "provider_post_id": f"at://{row.id}", "fingerprint": words}
        await connection.execute(update(PublicationRow).where(col(PublicationRow.id) == row.id).values(live))
        told = update(DraftRow).where(col(DraftRow.content_id) == content_id)
        await connection.execute(told.values(source={"text": words}, resolved={row.id: {"text": words}}))
        acknowledged = update(ContentRow).where(col(ContentRow.id) == content_id)
        await connection.execute(acknowledged.values(wake_ack=col(ContentRow.wake_seq)))
        session.expire_all()
        post = await LockedContent.lock(session, content_id, at)
        assert post is not None
        await post.close()
        await session.flush()
        of_post = update(DeliveryRow).where(col(DeliveryRow.content_id) == content_id)
        await connection.execute(of_post.values(status="delivered", next_attempt_at=None))
    await number_events(seed.database)
    return content_id


async def newest_event(seed: Seed, account_id: str, at: datetime = NOW - DAYS) -> str:
    """A post of yesterday, whose events are the newest ones."""
    content_id = await seed.content(account_id, now=at)
    await number_events(seed.database)
    return content_id


async def tables_with(database: Database, words: Collection[str]) -> dict[str, list[str]]:
    """Every table of the database (also those of its indexes of words) that has one of these words in any column."""
    found: dict[str, list[str]] = {}
    async with database.read() as session:
        connection = await session.connection()
        names = await connection.run_sync(lambda each: inspect(each).get_table_names())
        for name in names:
            rows = [str(row) for row in await connection.execute(text(f'SELECT * FROM "{name}"'))]
            if those := [row for row in rows if any(word in row for word in words)]:
                found[name] = those
    return found


def _attempt(publication_id: str, at: datetime) -> AttemptRow:
    return AttemptRow(
        id=new_id(Prefix.ATTEMPT),
        publication_id=publication_id,
        stage="post",
        number=1,
        epoch=1,
        holder="w",
        is_open=False,
        intent_at=at,
        deadline_at=at,
        ended_at=at,
        outcome="sent",
        raw="the network's answer",
    )
