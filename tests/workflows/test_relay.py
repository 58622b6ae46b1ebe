"""The relay continues after any failed round."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from munadi.clock import SystemClock
from munadi.config import RelaySettings, load_settings
from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.tables import ContentRow
from munadi.domain.ids import workflow_id
from munadi.ports import Clock
from munadi.publishing.schedule import ScheduleStore
from munadi.temporal_settings import TemporalSettings
from tests.support.ports import free_port
from tests.workflows.fakes import ServerClock
from tests.workflows.world import World
from worker.relay import Relay


class BrokenClock(ServerClock):
    """Fails at first with an unexpected error."""

    def __init__(self) -> None:
        self.failures = 1

    def now(self) -> datetime:
        if self.failures:
            self.failures -= 1
            raise ValueError("an unforeseen error")
        return super().now()


@contextlib.asynccontextmanager
async def relay_of(world: World, clock: Clock, client: Client | None = None) -> AsyncIterator[None]:
    """A relay that runs twenty rounds a second."""
    keyring = KeyRing([create_key()])
    schedule, keeping = ScheduleStore(world.database, keyring), UpkeepStore(world.database, keyring)
    settings = load_settings(
        relay=RelaySettings(interval=0.05, look_grace=1.0), temporal=TemporalSettings(task_queue=world.queue)
    )
    relay = asyncio.create_task(Relay(settings, world.database, schedule, keeping, client or world.client, clock).run())
    try:
        async with asyncio.timeout(20):
            yield
    finally:
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)


async def test_an_unforeseen_error_does_not_end_the_relay(real: World, caplog: pytest.LogCaptureFixture) -> None:
    content_id = await real.submit(datetime.now(UTC))
    clock = BrokenClock()
    async with relay_of(real, clock):
        while not await _started(real, content_id):  # noqa: ASYNC110 - the server knows
            await asyncio.sleep(0.05)
    assert clock.failures == 0
    assert "failed unexpectedly" in caplog.text


async def test_a_post_whose_start_was_lost_is_started_with_its_plan(real: World) -> None:
    """As cheap as by the API: no signal, no look, and `queued` is recorded at once."""
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=3))
    async with real.database.write() as session:
        content = await session.get_one(ContentRow, content_id)
        content.wake_seq, content.next_wake_at = 1, None
    async with relay_of(real, SystemClock()):
        while (await real.content(content_id)).status != "queued":  # noqa: ASYNC110 - the database knows
            await asyncio.sleep(0.05)
    async with real.worker():
        assert await real.result(content_id) == "1/1 published"
    events = (await real.handle(content_id).fetch_history()).events
    kinds = [event.WhichOneof("attributes") for event in events]
    assert "workflow_execution_signaled_event_attributes" not in kinds
    scheduled = [event.activity_task_scheduled_event_attributes.activity_type.name for event in events]
    assert [name for name in scheduled if name] == ["publish"]


async def test_six_relays_signal_each_post_once(real: World) -> None:
    content_ids = [await real.submit(datetime.now(UTC) + timedelta(hours=1)) for _ in range(12)]
    for content_id in content_ids:
        await real.wake(content_id, first=True)
        await _change(real, content_id)
    async with contextlib.AsyncExitStack() as relays:
        for _ in range(6):
            await relays.enter_async_context(relay_of(real, SystemClock()))
        while min([await _signals(real, content_id) for content_id in content_ids]) == 0:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)  # twenty more rounds of each
    assert [await _signals(real, content_id) for content_id in content_ids] == [1] * 12
    for content_id in content_ids:
        await real.handle(content_id).terminate()


async def test_an_overdue_post_that_waits_in_a_queue_is_not_signaled(real: World) -> None:
    """Its workflow has a task that no worker has taken: one more would only lengthen the queue."""
    content_id = await real.submit(datetime.now(UTC) - timedelta(minutes=1))
    await real.wake(content_id, first=True)
    async with relay_of(real, SystemClock()):
        while (await real.content(content_id)).wake_tries == 0:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    assert await _signals(real, content_id) == 0
    await real.handle(content_id).terminate()


async def test_what_temporal_did_not_take_is_due_again_at_once(real: World, caplog: pytest.LogCaptureFixture) -> None:
    content_id = await real.submit(datetime.now(UTC))
    nowhere = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    async with relay_of(real, SystemClock(), nowhere):
        while "Temporal does not answer" not in caplog.text:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    content = await real.content(content_id)
    assert content.wake_tries == 0
    assert content.next_wake_at is None or content.next_wake_at <= datetime.now(UTC)


async def _change(world: World, content_id: str) -> None:
    """A change whose own wake was lost."""
    async with world.database.write() as session:
        content = await session.get_one(ContentRow, content_id)
        content.wake_seq, content.next_wake_at = content.wake_seq + 1, None


async def _signals(world: World, content_id: str) -> int:
    events = (await world.handle(content_id).fetch_history()).events
    kinds = [event.WhichOneof("attributes") for event in events]
    return kinds.count("workflow_execution_signaled_event_attributes")


async def _started(world: World, content_id: str) -> bool:
    with contextlib.suppress(RPCError):
        await world.client.get_workflow_handle(workflow_id(content_id)).describe()
        return True
    return False
