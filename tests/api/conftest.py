"""The application in process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.browsing import Visitor, visiting
from tests.api.desk import Desk, open_desk
from tests.api.door import Door, open_door


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """The API over a new database, with the brands `acme` and `rival`."""
    async with open_door(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each database in turn, empty."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def desk(tmp_path: Path, database_url: str) -> AsyncIterator[Desk]:
    """The API over each database, with real channels and accounts."""
    async with open_desk(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
async def small_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """The same over SQLite alone, where the database makes no difference."""
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def visitor(small_desk: Desk) -> AsyncIterator[Visitor]:
    """A browser that signed in to the small desk's dashboard as administrator."""
    async with visiting(small_desk.app, small_desk.admin_key) as signed_in:
        yield signed_in
