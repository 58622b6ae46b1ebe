"""A key is cached for a second: it is read once, and a change of the key or its brand takes effect in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlmodel import col, update

from munadi.db.brands.store import BrandStore
from munadi.db.keys import cache, callers
from munadi.db.keys.callers import find_caller
from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.session import Database
from munadi.db.tables import KeyRow
from munadi.domain.brand import BrandLimits, BrandMode
from munadi.domain.key import Scope
from munadi.domain.reach import Reach
from munadi.domain.usage import Month
from tests.db.seeding import Seed

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
MONTH = Month.of(NOW)


class Ticking:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Ticking:
    clock = Ticking()
    monkeypatch.setattr(cache, "time", clock)
    return clock


@pytest.fixture
async def other_process(seed: Seed) -> AsyncIterator[Database]:
    """The same database in another process, with its own cache."""
    opened = Database(seed.database.url.render_as_string(hide_password=False))
    yield opened
    await opened.close()


async def new_key(database: Database, brand_ref: str | None = None) -> tuple[str, str]:
    async with database.write() as session:
        row, text = await KeyStore(database).create(
            session, NewKey("test", [Scope.CONTENTS_READ], Reach.stored(brand_ref, None)), NOW
        )
    return row.id, text


async def is_revoked(database: Database, text: str) -> bool:
    found = await find_caller(database, text, None, MONTH)
    assert found is not None
    return found.revoked_at is not None


async def test_a_key_that_this_process_revokes_ends_at_once(seed: Seed, ticking: Ticking) -> None:
    key_id, text = await new_key(seed.database)
    assert not await is_revoked(seed.database, text)
    await KeyStore(seed.database).revoke(key_id, NOW)
    assert await is_revoked(seed.database, text)


async def test_a_key_that_another_process_revokes_ends_within_a_second(
    seed: Seed, other_process: Database, ticking: Ticking
) -> None:
    key_id, text = await new_key(seed.database)
    assert not await is_revoked(seed.database, text)
    await KeyStore(other_process).revoke(key_id, NOW)
    ticking.seconds += 0.99
    assert not await is_revoked(seed.database, text)  # it is cached
    ticking.seconds += 0.01
    assert await is_revoked(seed.database, text)


async def test_a_key_that_was_used_is_not_read_again_within_the_second(seed: Seed, ticking: Ticking) -> None:
    _, text = await new_key(seed.database)
    assert not await is_revoked(seed.database, text)
    async with seed.database.write() as session:  # past the store
        await session.exec(update(KeyRow).where(col(KeyRow.name) == "test").values(revoked_at=NOW))
    assert not await is_revoked(seed.database, text)
    ticking.seconds += 1
    assert await is_revoked(seed.database, text)


async def test_limits_that_this_process_changes_take_effect_at_once(seed: Seed, ticking: Ticking) -> None:
    _, text = await new_key(seed.database, "acme")
    before = await find_caller(seed.database, text, None, MONTH)
    assert before is not None
    assert before.calls is not None
    assert before.calls.limits.api_calls_per_minute is None
    await BrandStore(seed.database).change("acme", {"limits": BrandLimits(api_calls_per_minute=3)}, NOW)
    after = await find_caller(seed.database, text, None, MONTH)
    assert after is not None
    assert after.calls is not None
    assert after.calls.limits.api_calls_per_minute == 3


async def test_a_new_brand_is_known_at_its_next_call(seed: Seed, ticking: Ticking) -> None:
    _, text = await new_key(seed.database)
    unknown = await find_caller(seed.database, text, "newcomer", MONTH)
    assert unknown is not None
    assert unknown.calls is None
    async with seed.database.write() as session:
        await BrandStore(seed.database).create(
            session, ref="newcomer", name=None, timezone=None, limits=BrandLimits(), now=NOW
        )
    known = await find_caller(seed.database, text, "newcomer", MONTH)
    assert known is not None
    assert known.calls is not None


async def test_a_test_brand_that_another_process_makes_is_hidden_within_two_seconds(
    seed: Seed, ticking: Ticking, other_process: Database
) -> None:
    _, text = await new_key(seed.database)

    async def sees_it() -> bool:
        found = await find_caller(seed.database, text, None, MONTH)
        assert found is not None
        return found.may_see("trial")

    assert await sees_it()
    async with other_process.write() as session:
        await BrandStore(other_process).create(
            session, ref="trial", name=None, timezone=None, limits=BrandLimits(), mode=BrandMode.TEST, now=NOW
        )
    named = await find_caller(seed.database, text, "trial", MONTH)
    assert named is not None
    assert not named.may_see("trial"), "the mode of a brand that a call names is read with the key"
    ticking.seconds += 2
    assert not await sees_it()


async def test_the_cache_of_keys_is_bounded(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_REMEMBERED", 2)
    texts = [(await new_key(seed.database))[1] for _ in range(5)]
    for text in texts:
        assert not await is_revoked(seed.database, text)
    assert len(callers._OF_DATABASE[seed.database]._until) <= 2
