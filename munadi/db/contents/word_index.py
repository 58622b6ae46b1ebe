"""The index of the texts of posts, by which a search reads a few posts and not all of them.

Both databases index the groups of three characters of a text, so a search finds parts of words in every script: SQLite
in the table `post_words`, which triggers keep, PostgreSQL in an index of the extension `pg_trgm`. It may find too much,
such as the text before an edit: a search compares the current text afterwards.

Either may be missing: a SQLite without FTS5, a PostgreSQL without the extension. Then, and for fewer than three
characters, a search reads the posts in turn (`sources.py`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, bindparam, event
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import ContentRow, DraftRow

POSTGRES_INDEX = "drafts_by_words"
SQLITE_TABLE = "post_words"
# How many characters a search must have for the index.
SHORTEST = 3
_TEXT = "json_extract({row}.source, '$.text')"
_ADD = f"INSERT INTO {SQLITE_TABLE} (content_id, words) "
_NEW = f"BEGIN {_ADD} VALUES (NEW.content_id, {_TEXT.format(row='NEW')}); END"
# `forget_words` removes the texts of posts that were deleted: the table has no order by post.
SQLITE_DDL = (
    f"CREATE VIRTUAL TABLE {SQLITE_TABLE} USING fts5(content_id UNINDEXED, words, tokenize='trigram', columnsize=0)",
    f"CREATE TRIGGER post_words_of_new_drafts AFTER INSERT ON drafts WHEN {_TEXT.format(row='NEW')} <> '' {_NEW}",
    "CREATE TRIGGER post_words_of_edits AFTER UPDATE OF source ON drafts "
    f"WHEN {_TEXT.format(row='NEW')} <> '' AND {_TEXT.format(row='NEW')} IS NOT {_TEXT.format(row='OLD')} {_NEW}",
)
_OLD = _TEXT.format(row="drafts")
FILL_WORDS = f"{_ADD} SELECT content_id, {_OLD} FROM drafts WHERE {_OLD} <> ''"  # noqa: S608 - names of ours
POSTGRES_DDL = f"CREATE INDEX CONCURRENTLY {POSTGRES_INDEX} ON drafts USING gin (lower(source ->> 'text') gin_trgm_ops)"
# How many entries are compared with the posts in one transaction.
SLICE = 1_000
_ENTRIES = sql(f"SELECT rowid, content_id FROM {SQLITE_TABLE} WHERE rowid > :after ORDER BY rowid LIMIT {SLICE}")  # noqa: S608
_STILL_THERE = sql(
    "SELECT content_id FROM drafts WHERE content_id IN :ids AND json_extract(source, '$.text') <> ''"
).bindparams(bindparam("ids", expanding=True))
_FORGET = sql(f"DELETE FROM {SQLITE_TABLE} WHERE rowid IN :entries").bindparams(  # noqa: S608 - names of ours
    bindparam("entries", expanding=True)
)
# Whether this SQLite's index overwrites what it deletes (from 3.42, of 2023, on). Else it is written anew.
MAY_OVERWRITE = sqlite3.sqlite_version_info >= (3, 42)
_OVERWRITE = sql(f"INSERT INTO {SQLITE_TABLE} ({SQLITE_TABLE}, rank) VALUES ('secure-delete', 1)")  # noqa: S608
_REBUILD = sql(f"INSERT INTO {SQLITE_TABLE} ({SQLITE_TABLE}) VALUES ('optimize')")  # noqa: S608
_HAS_TABLE = sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'post_words'")
_MATCHES = sql("SELECT content_id FROM post_words WHERE post_words MATCH :phrase LIMIT :most")
# pg_trgm takes letters and digits, as the database's locale knows them. Without three in a row the index has no start.
_HAS_INDEX = f"EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('{POSTGRES_INDEX}') AND indisvalid)"
_CAN_USE_INDEX = sql(f"SELECT {_HAS_INDEX} AND :words ~ '[[:alnum:]]{{3}}'")
_LIKE = sql(
    "SELECT content_id FROM drafts WHERE lower(source ->> 'text') LIKE '%' || lower(:escaped) || '%' ESCAPE '/' "
    "LIMIT :most"
)


def create_in_sqlite(connection: Connection) -> bool:
    """Create the table and its triggers. False, and nothing is created, where this SQLite has no FTS5 with trigrams."""
    try:
        with connection.begin_nested():
            for statement in SQLITE_DDL:
                connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if "no such module" in str(error) or "tokenizer" in str(error):
            return False
        raise
    return True


def create_in_postgres(connection: Connection) -> bool:
    """Create the index unless it is there, on a connection in autocommit mode. False where the server does not have the
    extension, or does not let this user create it."""
    query = sql("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    is_valid = connection.execute(query, {"name": POSTGRES_INDEX}).scalar()
    if is_valid:
        return True
    try:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError:
        return False
    if is_valid is not None:  # its creation was interrupted
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {POSTGRES_INDEX}")
    connection.exec_driver_sql(POSTGRES_DDL)
    return True


async def is_indexed(database: Database) -> bool:
    """Whether the texts are indexed."""
    query = _HAS_TABLE if database.is_sqlite else sql(f"SELECT 1 WHERE {_HAS_INDEX}")
    return await database.lookup(lambda connection: connection.execute(query).first() is not None)


async def contents_with_words(session: AsyncSession, words: str, most: int) -> list[str] | None:
    """The ids of all posts that may have these words in their text, and of those whose client reference they are.

    None if there are more than `most`, and where no index can tell.
    """
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        if len(words) < SHORTEST or (await connection.execute(_HAS_TABLE)).first() is None:
            return None
        phrase = '"' + words.replace('"', '""') + '"'
        rows = await connection.execute(_MATCHES, {"phrase": phrase, "most": most + 1})
    else:
        if not (await connection.execute(_CAN_USE_INDEX, {"words": words})).scalar_one():
            return None
        escaped = words.replace("/", "//").replace("%", "/%").replace("_", "/_")
        rows = await connection.execute(_LIKE, {"escaped": escaped, "most": most + 1})
    found: list[str] = list(rows.scalars())
    query = select(ContentRow.id).where(col(ContentRow.client_ref) == words).limit(most + 1)
    found += (await session.exec(query)).all()
    return None if len(found) > most else found


async def forget_words(database: Database, *, overwrite: bool = False) -> int:
    """Remove from SQLite's table the texts that no post has any more; how many. It reads the whole table, in slices.
    `overwrite`: nothing of them may stay in the file."""
    if not database.is_sqlite or not await is_indexed(database):
        return 0
    removed, after = 0, 0
    while True:
        async with database.read() as session:
            connection = await session.connection()
            found = await connection.execute(_ENTRIES, {"after": after})
            entries = dict[int, str]([(row[0], row[1]) for row in found])
            if not entries:
                return removed
            there = set((await connection.execute(_STILL_THERE, {"ids": sorted(set(entries.values()))})).scalars())
        if gone := [entry for entry, content_id in entries.items() if content_id not in there]:
            async with database.write() as session:
                connection = await session.connection()
                if overwrite and MAY_OVERWRITE:
                    await connection.execute(_OVERWRITE)
                await connection.execute(_FORGET, {"entries": gone})
                if overwrite and not MAY_OVERWRITE:
                    await connection.execute(_REBUILD)
        removed, after = removed + len(gone), max(entries)


@event.listens_for(DraftRow.__table__, "after_create")  # type: ignore[attr-defined]
def _with_the_table(_table: Any, connection: Connection, **_: Any) -> None:
    """For databases that are created from the tables and not by the migrations, as those of tests."""
    if connection.dialect.name == "sqlite":
        for statement in SQLITE_DDL:
            connection.execute(sql(statement))
