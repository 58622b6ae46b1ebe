"""How a story is told whose history is kept: once by `record`, and again by `test_fingerprint`.

A story drives a `World` and keeps the history of every run it opened. Nothing in it depends on how fast the
machine is: what must come later waits on the workflow's own words, or on a server that skips time.
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
# The text of every recorded post: it must never be found in a history.
CANARY = "canary-text-of-a-post"


@dataclass
class Telling:
    """One telling of a story: the world it happens in, and the histories it left."""

    world: World
    histories: list[WorkflowHistory] = field(default_factory=list)

    async def submit(
        self, due: timedelta = timedelta(0), *, lead: float = 0.0, window: float = 24, parts: Sequence[str] = ()
    ) -> str:
        """A content due that far ahead; `window` in hours, `parts` are its later visible steps."""
        at = datetime.now(UTC) + due
        return await self.world.submit(at, text=CANARY, lead=lead, window=timedelta(hours=window), parts=parts)

    async def keep(self, content_id: str) -> None:
        """Keep the history of the content's latest run."""
        await self.keep_run(self.world.handle(content_id))

    async def keep_run(self, handle: WorkflowHandle) -> None:
        """Keep the history of any run."""
        self.histories.append(await handle.fetch_history())

    async def finish(self, content_id: str, words: str, *, first: bool = True) -> None:
        """Wake it, see it end in these words, keep the run."""
        await self.world.wake(content_id, first=first)
        result = await self.world.result(content_id)
        assert words in result, result
        await self.keep(content_id)

    async def until_told(self, content_id: str, words: str) -> None:
        """Until the current details say so: then the workflow has nothing left to do but to wait."""
        for _ in range(200):
            if words in str(await self.world.handle(content_id).query("__temporal_workflow_metadata")):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} never showed")

    async def until_commands(self, content_id: str, *last: str) -> None:
        """Until these are the last commands of the run."""
        await self.until_commands_of(self.world.handle(content_id), *last)

    async def until_commands_of(self, handle: WorkflowHandle, *last: str) -> None:
        """The same of any run."""
        async with asyncio.timeout(20):
            while commands([await handle.fetch_history()])[-len(last) :] != list(last):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


Tell = Callable[["Telling"], Awaitable[None]]


@dataclass(frozen=True)
class RecordedStory:
    """`skips` tells it on the time-skipping server; `fingerprinted` are those with one channel that are quick."""

    name: str
    channels: tuple[ChannelName, ...]
    skips: bool
    fingerprinted: bool
    tell: Tell


STORIES: dict[str, RecordedStory] = {}


def story(*channels: ChannelName, skips: bool = False, slow: bool = False) -> Callable[[Tell], Tell]:
    """Put a story on the list, under its function's name."""

    def listed(tell: Tell) -> Tell:
        STORIES[tell.__name__] = RecordedStory(tell.__name__, channels, skips, len(channels) == 1 and not slow, tell)
        return tell

    return listed


async def tell(story: RecordedStory, server: TemporalDevServer, folder: Path) -> list[WorkflowHistory]:
    """The histories that a telling left. `server` is used unless the story skips time; `folder` is its own."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'munadi.db'}")
    try:
        if not story.skips:
            return await _tell(story, World(await server.connect(), database, story.channels))
        async with time_skipping_environment() as environment:
            world = World(environment.client, database, story.channels)
            world.skip = environment.time_skipping_unlocked
            world.let_pass = environment.sleep
            return await _tell(story, world)
    finally:
        await database.close()


async def _tell(story: RecordedStory, world: World) -> list[WorkflowHistory]:
    await world.create()
    told = Telling(world)
    await story.tell(told)
    return told.histories
