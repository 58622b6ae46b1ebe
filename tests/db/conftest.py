"""Each test of a store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from munadi.db.session import Database
from tests.db.board import Board
from tests.db.seeding import Seed, StillClock
from tests.support.tables import create_tables


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without rows; over PostgreSQL it has all tables already."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    return str(request.getfixturevalue("postgres_tables"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
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


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Each database in turn, with tables, shared by the session: for tests that read only their own brand."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('shared') / 'munadi.db'}"
    else:
        url = str(request.getfixturevalue("postgres").create_database())
    engine = create_engine(url.replace("+aiosqlite", ""))
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture
async def any_database(shared_url: str) -> AsyncIterator[Database]:
    """Each database in turn. It may contain rows of other tests."""
    made = Database(shared_url)
    yield made
    await made.close()


@pytest.fixture
async def board(any_database: Database) -> Board:
    """Posts in any state, of a brand of their own."""
    made = Board(any_database)
    await made.create()
    return made


@pytest.fixture
async def own_board(database_url: str) -> AsyncIterator[Board]:
    """Posts in any state, in a database of their own."""
    database = Database(database_url)
    made = Board(database)
    await create_tables(database)
    await made.create()
    yield made
    await database.close()
