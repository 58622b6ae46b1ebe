"""Removes from SQLite's files what was deleted in the database.

SQLite leaves deleted rows in its file until their place is used again, so writers overwrite them with zeros
(`secure_delete`, in `munadi/db/sqlite.py`). What is left then is done here: the index of words, and older pages in the
write-ahead log. PostgreSQL: docs/guides/erasure.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

from sqlalchemy import bindparam, text

from munadi.db.contents.word_index import SQLITE_TABLE, is_indexed
from munadi.db.session import Database

BATCH = 500
# How long a checkpoint waits for readers; a later round tries again.
PATIENCE_SECONDS = 1.0
# Whether this SQLite's index of words overwrites what it deletes (from 3.42, of 2023, on). Else it is written anew.
MAY_OVERWRITE = sqlite3.sqlite_version_info >= (3, 42)
_GONE = text(f"SELECT rowid FROM {SQLITE_TABLE} WHERE content_id NOT IN (SELECT id FROM contents)")  # noqa: S608
_FORGET = text(f"DELETE FROM {SQLITE_TABLE} WHERE rowid IN :rows").bindparams(  # noqa: S608 - names of ours
    bindparam("rows", expanding=True)
)
_OVERWRITE = text(f"INSERT INTO {SQLITE_TABLE} ({SQLITE_TABLE}, rank) VALUES ('secure-delete', 1)")  # noqa: S608
_REBUILD = text(f"INSERT INTO {SQLITE_TABLE} ({SQLITE_TABLE}) VALUES ('optimize')")  # noqa: S608


async def forget_words(database: Database) -> int:
    """Remove the words of posts that are gone from SQLite's index, in batches; how many texts. It reads the whole index
    once, which has no order by post."""
    if not database.is_sqlite or not await is_indexed(database):
        return 0
    async with database.read() as session:
        rows = list((await (await session.connection()).execute(_GONE)).scalars())
    for start in range(0, len(rows), BATCH):
        async with database.write() as session:
            connection = await session.connection()
            if MAY_OVERWRITE:
                await connection.execute(_OVERWRITE)
            await connection.execute(_FORGET, {"rows": rows[start : start + BATCH]})
            if not MAY_OVERWRITE:
                await connection.execute(_REBUILD)
    return len(rows)


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
