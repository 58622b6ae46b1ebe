"""The SQL statements that a database receives, for tests that count them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from munadi.db import prebuilt
from munadi.db.prebuilt import call
from munadi.db.session import Database
from munadi.db.sqlite import WriterConnection


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
