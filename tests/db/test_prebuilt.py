"""Prebuilt statements do on SQLite's own connection exactly what SQLAlchemy does with them."""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

import munadi.db
import munadi.intake
import munadi.publishing
from munadi.db.ids import new_id
from munadi.db.prebuilt import Prebuilt, PrebuiltRows, file_of
from munadi.db.session import Database
from munadi.db.tables import (
    BrandRow,
    ConnectionRow,
    ContentRow,
    DeliveryRow,
    EndpointRow,
    EventRow,
    KeyRow,
    OAuthTokenRow,
    PublicationRow,
    SessionRow,
)
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from tests.db.board import Board, Put
from tests.db.seeding import START
from tests.support.tables import create_tables

SAID = {"reason": "CONTENT_POLICY", "message": "no · नहीं", "list": [1, 2.5, None, True]}
# As a caller may give it: of another zone, with microseconds.
ELSEWHERE = datetime(2026, 3, 1, 5, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))


def prebuilt() -> dict[str, Prebuilt | PrebuiltRows[Any]]:
    """Every one of the product, by its name."""
    found: dict[str, Prebuilt | PrebuiltRows[Any]] = {}
    for module in pkgutil.walk_packages(munadi.__path__, "munadi."):
        if (
            module.name.startswith(("munadi.db.", "munadi.publishing.", "munadi.intake."))
            and "migrations" not in module.name
        ):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Prebuilt | PrebuiltRows) and value not in found.values():
                    found[f"{module.name}.{name}"] = value
    return found


PREBUILT = prebuilt()
SELECTS = [name for name, each in PREBUILT.items() if each.statement.is_select]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    await create_tables(made)
    yield made
    await made.close()


@pytest.fixture
async def board(database: Database) -> Board:
    made = Board(database)
    await made.create()
    return made


@pytest.fixture
async def put(board: Board) -> Put:
    """A post whose rows have values in every column, and a second one with few."""
    await board.put("accepted")
    values: dict[str, Any] = {
        "hold_reason": "OUTAGE", "hold_since": START, "hold_until": ELSEWHERE, "hold_cause": SAID,
        "provider_url": "https://a.example/ü", "failure": SAID, "warnings": [SAID], "lateness_ms": -3,
        "lead_seconds": 2.5, "preparation_ready": True, "handle": {"a": "b"}, "published_at": ELSEWHERE,
        "steps_left": ["comment"], "preparation_draft_version": 1, "dismissed_as": "resolved",
    }  # fmt: skip
    made = await board.put("published", "queued", content={"next_look_at": ELSEWHERE, "client_ref": "x"}, **values)
    await board.set(made.id, provider_post_id="post-1")
    await board.set(made.ids[1], failure=None)
    attempt_id = await board.attempt(made.id)
    await board.set_attempt(attempt_id, raw="{}", first_byte_at=ELSEWHERE, uncertain_since=START, stage="post")
    await board.set_account(ChannelName.INSTAGRAM, scopes=["a", "b"], paused_until=ELSEWHERE, facts=SAID)
    async with board.database.write() as session:
        session.add(BrandRow(ref=f"{board.brand}-test", mode="test", created_at=START))
        session.add(EventRow(id="evt_1", type="content.updated", data=SAID, created_at=ELSEWHERE))
        session.add(
            KeyRow(id="key_1", name="k", hint="h", hash="h" * 64, scopes=["a"], created_at=START, expires_at=ELSEWHERE)
        )
        await session.flush()
        session.add(OAuthTokenRow(hash="h" * 64, key_id="key_1", is_refresh=False, expires_at=ELSEWHERE))
        link = {"brand_ref": board.brand, "channel": "x", "key_id": "key_1", "status": "waiting", "link_hash": "l"}
        session.add(ConnectionRow(id="con_1", **link, created_at=START, updated_at=START, expires_at=START))
        session.add(SessionRow(id="s", key_id="key_1", created_at=START, ends_at=START + timedelta(hours=1)))
        for brand_ref, types in ((board.brand, ["content.updated"]), (None, [])):
            session.add(
                EndpointRow(
                    id=new_id(Prefix.ENDPOINT), brand_ref=brand_ref, url="http://127.0.0.1:9/", types=types,
                    sealed=b"\x00\xff", created_at=START, updated_at=START,
                )
            )  # fmt: skip
    return made


async def candidates(board: Board, put: Put) -> list[dict[str, Any]]:
    """Parameters by which every SELECT finds something, one set for each kind of `key`."""
    [attempt] = await board.attempts(put.id)
    common = {
        "version": 1, "brand_ref": board.brand, "publication_id": put.id, "step": "post", "post_id": "post-1",
        "account_id": board.accounts[ChannelName.INSTAGRAM], "content_id": put.content_id, "hash": "h" * 64,
        "named": board.brand, "month": "2026-12", "session": "s", "now": START,
        "guarded": "g" * 64, "key_id": "key_1",
    }  # fmt: skip
    keys = (put.content_id, put.id, attempt.id, common["account_id"], "none")
    return [common | {"key": key} for key in keys] + [common | {"publication_id": "another", "key": "none"}]


def values_of(rows: Any) -> list[dict[str, Any]]:
    """What can be compared: the values of rows by name."""
    found = [row._asdict() if hasattr(row, "_asdict") else vars(row) for row in rows]
    return [{name: values[name] for name in sorted(values) if name[0] != "_"} for values in found]


