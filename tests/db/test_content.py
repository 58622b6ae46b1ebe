"""A locked post: legal transitions only, events without gaps, a delivery per endpoint, and a next look."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from munadi.db.tables import BrandRow, DeliveryRow, EndpointRow
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.publishing.content import HELD_LOOK, PUBLISHING_LOOK, LockedContent
from munadi.publishing.states import IllegalTransition
from tests.db.board import Board
from tests.db.seeding import START

S = PublicationStatus
E = EventType
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BY = START + 24 * HOUR


@pytest.mark.parametrize(
    ("status", "row", "look"),
    [
        (S.ACCEPTED, {}, START + HOUR),
        (S.QUEUED, {}, START + HOUR),
        (S.QUEUED, {"due_at": START - HOUR}, START),
        (S.QUEUED, {"due_at": BY + HOUR}, BY),
        (S.QUEUED, {"lead_seconds": 600.0}, START + 50 * MINUTE),
        (S.QUEUED, {"lead_seconds": 600.0, "preparation_ready": True}, START + HOUR),
        (S.QUEUED, {"lead_seconds": 7200.0}, START + HOUR),
        (S.QUEUED, {"hold_reason": "OUTAGE", "hold_until": START + 2 * HOUR}, START + 2 * HOUR),
        (S.QUEUED, {"hold_reason": "OUTAGE", "hold_until": START + MINUTE}, START + HOUR),
        (S.QUEUED, {"hold_reason": "RATE_LIMIT", "hold_until": BY + HOUR}, BY),
        (S.QUEUED, {"hold_reason": "TOKEN"}, START + HELD_LOOK),
        (S.PUBLISHING, {}, START + PUBLISHING_LOOK),
        (S.UNCONFIRMED, {"next_look_at": START + 5 * MINUTE}, START + 5 * MINUTE),
        (S.UNCONFIRMED, {}, None),
        (S.PUBLISHED, {"next_look_at": None}, None),
        (S.FAILED, {}, None),
        (S.CANCELED, {}, None),
    ],
)
async def test_the_next_look_of_each_status(
    board: Board, status: S, row: dict[str, Any], look: datetime | None
) -> None:
    put = await board.put(status, **({"due_at": START + HOUR} | row), publish_by=BY)
    async with board.locked(put.content_id) as post:
        await post.close()
    assert (await board.content(put.content_id)).next_look_at == look


async def test_a_posts_next_look_is_the_nearest_of_its_publications(board: Board) -> None:
    put = await board.put(S.PUBLISHED, S.UNCONFIRMED, S.QUEUED, due=START + HOUR)
    await board.set(put.ids[1], next_look_at=START + MINUTE)
    async with board.locked(put.content_id) as post:
        await post.close()
    assert (await board.content(put.content_id)).next_look_at == START + MINUTE


async def test_an_illegal_transition_changes_nothing(board: Board) -> None:
    put = await board.put(S.PUBLISHED)
    with pytest.raises(IllegalTransition):
        async with board.locked(put.content_id) as post:
            await post.move(post.publications[0], S.QUEUED, E.PUBLISH_RESUMED)
    assert (await board.row(put.id)).status == "published"
    assert await board.types(put.content_id) == []


async def test_an_event_has_the_state_at_its_time(board: Board) -> None:
    put = await board.put(S.PUBLISHING, S.QUEUED)
    async with board.locked(put.content_id) as post:
        await post.fail(post.publications[0], failure_of(Reason.CONTENT_POLICY))
        await post.close()
    [event] = await board.events(put.content_id)
    assert (event.type, event.sns, event.status, event.reason) == (
        "content.publish.failed",
        "instagram",
        "failed",
        "CONTENT_POLICY",
    )
    assert (event.brand_ref, event.publication_id, event.sequence) == (board.brand, put.id, 1)
    assert event.data["content"]["status"] == "publishing"
    assert event.data["content"]["rollup"]["failed"] == 1
    assert event.data["publication"]["failure"]["class"] == "POLICY"


async def test_the_completion_is_emitted_once_per_result(board: Board) -> None:
    put = await board.put(S.PUBLISHING, S.PUBLISHED)

    async def close(*statuses: S) -> None:
        for key, status in zip(put.ids, statuses, strict=True):
            await board.set(key, status=status.value)
        for _ in range(2):
            async with board.locked(put.content_id) as post:
                await post.close()

    for statuses in [
        (S.PUBLISHING, S.PUBLISHED),
        (S.UNCONFIRMED, S.PUBLISHED),
        (S.FAILED, S.PUBLISHED),
        (S.QUEUED, S.PUBLISHED),
        (S.FAILED, S.PUBLISHED),
        (S.PUBLISHED, S.PUBLISHED),
    ]:
        await close(*statuses)
    events = [(event.type, event.status) for event in await board.events(put.content_id)]
    assert events == [
        ("content.completed", "unconfirmed"),
        ("content.completed", "partially_published"),
        ("content.completed", "partially_published"),
        ("content.completed", "published"),
    ]


async def test_events_of_concurrent_writers_are_numbered_without_gaps(board: Board) -> None:
    put = await board.put(S.QUEUED)

    async def emit(fails: bool) -> None:
        async with board.locked(put.content_id) as post:
            await post.emit(E.CONTENT_UPDATED)
            if fails:
                raise KeyError("rolled back")

    await asyncio.gather(*(emit(n % 5 == 0) for n in range(30)), return_exceptions=True)
    assert [event.sequence for event in await board.events(put.content_id)] == list(range(1, 25))
    assert (await board.content(put.content_id)).sequence == 24


async def test_a_hold_is_emitted_once_per_reason(board: Board) -> None:
    put = await board.put(S.QUEUED)
    await board.set_account(ChannelName.INSTAGRAM, status="reauth_required")
    for at, reason, until in [
        (START, HoldReason.OUTAGE, START + MINUTE),
        (START + MINUTE, HoldReason.OUTAGE, START + 3 * MINUTE),
        (START + 2 * MINUTE, HoldReason.TOKEN, None),
    ]:
        async with board.locked(put.content_id, at) as post:
            await post.hold(post.publications[0], reason, until)
            await post.close()
    row = await board.row(put.id)
    assert (row.hold_reason, row.hold_since, row.hold_until, row.hold_count) == ("TOKEN", START + 2 * MINUTE, None, 3)
    assert [event.reason for event in await board.events(put.content_id)] == ["OUTAGE", "TOKEN"]


async def test_token_holds_of_a_working_account_end_by_themselves_after_growing_waits(board: Board) -> None:
    """No reconnect is needed, so none would end the hold. Growing waits prevent a loop."""
    put = await board.put(S.QUEUED)
    waits = []
    for _ in range(5):
        async with board.locked(put.content_id, START) as post:
            await post.hold(post.publications[0], HoldReason.TOKEN, None)
            await post.close()
        waits.append(((await board.row(put.id)).hold_until or START) - START)
    assert waits == [1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 15 * MINUTE]


@pytest.mark.parametrize(
    ("endpoint", "received"),
    [
        ({}, {"content.updated": 1, "content.publish.started": 2}),
        ({"brand_ref": "ours"}, {"content.updated": 1, "content.publish.started": 2}),
        ({"brand_ref": "stranger"}, {}),
        ({"types": ["content.updated"]}, {"content.updated": 1}),
        ({"channels": ["threads"]}, {"content.updated": 1, "content.publish.started": 1}),
        ({"channels": ["youtube"]}, {}),
        ({"types": ["content.publish.started"], "channels": ["instagram"]}, {"content.publish.started": 1}),
        ({"enabled": False}, {"content.updated": 1, "content.publish.started": 2}),  # kept until it is enabled
        ({"deleted_at": START}, {}),
    ],
)
async def test_each_endpoint_gets_the_events_it_subscribed_to(
    own_board: Board, endpoint: dict[str, Any], received: dict[str, int]
) -> None:
    board = own_board
    if "brand_ref" in endpoint:
        endpoint = endpoint | {"brand_ref": {"ours": board.brand}.get(endpoint["brand_ref"], "stranger")}
    async with board.database.write() as session:
        session.add(BrandRow(ref="stranger", created_at=START))
        await session.flush()
        times = {"created_at": START, "updated_at": START}
        session.add(EndpointRow(id="whe_1", url="https://hooks.example", sealed=b"", **(times | endpoint)))
    put = await board.put(S.QUEUED, S.QUEUED)
    async with board.locked(put.content_id) as post:
        await post.emit(E.CONTENT_UPDATED)
        for row in post.publications:
            await post.move(row, S.PUBLISHING, E.PUBLISH_STARTED)
        await post.close()
        assert post.deliveries == sum(received.values())
    events = {event.id: event for event in await board.events(put.content_id)}
    async with board.database.read() as session:
        rows = (await session.exec(select(DeliveryRow))).all()
    types = [events[row.event_id].type for row in rows]
    assert {kind: types.count(kind) for kind in set(types)} == received
    for row in rows:
        assert (row.endpoint_id, row.content_id, row.status) == ("whe_1", put.content_id, "pending")
        assert row.sequence == events[row.event_id].sequence
        assert row.next_attempt_at == START


async def test_an_unknown_post_cannot_be_locked(board: Board) -> None:
    async with board.database.write() as session:
        assert await LockedContent.lock(session, "cnt_none", START) is None
        assert await LockedContent.lock_by_publication(session, "pub_none", START) is None
    put = await board.put(S.QUEUED)
    async with board.locked(put.content_id) as post:
        with pytest.raises(LookupError):
            post.publication("pub_none")
