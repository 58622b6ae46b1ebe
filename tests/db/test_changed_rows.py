"""Changed rows are written on SQLite's own connection exactly as the ORM's flush writes them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.changed_rows import write_changed
from munadi.db.ids import new_id
from munadi.db.prebuilt import file_of
from munadi.db.session import Database
from munadi.db.tables import AttemptRow, ContentRow, DiscardRow, PublicationRow
from munadi.domain.ids import Prefix
from munadi.publishing.loading import LOCK, load_post
from tests.db.board import Board, Put
from tests.db.seeding import START
from tests.support.tables import create_tables


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    made = Board(database)
    await create_tables(database)
    await made.create()
    yield made
    await database.close()


def stored(board: Board, table: str, key: str) -> dict[str, Any]:
    """A row as SQLite stores it."""
    connection = sqlite3.connect(str(board.database.url.database))
    connection.row_factory = sqlite3.Row
    row = dict(connection.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone())
    connection.close()
    return row


texts = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
times = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001
json = st.none() | st.dictionaries(st.text(max_size=4), st.none() | st.booleans() | st.integers() | st.text(max_size=4))
VALUES = {
    "hold_reason": texts, "provider_url": texts, "hold_until": times, "published_at": times, "failure": json,
    "hold_cause": json, "warnings": st.lists(st.dictionaries(st.text(max_size=3), st.integers()), max_size=2),
    "sealed_preparation": st.none() | st.binary(max_size=8), "preparation_ready": st.booleans(),
    "lead_seconds": st.floats(0, 1e6), "look_count": st.integers(0, 9), "lateness_ms": st.none() | st.integers(-9, 9),
}  # fmt: skip
changes = st.fixed_dictionaries({}, optional=VALUES)


async def change(board: Board, key: str, given: list[dict[str, Any]], flush: Callable[[Session], None]) -> None:
    """Change a publication in several steps of one transaction."""
    async with board.database.write() as session:
        row = await session.get(PublicationRow, key)
        for values in given:
            for name, value in values.items():
                setattr(row, name, value)
            flush(session.sync_session)


def as_the_orm(session: Session) -> None:
    Session.flush(session)


def as_we_do(session: Session) -> None:
    file = file_of(session.bind)
    assert file is not None
    assert write_changed(session, file)
    assert not session.dirty


@given(steps=st.lists(changes, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_is_stored_as_by_the_orm(tmp_path: Path, steps: list[dict[str, Any]]) -> None:
    """The version counts the updates, and none is made where nothing has changed."""

    async def compare() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
        if not (tmp_path / "ready").exists():
            await create_tables(database)
            (tmp_path / "ready").touch()
        board = Board(database)
        await board.create()
        ours, theirs = (await board.put("queued")).id, (await board.put("queued")).id
        await change(board, ours, steps, as_we_do)
        await change(board, theirs, steps, as_the_orm)
        rows = [stored(board, "publications", key) for key in (ours, theirs)]
        for row in rows:
            del row["id"], row["content_id"]
        assert rows[0] == rows[1]
        await database.close()

    asyncio.run(compare())


async def locked(session: AsyncSession, put: Put) -> tuple[ContentRow, PublicationRow]:
    post = await session.run_sync(load_post, LOCK, put.content_id)
    assert post is not None
    return post[0], post[1][0]


async def lose(board: Board, put: Put, *, ours: Callable[[ContentRow, PublicationRow], None], to: Any) -> None:
    """Change rows that another transaction has changed or deleted after they were read."""
    async with board.database.write() as session:
        rows = await locked(session, put)
        await session.exec(to)
        ours(*rows)


async def test_a_lost_race_is_an_error_and_leaves_nothing(board: Board) -> None:
    put = await board.put("queued")
    other = update(PublicationRow).where(col(PublicationRow.id) == put.id).values(revision=PublicationRow.revision + 1)

    def ours(content: ContentRow, row: PublicationRow) -> None:
        content.status, row.status = "publishing", "publishing"

    with pytest.raises(StaleDataError, match=r"'publications' expected to update 1 row\(s\); 0 were matched"):
        await lose(board, put, ours=ours, to=other.execution_options(synchronize_session=False))
    assert (await board.content(put.content_id)).status == "queued"
    assert ((await board.row(put.id)).status, (await board.row(put.id)).revision) == ("queued", 1)


async def test_each_write_raises_the_version_that_the_row_has(board: Board) -> None:
    put = await board.put("queued")
    async with board.database.write() as session:
        _, row = await locked(session, put)
        for expected in (2, 3):
            row.epoch += 1
            await session.flush()
            assert row.revision == expected
        row.epoch = 2
        await session.flush()
        assert row.revision == 3
    assert stored(board, "publications", put.id)["revision"] == 3


async def test_new_rows_are_written_with_the_changed_ones(board: Board) -> None:
    put = await board.put("queued")
    async with board.database.write() as session:
        content, row = await locked(session, put)
        content.status = row.status = "canceled"
        new = DiscardRow(
            id=new_id(Prefix.DISCARD), publication_id=put.id, draft_version=1, created_at=START, updated_at=START
        )
        session.add(new)
    assert stored(board, "discards", new.id)["publication_id"] == put.id
    assert stored(board, "publications", put.id)["status"] == "canceled"
    assert stored(board, "contents", put.content_id)["status"] == "canceled"


async def test_a_key_or_a_value_that_is_sql_is_left_to_the_orm(board: Board) -> None:
    put = await board.put("queued")
    attempt_id = await board.attempt(put.id)
    async with board.database.write() as session:
        content, _ = await locked(session, put)
        attempt = await session.get(AttemptRow, attempt_id)
        assert attempt is not None
        content.sequence = ContentRow.sequence + 7  # type: ignore[assignment]
        attempt.id = "att_new"
    assert stored(board, "contents", put.content_id)["sequence"] == 7
    assert stored(board, "attempts", "att_new")["publication_id"] == put.id


async def test_a_savepoint_that_is_rolled_back_takes_the_change_of_its_rows_along(board: Board) -> None:
    put = await board.put("queued")
    async with board.database.write() as session:
        content, _ = await locked(session, put)
        savepoint = await session.begin_nested()
        content.status = "failed"
        await session.flush()
        await savepoint.rollback()
        assert not session.sync_session.dirty
        content.client_ref = "kept"
    assert stored(board, "contents", put.content_id)["status"] == "queued"
    assert stored(board, "contents", put.content_id)["client_ref"] == "kept"
