"""Fills a migrated database with synthetic posts: a million in a few minutes.

The rows go through the product's own table definitions: their columns, defaults and types. Indexes and triggers are
removed for the time of filling, and made again as they were, because many small changes of a large index take longer
than making it once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

import psycopg
from sqlalchemy import Column, Table
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

import munadi.db.tables  # noqa: F401 - registers the tables
from munadi.db.contents.word_index import FILL_WORDS
from tools.growth.rows import Rows, installation, posts

# Rows in memory at a time.
CHUNK = 40_000
_encode = json.JSONEncoder(ensure_ascii=False).encode
_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}


def fill(database_url: str, total: int) -> None:
    """Add an installation with `total` posts to a database that has all tables and no rows."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        assert url.database, "a database in memory has nothing to open again"
        _fill_sqlite(url.database, total)
    else:
        _fill_postgres(url.set(drivername="postgresql").render_as_string(hide_password=False), total)


class _Target(Protocol):
    """Where rows are written, one table after the other."""

    def columns(self, table: str) -> set[str]: ...

    def insert(self, table: str, columns: list[str], rows: Iterable[list[Any]]) -> None: ...


class _Rows:
    """Turns the values of rows of one table into what a driver takes, in the order of its columns."""

    def __init__(self, table: Table, known: set[str], sqlite: bool) -> None:
        self._columns = [column for column in table.columns if column.name in known]
        self.names = [column.name for column in self._columns]
        self._place = {name: place for place, name in enumerate(self.names)}
        self._convert = {column.name: _converter(column, sqlite) for column in self._columns}
        self._defaults = [self._convert[column.name](_default(column)) for column in self._columns]

    def row(self, values: Mapping[str, Any]) -> list[Any]:
        row = self._defaults.copy()
        for name, value in values.items():
            if name in self._place:  # a database of an earlier revision has fewer
                row[self._place[name]] = self._convert[name](value)
        return row


def _default(column: Column[Any]) -> Any:
    default: Any = column.default
    if default is None:
        return {} if column.server_default is not None and "[]" not in str(column.server_default.arg) else None  # type: ignore[attr-defined]
    return default.arg(None) if default.is_callable else default.arg


def _converter(column: Column[Any], sqlite: bool) -> Callable[[Any], Any]:
    kind = type(column.type).__name__
    if kind == "UtcDateTime" and sqlite:
        return _sqlite_time
    if kind == "JSON":
        return _json
    return lambda value: value


def _sqlite_time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(" ", "microseconds")[:26]


def _json(value: Any) -> str | None:
    if not value:
        return None if value is None else _EMPTY[type(value)]
    return _encode(value)


def _write(target: _Target, rows: Rows, *, sqlite: bool) -> None:
    tables = SQLModel.metadata.tables
    makers: dict[str, _Rows] = {}
    waiting: dict[str, list[list[Any]]] = {}
    while part := list(islice(rows, CHUNK)):
        for name, values in part:
            if name not in makers:
                makers[name] = _Rows(tables[name], target.columns(name), sqlite)
                waiting[name] = []
            waiting[name].append(makers[name].row(values))
        # In the order of their foreign keys.
        for table in SQLModel.metadata.sorted_tables:
            if waiting.get(table.name):
                target.insert(table.name, makers[table.name].names, waiting[table.name])
                waiting[table.name] = []


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self, table: str) -> set[str]:
        return {row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")}

    def insert(self, table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _fill_sqlite(path: str, total: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        found = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
        ).fetchall()
        connection.execute("BEGIN IMMEDIATE")
        for kind, name, _ in found:
            connection.execute(f"DROP {kind} {name}")
        for rows in (installation(), posts(total)):
            _write(_Sqlite(connection), rows, sqlite=True)
        for _, _, sql in found:
            connection.execute(sql)
        if any(kind == "trigger" for kind, _, _ in found):
            connection.execute(FILL_WORDS)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Postgres:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def columns(self, table: str) -> set[str]:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        return {row[0] for row in self._connection.execute(query, (table,))}

    def insert(self, table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


def _fill_postgres(url: str, total: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        with _without_indexes(connection), connection.transaction():
            for rows in (installation(), posts(total)):
                _write(_Postgres(connection), rows, sqlite=False)
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    query = """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND NOT EXISTS
            (SELECT FROM pg_constraint WHERE conname = indexname)
    """
    found = connection.execute(query).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    yield
    connection.execute("SET maintenance_work_mem = '256MB'")
    for _, definition in found:
        connection.execute(definition)
