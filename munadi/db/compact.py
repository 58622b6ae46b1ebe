"""Empties SQLite's write-ahead log of what was deleted in the database.

SQLite leaves deleted rows in its file until their place is used again, so writers overwrite them with zeros
(`secure_delete`, in `munadi/db/sqlite.py`), and so does the index of words (`forget_words`). Older pages in the log are
left. PostgreSQL: docs/guides/erasure.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

from munadi.db.session import Database

# How long a checkpoint waits for readers; a later round tries again.
PATIENCE_SECONDS = 1.0


async def empty_log(database: Database) -> bool:
    """Move everything from SQLite's write-ahead log into the database, and make the log empty. False while a reader
    needs it."""
    if not database.is_sqlite or database.url.database is None:
        return True
    return await asyncio.to_thread(_checkpoint, database.url.database)


def _checkpoint(path: str) -> bool:
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
