"""Tells a recorded story on the server it asks for."""

from __future__ import annotations

from pathlib import Path

from temporalio.client import WorkflowHistory

from munadi.db.session import Database
from tests.support.temporal import TemporalDevServer, time_skipping_environment
from tests.workflows.stories import RecordedStory, Telling
from tests.workflows.world import World


async def tell(story: RecordedStory, server: TemporalDevServer, folder: Path) -> list[WorkflowHistory]:
    """The histories that a telling left. `server` is used unless the story skips time; `folder` is its own."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'munadi.db'}")
    try:
        if not story.skips:
            return await _tell(story, World(await server.connect(), database, story.channels))
        async with time_skipping_environment() as environment:
            world = World(environment.client, database, story.channels)
            world.skip = environment.time_skipping_unlocked
            return await _tell(story, world)
    finally:
        await database.close()


async def _tell(story: RecordedStory, world: World) -> list[WorkflowHistory]:
    await world.create()
    told = Telling(world)
    await story.tell(told)
    return told.histories
