"""How SQLite reads a query: by an index, or by scanning a table."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import event

from munadi.db.session import Database

# A plan can be tested on SQLite only: PostgreSQL chooses one by the size of the table.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def plan_of(database: Database, call: Awaitable[Any], word: str) -> list[str]:
    """SQLite's plan of the first query in the call that contains `word`."""
    statements: list[tuple[str, Any]] = []
    for engine in (database._engine.sync_engine, database._lookups):
        event.listen(engine, "before_cursor_execute", lambda c, cur, sql, values, *_: statements.append((sql, values)))
    await call
    sql, values = next(given for given in statements if word in given[0])
    async with database.read() as session:
        connection = await session.connection()
        return [list(row)[3] for row in (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)).all()]
