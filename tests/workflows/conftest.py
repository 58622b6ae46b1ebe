"""Worlds on the time-skipping server and on the dev server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from munadi.clock import SystemClock
from munadi.db.session import Database
from munadi.domain.channel import ChannelName
from tests.support.events import check_events
from tests.support.temporal import TemporalDevServer
from tests.workflows.world import World

ONE = (ChannelName.BLUESKY,)
TWO = (ChannelName.BLUESKY, ChannelName.INSTAGRAM)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A run that the time-skipping server has lost says nothing about us. Every other failure counts at once."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=["StrandedRun"]))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    yield made
    await check_events(made)
    await made.close()


@pytest.fixture
async def skipping(time_skipping: WorkflowEnvironment, database: Database) -> World:
    """Two channels on the time-skipping server."""
    world = World(time_skipping.client, database, TWO)
    world.skip = time_skipping.time_skipping_unlocked  # type: ignore[attr-defined]
    await world.create()
    return world


@pytest.fixture
async def real(temporal: TemporalDevServer, database: Database) -> World:
    """One channel on the dev server, in real time."""
    world = World(await temporal.connect(), database, ONE)
    world.clock = SystemClock()
    await world.create()
    return world


@pytest.fixture
async def real_two(temporal: TemporalDevServer, database: Database) -> World:
    """Two channels on the dev server, in real time: a skipping clock may jump by years between two runs."""
    world = World(await temporal.connect(), database, TWO)
    world.clock = SystemClock()
    await world.create()
    return world
