"""A search finds the same posts with and without an index of their texts: each whose current text has the words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlmodel import col, update

from munadi.db.contents import few
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.contents.queries import list_contents
from munadi.db.contents.word_index import SHORTEST, contents_with_words, is_indexed
from munadi.db.ids import new_id
from munadi.db.migrate import upgrade
from munadi.db.session import Database
from munadi.db.tables import ContentRow, DraftRow
from munadi.domain.ids import Prefix
from tests.db.seeding import START, TIMES, Seed

TEXTS = (
    "Monsoon sale: 100% off, only today_",
    "मानसून सेल आज से",
    "عرض خاص لهذا الأسبوع",
    "週末の朝市で新しい珈琲",
    "Rain 🌧️ and sun 🌞🎉",
    'She said "hello" / and \\ left',
    "ab",
    "ABBA",
)
# Parts of words, marks that both query languages know, one and two characters, several scripts, and none.
QUERIES = (
    "onsoo", "MONSOON SALE", "100%", "%", "_", "y_", "सेल", "मा", "सून से", "خاص", "لأسب", "朝市", "市", "珈琲",
    "🌞", "🌞🎉", "🌧️ and", '"hello"', '"', "/ and", "\\", "ab", "b", "bba", "abba", "xyz", "off, only", "'", "OR",
    "a* b",
)  # fmt: skip


def _has(words: str, said: str) -> bool:
    """As the databases compare: without regard to the case of A to Z."""
    return words.lower() in said.lower()


@pytest.fixture(params=["sqlite", "sqlite without an index", "postgresql", "postgresql without an index"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    kind, _, is_without = request.param.partition(" ")
    if kind == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    else:
        url = request.getfixturevalue("postgres_url" if is_without else "complete_postgres_url")
    upgrade(url)
    if kind == "sqlite" and is_without:
        engine = create_engine(url.replace("+aiosqlite", ""))
        with engine.begin() as connection:
            for statement in ("TRIGGER post_words_of_new_drafts", "TRIGGER post_words_of_edits", "TABLE post_words"):
                connection.execute(text(f"DROP {statement}"))
        engine.dispose()
    opened = Database(url)
    await Seed(opened).create()
    assert await is_indexed(opened) is not bool(is_without)
    yield opened
    await opened.close()


@pytest.fixture
def complete_postgres_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("complete_postgres").create_database())


async def _add(database: Database, *said: str) -> list[str]:
    ids = [new_id(Prefix.CONTENT) for _ in said]
    async with database.write() as session:
        for content_id in ids:
            row = {"brand_ref": "acme", "status": "queued", "scheduled_at": START, "publish_by": START, **TIMES}
            session.add(ContentRow(id=content_id, **row))
        await session.flush()
        for content_id, words in zip(ids, said, strict=True):
            source = {"text": words}
            session.add(DraftRow(content_id=content_id, draft_version=1, source=source, resolved={}, created_at=START))
    return ids


async def _found(database: Database, words: str) -> set[str]:
    async with database.read() as session:
        views, place = await list_contents(session, ContentFilter(words=words), 100)
    assert place is None
    return {view.id for view in views}


@pytest.mark.parametrize("many", [0, 300], ids=["few posts", "many posts"])
async def test_a_search_finds_each_post_with_the_words(database: Database, many: int) -> None:
    ids = await _add(database, *TEXTS)
    # More than a search tries before it asks an index, and newer.
    await _add(database, *(f"filling {number}." for number in range(many)))
    for words in QUERIES:
        if not many or not _has(words, "filling 0123456789."):
            expected = {found for found, said in zip(ids, TEXTS, strict=True) if _has(words, said)}
            assert await _found(database, words) == expected, words


async def test_a_search_compares_the_current_text(database: Database) -> None:
    changed, edited = await _add(database, "the morning market", "the evening market")
    async with database.write() as session:
        mine = (col(DraftRow.content_id) == changed, col(DraftRow.draft_version) == 1)
        await session.exec(update(DraftRow).where(*mine).values(source={"text": "a quiet garden"}))
        source = {"text": "a quiet river"}
        session.add(DraftRow(content_id=edited, draft_version=2, source=source, resolved={}, created_at=START))
        await session.exec(update(ContentRow).where(col(ContentRow.id) == edited).values(draft_version=2))
    assert await _found(database, "market") == set()
    assert await _found(database, "quiet") == {changed, edited}
    assert await _found(database, "garden") == {changed}


async def test_the_index_answers_where_it_can(database: Database) -> None:
    ids = await _add(database, *TEXTS)
    with_index = await is_indexed(database)
    for words in ("onsoo", "सेल आज", "خاص", "週末の朝市", "ab", "🌞"):
        async with database.read() as session:
            found = await contents_with_words(session, words, few.FEW)
        expected = {found for found, said in zip(ids, TEXTS, strict=True) if _has(words, said)}
        assert (None if found is None else set(found)) == (
            expected if with_index and len(words) >= SHORTEST else None
        ), words
