"""Revision 0011 drops handles that are not needed; those in use stay as they are until a worker seals them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from munadi.crypto import KeyRing, create_key
from munadi.db import migrate
from munadi.db.session import Database
from munadi.db.tables import PublicationRow
from munadi.publishing.handles import state_of
from munadi.publishing.spent_handles import seal_clear_handles
from tests.db.seeding import START

STATE = {"session": "https://upload.example/?upload_id=CANARY"}
# id, status, stages, next_look_at, whether a removal of it is planned; and whether its handle is in use.
ROWS = [
    ("in-flight", "publishing", [], None, False, True),
    ("queued", "queued", [], None, False, True),
    ("live", "published", [], None, False, False),
    ("commenting", "published", ["comment"], None, False, True),
    ("without-id", "published", [], START, False, True),
    ("canceled", "canceled", [], None, False, False),
    ("removed-soon", "canceled", [], None, True, True),
    ("failed", "failed", [], None, False, True),
]


@pytest.fixture
def before(empty_url: str, tmp_path: Path) -> str:
    """A database at revision 0009 with unsealed handles, as that version wrote them."""
    versions = tmp_path / "before"
    versions.mkdir()
    for file in (migrate.MIGRATIONS / "versions").glob("000*_*.py"):
        (versions / file.name).write_text(file.read_text())
    assert migrate.upgrade(empty_url, versions=versions) == "0009"
    engine = create_engine(empty_url.replace("+aiosqlite", ""))
    at = START.replace(tzinfo=None).isoformat(" ")
    with engine.begin() as connection:

        def put(table: str, **values: object) -> None:
            names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)

        put("brands", ref="acme", limits="{}", created_at=at)
        times = {"created_at": at, "updated_at": at}
        given = {"brand_ref": "acme", "channel": "youtube", "external_id": "1", "handle": "h", "status": "connected"}
        put("accounts", id="acc", scopes="[]", facts="{}", sealed=b"", credentials_version=3, **given, **times)
        for place, (name, status, stages, look, planned, _) in enumerate(ROWS):
            put(
                "contents",
                id=name,
                brand_ref="acme",
                status=status,
                scheduled_at=at,
                publish_by=at,
                publish_by_explicit=False,
                version=1,
                draft_version=1,
                sequence=0,
                wake_seq=0,
                wake_ack=0,
                wake_tries=0,
                **times,
            )
            put("drafts", content_id=name, draft_version=1, source="{}", resolved="{}", warnings="[]", created_at=at)
            put(
                "publications",
                id=name,
                content_id=name,
                account_id="acc",
                channel="youtube",
                place=place,
                status=status,
                revision=1,
                due_at=at,
                lead_seconds=0,
                epoch=0,
                attempt_count=0,
                hold_count=0,
                look_count=0,
                next_look_at=at if look else None,
                handle=json.dumps(STATE),
                handle_draft_version=1,
                handle_ready=True,
                stages=json.dumps(stages),
                warnings="[]",
                **times,
            )
            if planned:
                put(
                    "discards",
                    id=name,
                    publication_id=name,
                    draft_version=1,
                    handle="null",
                    detached=False,
                    tries=0,
                    next_try_at=at,
                    **times,
                )
        put(
            "discards",
            id="ended",
            publication_id="failed",
            draft_version=1,
            handle=json.dumps(STATE),
            detached=True,
            tries=1,
            outcome="removed",
            **times,
        )
    engine.dispose()
    return empty_url


async def test_unneeded_handles_are_dropped_and_the_rest_can_be_sealed(before: str) -> None:
    migrate.upgrade(before)
    assert migrate.differences(before) == []
    ring, database = KeyRing([create_key()]), Database(before)
    try:
        assert await seal_clear_handles(database, ring, START) == sum(used for *_, used in ROWS)
        async with database.read() as session:
            rows = {name: await session.get_one(PublicationRow, name) for name, *_ in ROWS}
            connection = await session.connection()
            for table in ("publications", "discards"):
                found = (await connection.execute(text(f"SELECT handle FROM {table}"))).all()
                assert "CANARY" not in str(found)
            (connected,) = (await connection.execute(text("SELECT connected_version FROM accounts"))).one()
    finally:
        await database.close()
    assert connected == 0  # a failure from now on belongs to this connection
    assert {name: state_of(ring, row) for name, row in rows.items()} == {
        name: STATE if used else None for name, *_, used in ROWS
    }
