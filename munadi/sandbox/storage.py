"""Typed tables in memory, written through to one SQLite file if the sandbox has a data folder.

Rows are flat dataclasses and travel as JSON. Durability is best effort (no fsync): this is a test network.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Row = TypeVar("Row", bound=DataclassInstance)
else:
    Row = TypeVar("Row")

# The rows' layout. A file with another layout is emptied, except for the media: they are found by their digest.
LAYOUT = 5
FORGET = "DELETE FROM sandbox_rows WHERE name != 'media'"
SCHEMA = "CREATE TABLE IF NOT EXISTS sandbox_rows (name TEXT, key TEXT, body TEXT, UNIQUE (name, key))"
UPSERT = "INSERT INTO sandbox_rows VALUES (?, ?, ?) ON CONFLICT (name, key) DO UPDATE SET body = excluded.body"


class Store:
    """One SQLite file, or nothing at all when `path` is None."""

    def __init__(self, path: Path | None) -> None:
        self._connection: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The state may be built in one thread and served in another, never used in both at once.
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.execute(SCHEMA)
            if self._connection.execute("PRAGMA user_version").fetchone() != (LAYOUT,):
                self._connection.execute(FORGET)
                self._connection.execute(f"PRAGMA user_version={LAYOUT}")

    def load(self, name: str) -> dict[str, dict[str, Any]]:
        if self._connection is None:
            return {}
        query = "SELECT key, body FROM sandbox_rows WHERE name = ? ORDER BY rowid"
        return {key: json.loads(body) for key, body in self._connection.execute(query, (name,))}

    def write(self, name: str, key: str, row: DataclassInstance) -> None:
        if self._connection is not None:
            self._connection.execute(UPSERT, (name, key, json.dumps(vars(row))))

    def remove(self, name: str, key: str | None = None) -> None:
        """Forget one row, or all rows of a table."""
        if self._connection is None:
            return
        if key is None:
            self._connection.execute("DELETE FROM sandbox_rows WHERE name = ?", (name,))
        else:
            self._connection.execute("DELETE FROM sandbox_rows WHERE name = ? AND key = ?", (name, key))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Hidden:
    """The mark of a hidden row."""


class Table(Generic[Row]):
    """Rows of one dataclass by key, in insertion order. Call `put` again after changing a row.

    A hidden row keeps its place, and is not there for anyone until it is revealed, or `shows_hidden` is set.
    """

    def __init__(self, store: Store, name: str, kind: type[Row]) -> None:
        self._store = store
        self._name = name
        self._rows: dict[str, Row] = {key: kind(**body) for key, body in store.load(name).items()}
        self._hidden = set(store.load(f"{name} hidden"))
        self.shows_hidden = False

    def get(self, key: str) -> Row | None:
        return self._rows.get(key) if key in self else None

    def of(self, key: str, profile_id: str) -> Row | None:
        """The row, if it is this profile's."""
        row: Any = self.get(key)
        return row if row is not None and row.profile_id == profile_id else None

    def hide(self, key: str) -> None:
        if key in self._rows:
            self._hidden.add(key)
            self._store.write(f"{self._name} hidden", key, Hidden())

    def reveal(self, key: str) -> None:
        if key in self._hidden:
            self._hidden.discard(key)
            self._store.remove(f"{self._name} hidden", key)

    def put(self, key: str, row: Row) -> Row:
        self.reveal(key)
        self._rows[key] = row
        self._store.write(self._name, key, row)
        return row

    def remove(self, key: str) -> None:
        self.reveal(key)
        if self._rows.pop(key, None) is not None:
            self._store.remove(self._name, key)

    def clear(self) -> None:
        self._rows.clear()
        self._hidden.clear()
        self._store.remove(self._name)
        self._store.remove(f"{self._name} hidden")

    def __iter__(self) -> Iterator[Row]:
        if not self._hidden:
            return iter(list(self._rows.values()))
        return iter([row for key, row in self._rows.items() if key in self])

    def __contains__(self, key: str) -> bool:
        return key in self._rows and (self.shows_hidden or key not in self._hidden)
