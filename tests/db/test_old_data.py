"""The worker deletes what is older than the settings say, and nothing where none does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import SQLModel, col, select

from munadi.db.tables import AttemptRow, AuditRow, ContentRow, DeliveryRow, EventRow, MediaRow
from munadi.domain.retention import RetentionSettings
from munadi.ports import Channels
from tests.db.old_posts import DAYS, NOW, WORDS, finished_post, newest_event
from tests.db.seeding import Seed, StillClock
from worker.retention import Retention

# None of these rounds reads what a network is like.
CHANNELS = Channels()


async def posts(seed: Seed) -> set[str]:
    async with seed.database.read() as session:
        return set((await session.exec(select(ContentRow.id))).all())


async def change(seed: Seed, table: type[SQLModel], condition: Any, **values: Any) -> None:
    async with seed.database.write() as session:
        await (await session.connection()).execute(update(table).where(condition).values(values))


@pytest.mark.parametrize(("days", "deleted"), [(None, 0), (30, 2), (90, 0)])
async def test_a_worker_deletes_old_posts_only_where_a_setting_says_so(
    seed: Seed, clock: StillClock, days: int | None, deleted: int
) -> None:
    account = await seed.account()
    made = {await finished_post(seed, account.id, words=f"text {number}") for number in range(2)}
    await newest_event(seed, account.id)
    clock.time = NOW
    await Retention(seed.database, clock, CHANNELS, RetentionSettings(posts_days=days)).round()
    assert len(made - await posts(seed)) == deleted


async def test_raw_answers_are_removed_from_attempts_that_ended(seed: Seed, clock: StillClock) -> None:
    account = await seed.account()
    rows = [await seed.publication(await finished_post(seed, account.id, words=f"text {each}")) for each in range(3)]
    new = await seed.publication(await finished_post(seed, account.id, at=NOW - 5 * DAYS))
    await change(seed, AttemptRow, col(AttemptRow.publication_id) == rows[0].id, is_open=True, ended_at=None)
    clock.time = NOW
    await Retention(seed.database, clock, CHANNELS, RetentionSettings()).round()
    assert await _answers(seed) == {row.id for row in (*rows, new)}
    worker = Retention(seed.database, clock, CHANNELS, RetentionSettings(answers_days=10))
    for _ in range(2):
        await worker.round()
        assert await _answers(seed) == {rows[0].id, new.id}
    await change(seed, AttemptRow, col(AttemptRow.publication_id) == rows[0].id, is_open=False, ended_at=NOW)
    clock.time = NOW + 11 * DAYS
    await worker.round()
    assert await _answers(seed) == set()


async def _answers(seed: Seed) -> set[str]:
    async with seed.database.read() as session:
        query = select(AttemptRow.publication_id).where(col(AttemptRow.raw).is_not(None))
        return set((await session.exec(query)).all())


async def test_files_that_nothing_names_are_deleted_where_a_setting_says_so(seed: Seed, clock: StillClock) -> None:
    account = await seed.account()
    await finished_post(seed, account.id)
    stays = await finished_post(seed, account.id, at=NOW - 20 * DAYS)
    await newest_event(seed, account.id)
    clock.time = NOW
    await Retention(seed.database, clock, CHANNELS, RetentionSettings(posts_days=30)).round()
    assert await _files(seed) == 2
    await Retention(seed.database, clock, CHANNELS, RetentionSettings(media_days=90)).round()
    assert await _files(seed) == 2, "too new"
    await Retention(seed.database, clock, CHANNELS, RetentionSettings(media_days=10)).round()
    assert await _files(seed) == 1
    assert stays in await posts(seed)
    async with seed.database.read() as session:
        query = select(AuditRow).where(AuditRow.action == "media.deleted")
        assert len((await session.exec(query)).all()) == 1


async def _files(seed: Seed) -> int:
    async with seed.database.read() as session:
        return len((await session.exec(select(MediaRow.id).where(col(MediaRow.deleted_at).is_(None)))).all())


async def test_old_events_lose_the_texts_of_posts_once_they_are_delivered(seed: Seed, clock: StillClock) -> None:
    account = await seed.account()
    await seed.endpoint()
    old, waits = [await finished_post(seed, account.id, words=f"{WORDS} {each}") for each in range(2)]
    new = await finished_post(seed, account.id, at=NOW - 5 * DAYS)
    pending = col(DeliveryRow.content_id) == waits
    await change(seed, DeliveryRow, pending, status="pending")
    clock.time = NOW
    await Retention(seed.database, clock, CHANNELS, RetentionSettings()).round()
    assert await _with_texts(seed) == {old, waits, new}
    worker = Retention(seed.database, clock, CHANNELS, RetentionSettings(event_texts_days=30))
    await worker.round()
    assert await _with_texts(seed) == {waits, new}
    await change(seed, DeliveryRow, pending, status="delivered")
    await worker.round()
    assert await _with_texts(seed) == {new}
    async with seed.database.read() as session:
        rows = (await session.exec(select(EventRow).where(EventRow.content_id == old))).all()
    assert all(row.type and row.status and not {"content", "publication"} & set(row.data) for row in rows)


async def _with_texts(seed: Seed) -> set[str | None]:
    async with seed.database.read() as session:
        rows = (await session.exec(select(EventRow).where(col(EventRow.content_id).is_not(None)))).all()
    return {row.content_id for row in rows if "content" in row.data}