async def find(session: AsyncSession, query: Prebuilt | PrebuiltRows[Any], given: Mapping[str, Any]) -> list[Any]:
    if isinstance(query, Prebuilt):
        return values_of(await query.rows(session, given))
    return values_of(await session.run_sync(query.find, given))


@pytest.mark.parametrize("name", SELECTS)
async def test_a_select_finds_what_sqlalchemy_finds(board: Board, put: Put, name: str) -> None:
    query, found = PREBUILT[name], 0
    for given in await candidates(board, put):
        async with board.database.write() as session:
            assert file_of(session.sync_session.bind) is not None
            here = await find(session, query, given)
        async with board.database.read() as session:
            assert file_of(session.sync_session.bind) is None
            there = await find(session, query, given)
        assert here == there
        assert repr(here) == repr(there), "the types are the same, too"
        found += len(here)
    assert found


def rows_of(file: Path, table: str) -> list[dict[str, Any]]:
    """The rows as SQLite stores them, without their keys."""
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    return [{name: value for name, value in row.items() if name not in ("id", "event_id", "number")} for row in rows]


EVENT = {"type": "content.updated", "data": SAID, "created_at": ELSEWHERE}


@pytest.mark.parametrize("more", [{}, {"brand_ref": None, "status": "queued", "sequence": None}])
async def test_an_insert_stores_what_sqlalchemy_stores(board: Board, tmp_path: Path, more: dict[str, Any]) -> None:
    """The defaults of the columns included, for one row and for several."""
    times = {"created_at": ELSEWHERE, "updated_at": START, "bodies_at": None}
    async with board.database.write() as session:
        for number in range(2):
            session.add(EndpointRow(id=f"whe_{number}", url="u", sealed=b"", created_at=START, updated_at=START))
        await session.flush()
        connection = await session.connection()
        for way in ("here", "there"):
            event = {"id": f"evt_{way}"} | EVENT | more
            rows = [
                {"id": f"dlv_{way}_{number}", "event_id": event["id"], "endpoint_id": f"whe_{number}"} | times
                for number in range(2)
            ]
            if way == "here":
                await Prebuilt(insert(EventRow)).run(session, event)
                await Prebuilt(insert(DeliveryRow)).run(session, rows)
            else:
                await connection.execute(insert(EventRow), event)
                await connection.execute(insert(DeliveryRow), rows)
    here, there = rows_of(tmp_path / "munadi.db", "events")
    assert here == there
    *here_both, there, last = rows_of(tmp_path / "munadi.db", "deliveries")
    assert here_both == [there, last]
    assert (there["replayed"], there["counted"], there["log"]) == (0, 0, "[]")


async def test_an_update_with_values_of_its_own_changes_what_sqlalchemy_changes(board: Board, put: Put) -> None:
    statement = ContentRow.__table__.update().where(ContentRow.__table__.c.id == bindparam("key"))  # type: ignore[attr-defined]
    raised = Prebuilt(statement.values(sequence=ContentRow.__table__.c.sequence + 5, completed_as="published"))  # type: ignore[attr-defined]
    async with board.database.write() as session:
        await raised.run(session, {"key": put.content_id})
    row = await board.content(put.content_id)
    assert (row.sequence, row.completed_as) == (5, "published")


async def test_the_errors_are_those_of_sqlalchemy_without_the_parameters(board: Board, put: Put) -> None:
    with pytest.raises(IntegrityError) as raised:
        async with board.database.write() as session:
            await Prebuilt(insert(EventRow)).run(session, {"id": "evt_1"} | EVENT | {"reason": "secret", "type": None})
    assert "NOT NULL" in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_a_transaction_that_raises_leaves_nothing(board: Board) -> None:
    """Also when a prebuilt statement is its first one."""

    async def fail() -> None:
        async with board.database.write() as session:
            await Prebuilt(insert(EventRow)).run(session, {"id": "evt_1"} | EVENT)
            raise LookupError("no")

    with pytest.raises(LookupError):
        await fail()
    async with board.database.read() as session:
        assert await session.get(EventRow, "evt_1") is None


def test_a_statement_whose_parameters_are_lists_is_refused() -> None:
    query = Prebuilt(select(col(ContentRow.id)).where(col(ContentRow.id).in_(bindparam("keys", expanding=True))))
    with pytest.raises(ValueError, match="must not depend on its parameters"):
        query.compiled({"keys": ["a"]})


async def test_a_found_row_is_one_of_the_session(board: Board, put: Put) -> None:
    """Found again, it is the same object, with what was changed in it; only a lock reads the post itself again."""
    from munadi.publishing.loading import LOCK, READ, load_post

    async with board.database.write() as session:
        inner: Session = session.sync_session
        first = await session.run_sync(load_post, READ, put.content_id)
        assert first is not None
        content, publications, draft = first
        assert all(row in inner for row in (content, draft, *publications))
        assert not inner.dirty
        content.status, publications[0].provider_url = "changed", "changed"
        assert await session.get(PublicationRow, put.id) is publications[0]
        again = await session.run_sync(load_post, READ, put.content_id)
        assert again == first
        assert content.status == "changed"
        locked = await session.run_sync(load_post, LOCK, put.content_id)
        assert locked is not None
        assert locked[0] is content
        assert content.status == "publishing"
        assert publications[0].provider_url == "changed"
        session.sync_session.rollback()
