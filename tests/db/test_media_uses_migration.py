"""The migration that brings deletions records which files earlier posts and drafts need."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlmodel import SQLModel

from munadi.db import migrate
from munadi.db.contents.media_uses import needed_by
from munadi.db.session import Database
from tests.db.query_plans import plan_of
from tests.db.seeding import START

ADDED = "0023"
AT = START.replace(tzinfo=None).isoformat(" ")
# The status of each post, and whether its files are recorded.
POSTS = {"queued": True, "failed": True, "unconfirmed": True, "published": False, "canceled": False}


def test_files_of_earlier_posts_and_drafts_are_recorded(empty_url: str, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    for file in (migrate.MIGRATIONS / "versions").glob("0*_*.py"):
        if file.name < ADDED:
            (before / file.name).write_text(file.read_text())
    migrate.upgrade(empty_url, versions=before)
    _put(empty_url)
    migrate.upgrade(empty_url)
    assert migrate.differences(empty_url) == []
    uses = SQLModel.metadata.tables["media_uses"]
    engine = create_engine(empty_url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        found = connection.execute(select(uses.c.used_by, uses.c.media_id)).all()
    engine.dispose()
    expected = {(post, media) for post, is_recorded in POSTS.items() if is_recorded for media in ("shared", "own")}
    assert {tuple(row) for row in found} == {*expected, ("draft", "shared"), ("draft", "own")}


async def test_posts_that_an_older_version_accepts_after_the_migration_need_their_files(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    _put(empty_url)
    database = Database(empty_url)
    try:
        async with database.read() as session:
            found = {media: await needed_by(session, media, 10) for media in ("shared", "own", "earlier", "other")}
    finally:
        await database.close()
    # A failed post counts by its publications, and these have none.
    assert found == {"shared": ["queued"], "own": ["queued"], "earlier": [], "other": []}


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
async def test_what_needs_a_file_is_found_by_indexes(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    database = Database(empty_url)
    try:
        async with database.read() as session:
            plan = await plan_of(database, needed_by(session, "med", 10), "media_uses")
    finally:
        await database.close()
    assert not [step for step in plan if step.startswith("SCAN") and "USING" not in step], plan


def _put(empty_url: str) -> None:
    """Insert two files, a post in each state and two drafts that name them, as the version before did."""
    engine = create_engine(empty_url.replace("+aiosqlite", ""))
    with engine.begin() as connection:

        def put(table: str, **values: object) -> None:
            names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)

        put("brands", ref="acme", limits="{}", created_at=AT)
        for name in ("shared", "own"):
            put("media", id=name, brand_ref="acme", sha256=name, facts="{}", created_at=AT)
        source = {"media": [{"id": "shared"}, {"id": "unknown"}], "channels": [{"channel": "x"}]}
        for post, status in ((status, status) for status in POSTS):
            _put_post(put, post, status, source)
        times = {"checked_at": AT, "created_at": AT, "updated_at": AT}
        draft = {"media": [{"id": "shared"}, 7], "channels": [None, {"media": [{"id": "own"}]}, "x"]}
        for name, content in (("draft", draft), ("odd", {"media": "shared", "channels": 5})):
            put(
                "saved_drafts", id=name, brand_ref="acme", content=json.dumps(content), checked="{}", version=1, **times
            )
    engine.dispose()


def _put_post(put: object, post: str, status: str, source: object) -> None:
    assert callable(put)
    numbers = dict.fromkeys(("sequence", "wake_seq", "wake_ack", "wake_tries"), 0)
    put(
        "contents",
        id=post,
        brand_ref="acme",
        status=status,
        scheduled_at=AT,
        publish_by=AT,
        publish_by_explicit=False,
        next_look_at=AT if status == "queued" else None,
        version=2,
        draft_version=2,
        created_at=AT,
        updated_at=AT,
        **numbers,
    )
    resolved = {"pub": {"text": "x", "media": [{"id": "own"}]}}
    for version, each in ((1, {"pub": {"media": [{"id": "earlier"}]}}), (2, resolved)):
        put(
            "drafts",
            content_id=post,
            draft_version=version,
            source=json.dumps(source),
            resolved=json.dumps(each),
            warnings="[]",
            created_at=AT,
        )
