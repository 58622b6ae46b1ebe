"""Migrates a database to the newest revision, forward only, and reports its revision.

Alembic is configured in code, so that it works from any folder and without a file of its own. It runs over a
synchronous engine, under a lock, so two upgrades at once take turns. On SQLite an upgrade is one transaction; on
PostgreSQL each revision is one, and an index is built in none, because writers would wait for it.
"""

from __future__ import annotations

import sqlite3
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from munadi.db.contents.word_index import create_in_postgres
from munadi.db.limits import Limits
from munadi.db.migrations.noting import oldest_code as noted
from munadi.db.schema import Schema, schema_of
from munadi.db.sqlite import keep_private
from munadi.private_files import private_folder

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_TIMEOUT_MS = 60_000
# Any number, as long as nothing else in the database takes the same advisory lock.
LOCK = 6_855_924_000_417
LOCK_SECONDS = 0.2


class UnknownRevision(Exception):
    """The database is at a revision that this version of Munadi does not have."""


def upgrade(database_url: str, *, versions: Path | None = None) -> str | None:
    """Bring the database to the newest revision and return its own; makes SQLite's file and folder if need be.

    A database that a newer version has migrated is left as it is, if it says that this one may run on it, as in a
    rollback. UnknownRevision if it does not, or has a revision of a commit of before 0.2.0.
    """
    with _connection(database_url) as connection:
        config, found = configuration(connection, versions=versions), _revision(connection)
        scripts = ScriptDirectory.from_config(config)
        if found is not None and found not in {each.revision for each in scripts.walk_revisions()}:
            if _schema(connection).admits(str(scripts.get_current_head())):
                return found
            raise UnknownRevision(f"the database is at revision {found}, which this version of Munadi does not have")
        command.upgrade(config, "head")
        if versions is None and connection.dialect.name == "postgresql":
            _index_words(connection)
        return _revision(connection)


def head() -> str | None:
    """The newest revision that this version of Munadi knows; None if there is none."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def oldest_code() -> str:
    """The oldest revision whose code may run on a database that this version has upgraded."""
    scripts = ScriptDirectory.from_config(configuration())
    return noted(scripts.get_revision("head"))


def current(database_url: str) -> str | None:
    """The revision of the database; None when it has none yet. Read only."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return None
    engine = _engine(database_url, begin="BEGIN")
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def differences(database_url: str) -> list[Any]:
    """The differences between the tables in the code and the database; empty when they agree."""
    from munadi.db.migrations.rendering import OPTIONS, target_metadata

    with _connection(database_url) as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=OPTIONS), target_metadata()))


def new_revision(database_url: str, message: str, *, versions: Path | None = None) -> Path:
    """Write a revision with the differences between the tables in the code and the database at `database_url`."""
    with _connection(database_url) as connection:
        config = configuration(connection, versions=versions)
        # Numbered files show the order; the history stays linear.
        number = int(ScriptDirectory.from_config(config).get_current_head() or 0) + 1
        script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    if script is None or isinstance(script, list):
        raise RuntimeError("expected one revision")
    return Path(script.path)


def configuration(connection: Connection | None = None, *, versions: Path | None = None) -> Config:
    """Alembic's configuration, in code. `versions` is another folder of revisions, for tests."""
    config = Config(cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    if versions is not None:
        config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(database_url: str) -> Iterator[Connection]:
    """A locked connection: on SQLite inside one transaction, committed when the block ends; on PostgreSQL in none."""
    engine = _engine(database_url)
    try:
        if engine.dialect.name == "sqlite":
            with engine.begin() as connection:
                yield connection
            return
        with engine.connect() as lock, engine.connect() as connection:
            _take(lock)
            yield connection
            connection.commit()
    finally:
        engine.dispose()


def _take(lock: Connection) -> None:
    """Wait for the lock, which a transaction of its own holds: some poolers give each transaction another session. It
    waits by asking again: a statement that waits has a snapshot, which an index that is built concurrently waits for.
    """
    while not lock.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar_one():
        lock.rollback()
        time.sleep(LOCK_SECONDS)
    # The server must not end it while the other connection works.
    lock.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _index_words(connection: Connection) -> None:
    """Build the index of the texts of posts, if the server has what it takes. So a later upgrade builds it, once it
    has."""
    connection.commit()
    level = connection.get_isolation_level()
    try:
        create_in_postgres(connection.execution_options(isolation_level="AUTOCOMMIT"))
    finally:
        connection.commit()
        connection.execution_options(isolation_level=level)


def _engine(database_url: str, *, begin: str = "BEGIN IMMEDIATE") -> Engine:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        # psycopg works both sync and async; only the driver's name could be missing.
        url = url.set(drivername="postgresql+psycopg")
        # A migration may take long, so its statements have no limit: a dead peer ends it by the kernel's limits.
        # Nothing is prepared, since a pooler may give each transaction another session.
        options = {**Limits().of_connection(url), "prepare_threshold": None}
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    if url.database:
        if not Path(url.database).parent.exists():
            private_folder(Path(url.database).absolute().parent)
        keep_private(url.database)
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # BEGIN is explicit, because the driver would commit before every DDL statement. Foreign keys stay off, because
    # SQLite changes a table by creating it again, and dropping the old one must not reach into others.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_wal(connection)


def _switch_to_wal(connection: Any) -> None:
    """Switch the file to WAL, once. SQLite does not wait for other users here, so this function does."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _schema(connection: Connection) -> Schema:
    found = schema_of(connection)
    if connection.dialect.name == "postgresql":
        connection.rollback()
    return found


def _revision(connection: Connection) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    if connection.dialect.name == "postgresql":
        connection.rollback()  # what it read is no transaction for others to wait for
    return found
