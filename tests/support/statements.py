"""The SQL statements that a database receives, for tests that count them, and how tests save compiling them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from munadi.db import prebuilt
from munadi.db.prebuilt import call
from munadi.db.session import Database
from munadi.db.sqlite import WriterConnection

DIALECTS: tuple[type[DefaultDialect], ...] = (SQLiteDialect_aiosqlite, SQLiteDialect_pysqlite, PGDialectAsync_psycopg)


def share_compiled_statements() -> None:
    """Let all engines of this process compile a statement once, as one process of the product does with its engine.

    SQLAlchemy keeps compiled statements by engine and by dialect object. Nearly every test has engines of its own, and
    then compiling takes longer than what the test examines.
    """
    compiled: Any = LRUCache(5000)
    patch.object(Engine, "_compiled_cache", property(lambda _: compiled, lambda *_: None), create=True).start()
    for dialect in DIALECTS:
        # Two that are made alike are one key of the engines' cache, and of the caches that the mapped classes have.
        same: dict[str, Any] = {"__eq__": _are_alike, "__hash__": _hash_of_class, "_type_memos": WeakKeyDictionary()}
        patch.multiple(dialect, **same).start()


def _are_alike(one: DefaultDialect, other: object) -> bool:
    return type(one) is type(other) and one.paramstyle == getattr(other, "paramstyle", None)


def _hash_of_class(dialect: DefaultDialect) -> int:
    return hash(type(dialect))


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collects every statement while the block runs, each on one line."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(" ".join(statement.split()))

    def run(function: Callable[..., Any], statement: str, *parameters: Any) -> Any:
        note(None, None, statement)
        return call(function, statement, *parameters)

    async def begin(writer: WriterConnection) -> None:
        note(None, None, "BEGIN IMMEDIATE")
        await begin_(writer)

    engines, begin_ = {database._engine.sync_engine}, WriterConnection.begin
    if database._groups is not None:
        engines.add(database._groups.statements)
    if database._lookups is not None:
        engines.add(database._lookups)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        # What runs on SQLite's own connection.
        with patch.object(prebuilt, "call", run), patch.object(WriterConnection, "begin", begin):
            yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
