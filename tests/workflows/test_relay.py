"""The relay continues after any failed round."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from temporalio.service import RPCError

from munadi.config import RelaySettings, load_settings
from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.domain.ids import workflow_id
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


async def test_an_unforeseen_error_does_not_end_the_relay(real: World, caplog: pytest.LogCaptureFixture) -> None:
    content_id = await real.submit(datetime.now(UTC))
    clock = BrokenClock()
    keyring = KeyRing([create_key()])
    keeping = UpkeepStore(real.database, keyring)
    settings = load_settings(relay=RelaySettings(interval=0.05))
    relay = asyncio.create_task(Relay(settings, real.database, keeping, real.client, clock).run())
    try:
        async with asyncio.timeout(20):
            while not await _started(real, content_id):  # noqa: ASYNC110 - the server knows
                await asyncio.sleep(0.05)
    finally:
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)
    assert clock.failures == 0
    assert "failed unexpectedly" in caplog.text


async def _started(world: World, content_id: str) -> bool:
    with contextlib.suppress(RPCError):
        await world.client.get_workflow_handle(workflow_id(content_id)).describe()
        return True
    return False
