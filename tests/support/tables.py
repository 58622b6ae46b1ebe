"""Databases with all tables of the models. Thousands of tests need one, and to make it takes longer than most tests.

So SQLite's is created once in memory and copied, and PostgreSQL's databases are reused.
"""

import sqlite3
from contextlib import closing
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import create_mock_engine
from sqlmodel import SQLModel

import munadi.db.contents.word_index
import munadi.db.tables  # noqa: F401 - registers the models
from munadi.db.session import Database
from tests.support.postgres import PostgresServer

# Of a test that left more rows, PostgreSQL keeps too much behind: the next one gets a new database.
FEW_ROWS = 500


async def create_tables(database: Database) -> None:
    """Create all tables in an empty database. One of `EmptiedDatabases` has them, and one that is opened again."""
    if database.is_sqlite:
        fill(database, _empty())
        return
    async with database._engine.begin() as connection:
        if (await connection.exec_driver_sql("SELECT to_regclass('brands')")).scalar():
            return
        for statement in statements("postgresql"):
            await connection.exec_driver_sql(statement)


def copy_of(database: Database) -> sqlite3.Connection:
    """What an SQLite database contains, in memory."""
    copied = sqlite3.connect(":memory:", isolation_level=None)
    with closing(sqlite3.connect(str(database.url.database))) as source:
        source.backup(copied)
    return copied


def fill(database: Database, content: sqlite3.Connection) -> None:
    """Copy `content` into an SQLite database, if that has no table yet."""
    with closing(sqlite3.connect(str(database.url.database))) as target:
        if not target.execute("SELECT name FROM sqlite_master").fetchall():
            content.backup(target)


@cache
def _empty() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements("sqlite"):
        made.execute(statement)
    return made


@cache
def statements(backend: str) -> tuple[str, ...]:
    """SQLite takes one at a time; PostgreSQL, which is a trip away, takes all at once."""
    found: list[str] = []

    def collect(statement: Any, *_: Any, **__: Any) -> None:
        found.append(str(statement.compile(dialect=engine.dialect)).replace("%%", "%"))

    engine = create_mock_engine(f"{backend}+psycopg://" if backend == "postgresql" else f"{backend}://", collect)
    SQLModel.metadata.create_all(engine, checkfirst=False)
    return tuple(found) if backend == "sqlite" else (";\n".join(found),)


class EmptiedDatabases:
    """Databases of one PostgreSQL with all tables and no rows, each lent to one test after the other."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._free: list[str] = []

    def lend(self) -> str:
        """The URL of a database. Give it back after the test."""
        if self._free:
            return self._free.pop()
        url = self._server.create_database()
        with _connected(url) as connection:
            for statement in statements("postgresql"):
                connection.execute(statement.encode())
        return url

    def give_back(self, url: str) -> None:
        """End what still uses the database, and empty it. The test must have left its tables as they were."""
        with _connected(url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            deleted = {
                table.name: connection.execute(f'DELETE FROM "{table.name}"'.encode()).rowcount
                for table in reversed(SQLModel.metadata.sorted_tables)
            }
            # Without this, new rows would take the places of deleted ones, in another order than in a new table.
            for name in (name for name, rows in deleted.items() if rows):
                connection.execute(f'VACUUM "{name}"'.encode())
        if sum(deleted.values()) > FEW_ROWS:
            self._server.drop_database(url)
        else:
            self._free.append(url)


def _connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
