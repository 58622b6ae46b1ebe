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


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collects every statement while the block runs, each on one line."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(" ".join(statement.split()))

    def run(function: Callable[..., Any], statement: str, *parameters: Any) -> Any:
        note(None, None, statement)
        return call(function, statement, *parameters)

    engines = {database._reader.sync_engine, database._writer.sync_engine}
    if database._groups is not None:
        engines.add(database._groups.statements)
    if database._lookups is not None:
        engines.add(database._lookups)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(prebuilt, "call", run):  # what runs on SQLite's own connection
            yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
