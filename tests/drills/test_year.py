"""A year of posts in simulated time: what is stored stays the same once the retention has reached its age."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, text, update
from sqlmodel import col, select

from munadi.db.audit import forget_old_entries
from munadi.db.events.retention import forget_old_events
from munadi.db.session import Database
from munadi.db.tables import MediaRow, MediaUseRow
from munadi.domain.channel import ChannelName
from munadi.domain.retention import RetentionSettings
from munadi.media.folder import FolderStore
from munadi.ports import Channels
from munadi.publishing.media_deletion import forget_removed, remove_deleted
from tests.db.old_posts import DAYS, finished_post
from tests.db.seeding import START, Seed, StillClock
from tests.workflows.network import FakeChannel, spec
from worker.retention import Retention

pytestmark = [pytest.mark.drills, pytest.mark.timeout(1_800)]
MONTH, POSTS_OF_A_MONTH = 30 * DAYS, 120
KEPT = RetentionSettings(posts_days=90, post_texts_days=30, answers_days=30, media_days=30, event_texts_days=30)
AUDIT_KEPT, EVENTS_KEPT = 90 * DAYS, 400 * DAYS
# Free pages are used again, but not all of them at any time.
TOLERANCE = 1.1
TEXT = "monsoon " * 25


async def test_what_is_stored_stays_the_same_in_a_year_of_posts(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    seed, clock = Seed(database), StillClock()
    await seed.create()
    account = await seed.account()
    await seed.endpoint()
    folder = tmp_path / "media"
    store = FolderStore(folder)
    found: dict[int, dict[str, int]] = {}
    worker = Retention(database, clock, Channels({ChannelName.BLUESKY: FakeChannel(spec(ChannelName.BLUESKY))}), KEPT)
    for month in range(1, 13):
        for number in range(POSTS_OF_A_MONTH):
            at = START + (month - 1) * MONTH + number * MONTH / POSTS_OF_A_MONTH
            content_id = await finished_post(seed, account.id, at=at, words=f"post {number} of {month}: {TEXT}")
            await _store_file(seed, store, content_id)
        for day in range(0, 30, 5):
            clock.time = START + month * MONTH + timedelta(hours=1) - (25 - day) * DAYS
            await worker.round()
            await remove_deleted(database, store, clock.time)
            await forget_removed(database, clock.time)
        await forget_old_events(database, clock.time, EVENTS_KEPT)
        await forget_old_entries(database, clock.time, AUDIT_KEPT)
        files = sum(1 for each in folder.rglob("*") if each.is_file())
        found[month] = await _stored(database) | {"files": files}
    print(json.dumps({month: found[month] for month in (1, 6, 12)}, indent=1))
    for table, rows in found[12].items():
        assert rows <= found[6][table] * TOLERANCE, table
    assert found[6]["contents"] > found[1]["contents"] >= POSTS_OF_A_MONTH
    await database.close()


async def _store_file(seed: Seed, store: FolderStore, content_id: str) -> None:
    """Let the file that a post names have bytes."""
    digest = store.put_bytes(content_id.encode())
    used = select(MediaUseRow.media_id).where(MediaUseRow.used_by == content_id)
    async with seed.database.write() as session:
        stored = update(MediaRow).where(col(MediaRow.id).in_(used)).values(sha256=digest)
        await (await session.connection()).execute(stored)


async def _stored(database: Database) -> dict[str, int]:
    """Rows by table, and the bytes of the database."""
    async with database.read() as session:
        connection = await session.connection()
        names = await connection.run_sync(lambda each: inspect(each).get_table_names())
        plain = [name for name in names if not name.startswith("post_words_")]
        rows = {name: (await connection.execute(text(f'SELECT count(*) FROM "{name}"'))).scalar_one() for name in plain}
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        size = (await connection.execute(text("PRAGMA page_size"))).scalar_one()
    return {name: count for name, count in rows.items() if count} | {"bytes": pages * size}
