"""Concurrent additions under a limit take turns, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col, update

from munadi.db.brands.holdings import limit_of
from munadi.db.brands.limits import limits_of, lock_limits, require_accounts, require_held
from munadi.db.brands.store import BrandStore
from munadi.db.brands.usage import UsageStore, accounts_of
from munadi.db.tables import BrandRow
from munadi.domain.account import Profile
from munadi.domain.brand import BrandLimits
from munadi.domain.channel import ChannelName
from munadi.domain.usage import Limit, Month, QuotaExceeded, Used
from munadi.ports import Connection
from munadi.publishing import account_changes
from tests.db.seeding import START, Seed, token


async def set_limits(seed: Seed, limits: BrandLimits) -> None:
    async with seed.database.write() as session:
        await session.exec(update(BrandRow).where(col(BrandRow.ref) == "acme").values(limits=limits.model_dump()))


async def connect(seed: Seed, external_id: str) -> bool:
    connection = Connection(Profile(external_id=external_id, handle="h"), token("t"))
    async with seed.database.write() as session:
        try:
            await require_accounts(session, "acme", await lock_limits(session, "acme"), 1)
        except QuotaExceeded:
            return False
        await account_changes.connect(
            session, seed.keyring, "acme", ChannelName.BLUESKY, connection, login=None, now=START
        )
        return True


async def test_concurrent_connections_stop_exactly_at_the_limit(seed: Seed) -> None:
    await set_limits(seed, BrandLimits(accounts=3))
    done = await asyncio.gather(*(connect(seed, f"profile-{number}") for number in range(12)))
    assert sum(done) == 3
    async with seed.database.read() as session:
        assert await accounts_of(session, ["acme"]) == {"acme": 3}


async def test_adding_none_is_always_possible(seed: Seed) -> None:
    await seed.account()
    await set_limits(seed, BrandLimits(accounts=0))
    async with seed.database.read() as session:
        limits = await limits_of(session, "acme")
        await require_accounts(session, "acme", limits, 0)
        with pytest.raises(QuotaExceeded) as refusal:
            await require_accounts(session, "acme", limits, 1)
        assert await limits_of(session, "nobody") == BrandLimits()
    assert (refusal.value.quotas[0].used, refusal.value.actual) == (1, 2)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_transaction_that_only_refers_to_a_brand_does_not_wait_for_its_lock(seed: Seed) -> None:
    """A new account refers to the brand whose row is locked. SQLite has no row locks, and one writer at a time."""
    async with seed.database.write() as holding:
        await lock_limits(holding, "acme")
        async with asyncio.timeout(5):
            await seed.account()


async def test_a_holding_without_a_default_has_no_limit_but_the_brands_own(seed: Seed) -> None:
    await seed.endpoint(brand_ref="acme")
    free, limited = BrandLimits(), BrandLimits(endpoints=1)
    assert (limit_of(Limit.ENDPOINTS, free, {}), limit_of(Limit.ENDPOINTS, limited, {})) == (None, 1)
    assert limit_of(Limit.ENDPOINTS, free, {Limit.ENDPOINTS: 5}) == 5
    async with seed.database.read() as session:
        await require_held(session, "acme", Limit.ENDPOINTS, None, START, adding=1_000)
        with pytest.raises(QuotaExceeded):
            await require_held(session, "acme", Limit.ENDPOINTS, 1, START)
    brand = await BrandStore(seed.database).get("acme")
    assert brand is not None
    [usage] = await UsageStore(seed.database).of([brand], Month.of(START), START, {}, {})
    assert usage.endpoints == Used(used=1, limit=None, remaining=None)
