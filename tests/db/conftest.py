"""Each test of a store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from munadi.db.session import Database
from tests.db.seeding import Seed, StillClock


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def seed(database_url: str) -> AsyncIterator[Seed]:
    database = Database(database_url)
    made = Seed(database)
    await made.create()
    yield made
    await database.close()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()
