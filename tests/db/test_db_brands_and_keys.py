"""Brands and keys: a taken ref leaves the transaction usable, and a key is found by its text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.db.brands.store import BrandExists, BrandStore
from munadi.db.keys.first_key import create_admin_key
from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.tables import KeyRow
from munadi.domain.brand import BrandLimits
from munadi.domain.key import Scope
from munadi.domain.reach import EVERY_BRAND, Reach
from tests.db.seeding import START, Seed


async def test_a_taken_ref_leaves_the_transaction_usable(seed: Seed) -> None:
    brands = BrandStore(seed.database)
    new = {"name": None, "timezone": None, "limits": BrandLimits(accounts=3), "now": START}
    async with seed.database.write() as session:
        with pytest.raises(BrandExists):
            await brands.create(session, ref="acme", **new)
        await brands.create(session, ref="other", **new)
    made = await brands.get("other")
    assert made is not None
    assert made.limits == BrandLimits(accounts=3)
    assert [brand.ref for brand in await brands.list(limit=10, after="acme")] == ["other"]
    assert [brand.ref for brand in await brands.list(reach=Reach.of(["acme"]), limit=10, after=None)] == ["acme"]


async def test_a_brand_is_changed_in_part(seed: Seed) -> None:
    brands = BrandStore(seed.database)
    changed = await brands.change("acme", {"name": "Acme", "limits": BrandLimits(accounts=1)}, START)
    assert changed == await brands.get("acme")
    assert changed is not None
    assert (changed.name, changed.timezone, changed.limits.accounts) == ("Acme", None, 1)
    assert await brands.change("nobody", {"name": "x"}, START) is None


async def test_only_the_hash_of_a_key_is_stored(seed: Seed) -> None:
    keys = KeyStore(seed.database)
    text = await create_admin_key(seed.database, "first")
    found = await keys.find(text)
    assert found is not None
    assert (found.scopes, found.brand_ref, found.expires_at, found.hint) == (["admin"], None, None, text[-4:])
    other = "y" if text.endswith("x") else "x"
    assert await keys.find(text[:-1] + other) is None
    async with seed.database.read() as session:
        row = await session.get_one(KeyRow, found.id)
    assert text not in str(row.model_dump())


async def test_keys_are_listed_by_brand_and_revoked_once(seed: Seed) -> None:
    keys = KeyStore(seed.database)
    async with seed.database.write() as session:
        row, _ = await keys.create(session, NewKey("cms", [Scope.CONTENTS_READ], Reach.of(["acme"])), START)
    await create_admin_key(seed.database, "first")
    assert [key.id for key in await keys.list(reach=Reach.of(["acme"]), limit=10, after=None)] == [row.id]
    assert len(await keys.list(reach=EVERY_BRAND, limit=10, after=None)) == 2
    for wait in (1, 2):
        await keys.revoke(row.id, START + timedelta(minutes=wait))
    revoked = await keys.get(row.id)
    assert revoked is not None
    assert revoked.revoked_at == START + timedelta(minutes=1)
    assert await keys.revoke("key_unknown", START) is None
