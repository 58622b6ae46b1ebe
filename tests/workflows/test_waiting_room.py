"""A network that needs a moment for a preparation costs one activity, which waits without a slot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import AsyncActivityHandle

from activities import waiting
from activities.waiting import WaitingRoom
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.publication import Pending, PublicationStatus
from munadi.domain.publishing import NextStep, StepResult
from tests.workflows.network import not_sent, rejected
from tests.workflows.world import World

B = ChannelName.BLUESKY
A_MOMENT = Pending(after=timedelta(seconds=0.5))
LONG = Pending(after=timedelta(seconds=15))


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the fake network has no event to await
            await asyncio.sleep(0.02)


async def submit(world: World) -> str:
    world.channels[B].leads = True
    content_id = await world.submit(datetime.now(UTC), lead=600)
    await world.wake(content_id, first=True)
    return content_id


async def events(world: World, content_id: str) -> list[int]:
    return [event.event_type for event in (await world.handle(content_id).fetch_history()).events]


async def test_moments_take_one_activity_and_no_timer(real: World) -> None:
    real.channels[B].prepare_plan.extend([A_MOMENT, A_MOMENT])
    async with real.worker():
        content_id = await submit(real)
        assert await real.result(content_id) == "1/1 published"
    assert [name for name, _ in real.channels[B].calls] == ["prepare"] * 3 + ["publish"]
    found = await events(real, content_id)
    assert found.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) == 2
    assert found.count(EventType.EVENT_TYPE_TIMER_STARTED) == 0


async def test_a_preparation_that_waits_has_no_slot(real: World) -> None:
    real.channels[B].prepare_plan.append(Pending(after=timedelta(seconds=3)))
    async with real.worker(max_concurrent_activities=1):
        first = await submit(real)
        await until(lambda: real.channels[B].count("prepare") == 1)
        second = await submit(real)
        assert await real.result(second) == "1/1 published"
        assert real.channels[B].count("prepare") == 2
        assert await real.result(first) == "1/1 published"


async def test_a_refusal_after_a_moment_fails_the_post(real: World) -> None:
    real.channels[B].prepare_plan.extend([A_MOMENT, rejected(Reason.MEDIA_VALIDATION_FAILED)])
    async with real.worker():
        content_id = await submit(real)
        await real.result(content_id)
    assert (await real.publications(content_id))[B].status == "failed"
    assert real.channels[B].count("publish") == 0


async def test_an_outage_after_a_moment_is_retried_by_temporal(real: World) -> None:
    real.channels[B].prepare_plan.extend([A_MOMENT, not_sent()])
    async with real.worker():
        content_id = await submit(real)
        assert await real.result(content_id) == "1/1 published"
    assert real.channels[B].count("prepare") == 3


async def test_a_canceled_post_is_not_prepared_on(real: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "HEARTBEAT_SECONDS", 0.2)
    real.channels[B].prepare_plan.append(LONG)
    async with real.worker():
        content_id = await submit(real)
        await until(lambda: bool(real.room._waiting))
        await real.change(content_id, "cancel")
        await real.result(content_id)
        await until(lambda: not real.room._waiting)
    assert real.channels[B].count("prepare") == 1


async def test_a_worker_that_stops_leaves_the_wait_to_the_workflow(real: World) -> None:
    real.channels[B].prepare_plan.append(Pending(after=timedelta(seconds=4)))
    async with real.worker():
        content_id = await submit(real)
        await until(lambda: bool(real.room._waiting))
    found = await events(real, content_id)
    assert found.count(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == 1
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED not in found
    real.channels[B].leads = False
    async with real.worker():
        assert await real.result(content_id) == "1/1 published"
    assert [name for name, _ in real.channels[B].calls] == ["prepare", "prepare", "publish"]


async def test_a_worker_that_dies_is_replaced(real: World) -> None:
    """Its heartbeats end, and Temporal starts the activity again."""
    real.channels[B].prepare_plan.append(LONG)
    async with real.worker():
        content_id = await submit(real)
        await until(lambda: bool(real.room._waiting))
        for task in list(real.room._waiting):
            for part in asyncio.all_tasks():
                if part.get_coro().__qualname__ in ("_beat", "WaitingRoom._work"):  # type: ignore[union-attr]
                    part.cancel()
            task.cancel()
        assert await real.result(content_id) == "1/1 published"
    assert real.channels[B].count("prepare") == 2


class Handle:
    """Takes a result as Temporal does; one that is `broken` fails with an error that is not Temporal's."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.results: list[StepResult] = []

    async def heartbeat(self) -> None:
        return None

    async def complete(self, result: StepResult) -> None:
        if self.broken:
            raise ValueError("a fault of ours")
        self.results.append(result)


async def test_one_that_cannot_be_completed_leaves_the_others_their_result(caplog: pytest.LogCaptureFixture) -> None:
    room, broken, whole = WaitingRoom(), Handle(broken=True), Handle()
    asks_again = StepResult(
        publication_id="pub_1",
        status=PublicationStatus.QUEUED,
        step=NextStep.AGAIN,
        epoch=1,
        after=timedelta(seconds=15),
    )
    for handle in (broken, whole):
        room.take(cast(AsyncActivityHandle, handle), asks_again, pytest.fail)
    await room.close()
    assert whole.results == [asks_again]
    assert "a preparation could not be completed" in caplog.text
