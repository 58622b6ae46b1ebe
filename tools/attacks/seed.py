"""Rows in the database's file, copied from one that the stack wrote itself, while nothing runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def _ids(like: str, count: int) -> Iterator[str]:
    """Ids like that one, with other ends."""
    for number in range(count):
        end, rest = "", number
        for _ in range(6):
            rest, place = divmod(rest, 32)
            end = LETTERS[place] + end
        yield like[:-8] + "zz" + end


def add_events(file: Path, count: int) -> list[str]:
    """Copies of the newest event of a post, numbered after the last one; their ids."""
    with closing(sqlite3.connect(file)) as rows, rows:
        rows.row_factory = sqlite3.Row
        query = "SELECT * FROM events WHERE content_id IS NOT NULL AND brand_ref = 'attacker' ORDER BY position DESC"
        model = dict(rows.execute(query).fetchone())
        position = rows.execute("SELECT max(position) FROM events").fetchone()[0]
        ids = list(_ids(model["id"], count))
        changes = (
            {"id": one, "position": position + 1 + number, "sequence": 1000 + number} for number, one in enumerate(ids)
        )
        _copy(rows, "events", model, changes)
    return ids


def add_deliveries(file: Path, count: int) -> None:
    """Copies of a delivery that has ended, each of an event of its own."""
    events = add_events(file, count)
    with closing(sqlite3.connect(file)) as rows, rows:
        rows.row_factory = sqlite3.Row
        model = dict(rows.execute("SELECT * FROM deliveries WHERE status != 'pending'").fetchone())
        pairs = zip(_ids(model["id"], count), events, strict=True)
        _copy(rows, "deliveries", model, ({"id": one, "event_id": event} for one, event in pairs))


def _copy(rows: sqlite3.Connection, table: str, model: dict[str, Any], changes: Iterator[dict[str, Any]]) -> None:
    names = ", ".join(model)
    places = ", ".join(f":{name}" for name in model)
    rows.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", (model | change for change in changes))
