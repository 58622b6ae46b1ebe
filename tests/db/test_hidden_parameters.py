"""An error of the database names its statement and never the values of a row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.migrate import _engine
from tests.db.seeding import Seed

SECRET = "CANARY-of-a-row"
STATEMENT = "INSERT INTO nothing VALUES (:value)"


async def test_an_error_names_no_value(seed: Seed) -> None:
    for opened in (seed.database.read, seed.database.write):
        with pytest.raises(DBAPIError) as caught:
            await _break(opened)
        assert "INSERT INTO nothing" in str(caught.value)
        assert SECRET not in str(caught.value)


async def test_an_error_of_a_migration_names_no_value(tmp_path: Path) -> None:
    with pytest.raises(DBAPIError) as caught, _engine(f"sqlite:///{tmp_path}/x.db").begin() as connection:
        connection.execute(text(STATEMENT), {"value": SECRET})
    assert SECRET not in str(caught.value)


async def _break(opened: Callable[[], AbstractAsyncContextManager[AsyncSession]]) -> None:
    async with opened() as session:
        await (await session.connection()).execute(text(STATEMENT), {"value": SECRET})
