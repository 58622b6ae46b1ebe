"""A purge deletes old posts with everything of theirs, keeps what something needs, and continues after a kill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import SQLModel, col, select

from munadi.db.events.log import number_events
from munadi.db.ids import new_id
from munadi.db.tables import (
    AttemptRow,
    AuditRow,
    BrandRow,
    ContentRow,
    DeliveryRow,
    DiscardRow,
    EventRow,
    PublicationRow,
    RecoveryRow,
)
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from munadi.domain.purge import Kept
from munadi.publishing import pace
from munadi.publishing.purging import PostPurge, PurgeRefused
from tests.db.old_posts import DAYS, NOW, OLD, OUTLIVES, WORDS, finished_post, newest_event, tables_with
from tests.db.seeding import START, Seed, StillClock

EVERY_TABLE = {
    "attempts": 1,
    "content_metadata": 1,
    "contents": 1,
    "deliveries": 2,
    "discards": 1,
    "drafts": 1,
    "events": 2,
    "media_uses": 1,
    "publications": 1,
    "saved_drafts": 1,
}


@pytest.fixture
def purge(seed: Seed, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> PostPurge:
    """A purge in transactions of two posts, which does not rest."""
    monkeypatch.setattr(pace, "FIRST", 2)
    monkeypatch.setattr(pace, "LARGEST", 2)
    clock.time = NOW
    return PostPurge(seed.database, clock, share=1.0)


async def posts(seed: Seed) -> set[str]:
    async with seed.database.read() as session:
        return set((await session.exec(select(ContentRow.id))).all())


async def change(seed: Seed, table: type[SQLModel], condition: Any, **values: Any) -> None:
    async with seed.database.write() as session:
        await (await session.connection()).execute(update(table).where(condition).values(values))


async def test_no_table_has_anything_of_a_purged_post(seed: Seed, purge: PostPurge) -> None:
    account = await seed.account()
    await seed.endpoint()
    gone = [await finished_post(seed, account.id, at=START + timedelta(minutes=minutes)) for minutes in range(3)]
    rows = [await seed.publication(content_id) for content_id in gone]
    stays = {
        await finished_post(seed, account.id, at=OLD + DAYS, words="another text"),
        await newest_event(seed, account.id),
    }
    names = [*gone, *(row.id for row in rows), WORDS]
    assert len(await tables_with(seed.database, names)) >= len(EVERY_TABLE)
    planned = await purge.count(OLD)
    assert await posts(seed) == {*gone, *stays}, "a dry run deletes nothing"
    report = await purge.purge(OLD)
    expected = {table: 3 * count for table, count in EVERY_TABLE.items()}
    assert (planned.posts, planned.deleted, planned.kept) == (3, expected, {})
    words = {"post_words": 6} if seed.database.is_sqlite else {}
    assert (report.posts, report.deleted, report.kept) == (3, expected | words, {})
    assert set(await tables_with(seed.database, names)) - OUTLIVES == set()
    assert await posts(seed) == stays
    again = await purge.purge(OLD)
    assert (again.posts, again.deleted) == (0, {})


async def test_a_purge_of_one_brand_leaves_the_others_and_is_in_the_audit_log(seed: Seed, purge: PostPurge) -> None:
    account = await seed.account()
    for minutes in range(3):
        await finished_post(seed, account.id, at=START + timedelta(minutes=minutes))
    await newest_event(seed, account.id)
    async with seed.database.write() as session:
        session.add(BrandRow(ref="other", created_at=START))
    assert (await purge.purge(OLD, "other")).posts == 0
    assert (await purge.purge(OLD, "acme")).posts == 3
    async with seed.database.read() as session:
        [entry] = (await session.exec(select(AuditRow).where(AuditRow.action == "content.purged"))).all()
    assert (entry.brand_ref, entry.count, entry.target, entry.key_id) == ("acme", 3, "2026-12-02T09:00:00Z", None)


@pytest.mark.parametrize(
    ("before", "brand", "named"),
    [(NOW - 7 * DAYS + timedelta(seconds=1), None, "at least 7 days ago"), (OLD, "nobody", "no brand 'nobody'")],
)
async def test_a_purge_that_makes_no_sense_deletes_nothing(
    seed: Seed, purge: PostPurge, before: Any, brand: str | None, named: str
) -> None:
    account = await seed.account()
    content_id = await finished_post(seed, account.id)
    await newest_event(seed, account.id)
    for run in (purge.purge, purge.count):
        with pytest.raises(PurgeRefused, match=named):
            await run(before, brand)
    assert content_id in await posts(seed)


async def _open_attempt(seed: Seed, post: str, row: str) -> None:
    await change(seed, AttemptRow, col(AttemptRow.publication_id) == row, is_open=True)


def of_post(**values: Any) -> Callable[[Seed, str, str], Awaitable[None]]:
    return lambda seed, post, _row: change(seed, ContentRow, col(ContentRow.id) == post, **values)


def of_publication(**values: Any) -> Callable[[Seed, str, str], Awaitable[None]]:
    return lambda seed, _post, row: change(seed, PublicationRow, col(PublicationRow.id) == row, **values)


async def _leftover(seed: Seed, _post: str, row: str) -> None:
    await change(seed, DiscardRow, col(DiscardRow.publication_id) == row, next_try_at=NOW)


async def _pending(seed: Seed, post: str, _row: str) -> None:
    await change(seed, DeliveryRow, col(DeliveryRow.content_id) == post, status="pending")


async def _unnumbered(seed: Seed, post: str, _row: str) -> None:
    await change(seed, EventRow, col(EventRow.content_id) == post, position=None)


async def _recovery(seed: Seed, _post: str, _row: str) -> None:
    endpoint = await seed.endpoint(url="https://hooks.example/2")
    async with seed.database.write() as session:
        times = {"since": START - DAYS, "until": NOW, "created_at": NOW}
        session.add(RecoveryRow(id=new_id(Prefix.RECOVERY), endpoint_id=endpoint.id, **times))


LATER = NOW + DAYS
NEEDED: list[tuple[Kept, Callable[[Seed, str, str], Awaitable[None]]]] = [
    *(
        (Kept.UNFINISHED, of_publication(status=status))
        for status in ("accepted", "queued", "publishing", "unconfirmed")
    ),
    (Kept.UNFINISHED, of_post(next_look_at=LATER)),
    (Kept.UNFINISHED, of_post(wake_seq=9)),
    (Kept.UNFINISHED, of_publication(next_look_at=LATER)),
    (Kept.UNFINISHED, of_publication(step_look_at=LATER)),
    (Kept.UNFINISHED, _open_attempt),
    (Kept.CHANGE, of_post(withdraw_at=LATER)),
    (Kept.CHANGE, of_publication(withdrawal_at=LATER)),
    (Kept.CHANGE, of_publication(edit_at=LATER)),
    (Kept.CHANGE, of_publication(updated_at=OLD + DAYS)),
    (Kept.LOOK, of_publication(watch_at=LATER)),
    (Kept.LEFTOVER, _leftover),
    (Kept.EVENT, _pending),
    (Kept.EVENT, _unnumbered),
    (Kept.EVENT, _recovery),
]


async def test_what_something_needs_is_kept_and_says_why(seed: Seed, purge: PostPurge) -> None:
    account = await seed.account()
    await seed.endpoint()
    await newest_event(seed, account.id)
    for number, (reason, need) in enumerate(NEEDED):
        content_id = await finished_post(seed, account.id, words=f"text {number}")
        await newest_event(seed, account.id)
        row = await seed.publication(content_id)
        await need(seed, content_id, row.id)
        report = await purge.purge(OLD)
        assert (report.posts, report.kept) == (0, {reason: 1}), (number, reason)
        assert content_id in await posts(seed)
        await change(seed, ContentRow, col(ContentRow.id) == content_id, updated_at=NOW)  # out of the way


async def test_the_newest_event_keeps_its_post_so_that_positions_are_never_given_twice(
    seed: Seed, purge: PostPurge
) -> None:
    account = await seed.account()
    old, newest = await finished_post(seed, account.id), await finished_post(seed, account.id)
    report = await purge.purge(OLD)
    assert (report.posts, report.kept, await posts(seed)) == (1, {Kept.EVENT: 1}, {newest})
    async with seed.database.read() as session:
        before = max((await session.exec(select(EventRow.position))).all(), key=lambda each: each or 0)
    await newest_event(seed, account.id)
    async with seed.database.read() as session:
        positions = (await session.exec(select(EventRow.position).order_by(col(EventRow.position)))).all()
    assert before is not None
    assert positions[-1] == before + 1
    assert old not in await posts(seed)
    assert (await purge.purge(OLD)).posts == 1


async def test_the_usage_of_this_month_counts_what_it_counted(seed: Seed, purge: PostPurge, clock: StillClock) -> None:
    account = await seed.account()
    content_id = await finished_post(seed, account.id)
    await newest_event(seed, account.id)
    clock.time = START + 20 * DAYS  # the same month
    assert (await purge.purge(OLD)).kept == {Kept.USAGE: 1}
    clock.time = START + 31 * DAYS
    assert (await purge.purge(OLD)).posts == 1
    assert content_id not in await posts(seed)


@pytest.mark.parametrize(
    ("status", "attempt", "words", "kept"),
    [
        ("unconfirmed", {"is_open": True}, WORDS, 1),
        ("failed", {"was_uncertain": True}, WORDS, 1),
        ("unconfirmed", {"is_open": True}, None, 1),
        ("unconfirmed", {"is_open": True}, "another text", 0),
        ("failed", {"was_uncertain": False}, WORDS, 0),
        ("published", {"was_uncertain": True}, WORDS, 0),
    ],
)
async def test_a_post_whose_copy_may_be_live_keeps_its_id_at_the_network(
    seed: Seed, purge: PostPurge, status: str, attempt: dict[str, bool], words: str | None, kept: int
) -> None:
    """A look for the copy must know which live post is this one, or it would take it for the copy."""
    account = await seed.account()
    await finished_post(seed, account.id)
    copy = await finished_post(seed, account.id, at=OLD + DAYS)
    row = await seed.publication(copy)
    await change(seed, AttemptRow, col(AttemptRow.publication_id) == row.id, **attempt)
    await change(seed, PublicationRow, col(PublicationRow.id) == row.id, status=status, fingerprint=words)
    await newest_event(seed, account.id)
    report = await purge.purge(OLD)
    assert (report.posts, report.kept.get(Kept.UNCERTAIN, 0)) == (1 - kept, kept)


async def test_after_a_restored_backup_it_is_the_same(seed: Seed, purge: PostPurge) -> None:
    account = await seed.account()
    await finished_post(seed, account.id)
    queued = await newest_event(seed, account.id)
    row = await seed.publication(queued)
    given = {"look_since": START, "fingerprint": WORDS}
    await change(seed, PublicationRow, col(PublicationRow.id) == row.id, **given)
    assert (await purge.purge(OLD)).kept == {Kept.UNCERTAIN: 1}


async def test_a_purge_that_was_stopped_has_deleted_whole_posts_and_continues(seed: Seed, purge: PostPurge) -> None:
    account = await seed.account()
    made = [await finished_post(seed, account.id, at=START + timedelta(minutes=minutes)) for minutes in range(5)]
    await newest_event(seed, account.id)

    def stop(deleted: int) -> None:
        if deleted >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await purge.purge(OLD, progress=stop)
    assert await posts(seed) & set(made) == set(made[2:])
    assert set(await tables_with(seed.database, made[:2])) - OUTLIVES - {"post_words", "post_words_content"} == set()
    assert (await purge.purge(OLD)).posts == 3
    assert set(await tables_with(seed.database, made)) - OUTLIVES == set()


async def test_a_post_that_is_due_is_waited_for(seed: Seed, purge: PostPurge, monkeypatch: pytest.MonkeyPatch) -> None:
    account = await seed.account()
    await finished_post(seed, account.id)
    due = await newest_event(seed, account.id, at=NOW)
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            assert await posts(seed) > {due}, "nothing was deleted beside it"
            await seed.set_status(due, PublicationStatus.PUBLISHED)

    monkeypatch.setattr(pace.asyncio, "sleep", wait)
    assert (await purge.purge(OLD)).posts == 1
    assert waited[:3] == [pace.CHECK_SECONDS] * 3
    await number_events(seed.database)
