"""Scenarios whose workflow histories are recorded. `record` stores the histories, `test_fingerprint` compares them.

A scenario drives a `World` and records the history of every workflow run that it starts. It does not depend on the
speed of the machine: it waits for the workflow's current details, or uses a server that skips time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import WorkflowHandle, WorkflowHistory

from munadi.db.session import Database
from munadi.domain.channel import ChannelName
from tests.support.temporal import TemporalDevServer, time_skipping_environment
from tests.workflows.histories import commands
from tests.workflows.world import World

B, IG = ChannelName.BLUESKY, ChannelName.INSTAGRAM
# The text of every recorded post. No history may contain it.
CANARY = "canary-text-of-a-post"


@dataclass
class Recorder:
    """One run of a scenario: its world, and the histories that it has recorded."""

    world: World
    histories: list[WorkflowHistory] = field(default_factory=list)

    async def submit(
        self,
        due: timedelta = timedelta(0),
        *,
        lead: float = 0.0,
        window: float = 24,
        parts: Sequence[str] = (),
        is_proposed: bool = False,
    ) -> str:
        """Submit a post that is due after `due`. `window` is in hours, `parts` are its later visible steps. Its id."""
        at, hours = datetime.now(UTC) + due, timedelta(hours=window)
        return await self.world.submit(at, text=CANARY, lead=lead, window=hours, parts=parts, is_proposed=is_proposed)

    async def record(self, content_id: str) -> None:
        """Record the history of the latest workflow run of a post."""
        await self.record_run(self.world.handle(content_id))

    async def record_run(self, handle: WorkflowHandle) -> None:
        """Record the history of any workflow run."""
        self.histories.append(await handle.fetch_history())

    async def finish(self, content_id: str, words: str, *, first: bool = True) -> None:
        """Wake the workflow of a post, check that its result contains `words`, and record the run."""
        await self.world.wake(content_id, first=first)
        result = await self.world.result(content_id)
        assert words in result, result
        await self.record(content_id)

    async def take_over(self, content_id: str, *last: str) -> None:
        """Terminate a run after the commands `last`, and publish in another run. Records both runs."""
        async with self.world.worker():
            await self.world.wake(content_id, first=True)
            await self.until_commands(self.world.handle(content_id), *last)
            await self.world.handle(content_id).terminate("by a test")
            await self.record(content_id)
            await self.finish(content_id, "1/1 published", first=False)

    async def until_details(self, content_id: str, words: str) -> None:
        """Wait until the current details contain `words`. The workflow then only waits."""
        for _ in range(200):
            if words in str(await self.world.handle(content_id).query("__temporal_workflow_metadata")):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the details never contained {words!r}")

    async def until_commands(self, handle: WorkflowHandle, *last: str) -> None:
        """Wait until these are the last commands of a run."""
        async with asyncio.timeout(20):
            while commands([await handle.fetch_history()])[-len(last) :] != list(last):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


ScenarioFunction = Callable[["Recorder"], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """`skips` runs it on the time-skipping server. Quick scenarios with one channel are `fingerprinted`."""

    name: str
    channels: tuple[ChannelName, ...]
    skips: bool
    fingerprinted: bool
    function: ScenarioFunction


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *channels: ChannelName, skips: bool = False, slow: bool = False
) -> Callable[[ScenarioFunction], ScenarioFunction]:
    """Add a scenario to `SCENARIOS` under its function's name, which is also the name of its history files."""

    def add(function: ScenarioFunction) -> ScenarioFunction:
        name, fingerprinted = function.__name__, len(channels) == 1 and not slow
        SCENARIOS[name] = Scenario(name, channels, skips, fingerprinted, function)
        return function

    return add


async def run_scenario(chosen: Scenario, server: TemporalDevServer, folder: Path) -> list[WorkflowHistory]:
    """Run a scenario and return its histories. Without `skips` it runs on `server`. `folder` gets its database."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'munadi.db'}")
    try:
        if not chosen.skips:
            return await _run(chosen, World(await server.connect(), database, chosen.channels))
        async with time_skipping_environment() as environment:
            world = World(environment.client, database, chosen.channels)
            world.skip = environment.time_skipping_unlocked
            world.let_pass = environment.sleep
            return await _run(chosen, world)
    finally:
        await database.close()


async def _run(chosen: Scenario, world: World) -> list[WorkflowHistory]:
    await world.create()
    recorder = Recorder(world)
    await chosen.function(recorder)
    return recorder.histories
