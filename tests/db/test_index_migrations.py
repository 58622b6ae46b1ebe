"""An upgrade builds its indexes beside writers, begins again after an interruption, and does without an extension."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from munadi.db import migrate
from munadi.db.contents.word_index import is_indexed
from munadi.db.session import Database
from tests.support.postgres import PostgresServer
from tools.growth.filler import fill

BEFORE = "0038"
POSTS = 20_000
# As long as a row's lock may be waited for before a client notices.
MOST_SECONDS = 0.5
CHANGES = {
    "contents": "version = version + 1",
    "publications": "epoch = epoch + 1",
    "events": "reason = 'trial'",
    "deliveries": "attempts = attempts + 1",
}


def upgraded_to(url: str, revision: str, tmp_path: Path) -> None:
    """Upgrade an empty database to a revision before the newest."""
    versions = tmp_path / f"versions-{revision}"
    versions.mkdir()
    for file in (migrate.MIGRATIONS / "versions").glob("[0-9]*.py"):
        if file.name[:4] <= revision:
            (versions / file.name).symlink_to(file)
    assert migrate.upgrade(url, versions=versions) == revision


def plain(url: str) -> str:
    """The URL for the driver alone."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Writer(threading.Thread):
    """Changes a post, a publication, an event and a delivery in turn, in transactions, and notes how long each took."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.ends = threading.Event()
        self.seconds: list[float] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with psycopg.connect(self._url) as connection:
                while not self.ends.is_set():
                    for table, change in CHANGES.items():
                        began = time.perf_counter()
                        which = f"(SELECT id FROM {table} ORDER BY id LIMIT 1)"
                        connection.execute(f"UPDATE {table} SET {change} WHERE id = {which}")  # type: ignore[call-overload]
                        connection.commit()
                        self.seconds.append(time.perf_counter() - began)
        except Exception as error:
            self.error = error


@pytest.mark.timeout(300)
def test_writers_do_not_wait_for_an_index(complete_postgres: PostgresServer, tmp_path: Path) -> None:
    url = complete_postgres.create_database()
    upgraded_to(url, BEFORE, tmp_path)
    fill(url, POSTS)
    writer = Writer(plain(url))
    writer.start()
    began = time.perf_counter()
    assert migrate.upgrade(url) == migrate.head()
    took = time.perf_counter() - began
    writer.ends.set()
    writer.join(timeout=30)
    assert writer.error is None
    assert len(writer.seconds) > 20, f"nothing was written in {took} s"
    assert max(writer.seconds) < MOST_SECONDS
    assert migrate.differences(url) == []


def test_a_writer_does_wait_for_an_index_that_is_built_as_usual(complete_postgres: PostgresServer) -> None:
    """What the test above would find: the same writer beside a usual CREATE INDEX."""
    url = complete_postgres.create_database()
    migrate.upgrade(url)
    fill(url, 100)
    writer = Writer(plain(url))
    with psycopg.connect(plain(url)) as connection:
        connection.execute("CREATE INDEX trial ON contents (version)")
        writer.start()
        time.sleep(2 * MOST_SECONDS)
        connection.commit()
        deadline = time.monotonic() + 20
        while not writer.seconds and time.monotonic() < deadline:
            time.sleep(0.02)
        writer.ends.set()
    writer.join(timeout=30)
    assert max(writer.seconds) > MOST_SECONDS


def test_an_interrupted_upgrade_begins_again(complete_postgres: PostgresServer, tmp_path: Path) -> None:
    url = complete_postgres.create_database()
    upgraded_to(url, BEFORE, tmp_path)
    fill(url, 100)
    with psycopg.connect(plain(url), autocommit=True) as connection:
        # Built before the interruption, and left invalid by it.
        connection.execute("CREATE INDEX contents_by_status ON contents (status)")
        connection.execute("CREATE INDEX events_by_type ON events (type)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'events_by_type'::regclass")
    assert migrate.upgrade(url) == migrate.head()
    assert migrate.differences(url) == []
    with psycopg.connect(plain(url)) as connection:
        invalid = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()
    assert invalid == (0,)


async def _is_indexed(url: str) -> bool:
    database = Database(url)
    try:
        return await is_indexed(database)
    finally:
        await database.close()


async def test_texts_are_indexed_once_the_extension_may_be_created(complete_postgres: PostgresServer) -> None:
    url = complete_postgres.create_database()
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("CREATE ROLE poor LOGIN NOSUPERUSER")
        connection.execute("GRANT ALL ON SCHEMA public TO poor")
        poor = make_url(url).set(username="poor").render_as_string(hide_password=False)
        assert migrate.upgrade(poor) == migrate.head()
        assert not await _is_indexed(url)
        connection.execute("CREATE EXTENSION pg_trgm")
        assert migrate.upgrade(poor) == migrate.head()
        assert await _is_indexed(url)
        connection.execute("REASSIGN OWNED BY poor TO postgres; DROP OWNED BY poor; DROP ROLE poor")


def test_an_upgrade_indexes_the_texts_that_are_stored(tmp_path: Path) -> None:
    posts = 200
    url = f"sqlite:///{tmp_path / 'munadi.db'}"
    upgraded_to(url, BEFORE, tmp_path)
    fill(url, posts)
    migrate.upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        count: Callable[[str], Any] = lambda sql: connection.execute(text(sql)).scalar_one()  # noqa: E731
        assert count("SELECT count(*) FROM post_words") == posts
        assert count("SELECT count(*) FROM post_words WHERE post_words MATCH '\"offer\"'") == count(
            "SELECT count(*) FROM drafts WHERE json_extract(source, '$.text') LIKE '%offer%'"
        )
    engine.dispose()
