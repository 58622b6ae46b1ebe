"""Brands: created once, changed in part, visible to the keys that may use them."""

from __future__ import annotations

import pytest

from munadi.domain.key import Scope
from munadi.domain.usage import Limit
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem


async def test_a_brand_is_created_read_and_listed(api: ApiHarness) -> None:
    body = {"ref": "shop-1", "name": "Shop", "timezone": "Asia/Kolkata", "limits": {"accounts": 2}}
    made = await api.post("/v1/brands", body)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/brands/shop-1")
    brand = made.json()
    assert brand["limits"] == dict.fromkeys(Limit) | {"accounts": 2}
    assert brand["createdAt"].endswith("Z")
    assert await api.read("/v1/brands/shop-1") == brand
    assert [each["ref"] for each in await api.read_list("/v1/brands")] == ["acme", "rival", "shop-1"]
    expect_problem(await api.post("/v1/brands", body), 409, "BRAND_EXISTS")


async def test_an_edit_changes_only_the_sent_fields_and_null_clears_one(api: ApiHarness) -> None:
    path = "/v1/brands/acme"
    await api.patch(path, {"name": "Acme", "timezone": "UTC", "limits": {"accounts": 1}})
    brand = (await api.patch(path, {"timezone": None})).json()
    assert (brand["name"], brand["timezone"], brand["limits"]["accounts"]) == ("Acme", None, 1)
    await api.patch(path, {"limits": {"publicationsPerMonth": 5}})
    limits = (await api.patch(path, {"limits": {"accounts": None}})).json()["limits"]
    assert (limits["accounts"], limits["publicationsPerMonth"]) == (None, 5)
    cleared = (await api.patch(path, {"limits": None})).json()["limits"]
    assert set(cleared.values()) == {None}


async def test_a_key_for_one_brand_sees_and_creates_no_other_and_changes_no_limit(api: ApiHarness) -> None:
    key = await api.key(Scope.ADMIN, brand_ref="acme")
    assert [brand["ref"] for brand in await api.read_list("/v1/brands", key=key)] == ["acme"]
    expect_problem(await api.post("/v1/brands", {"ref": "another"}, key=key), 403, "BRAND_RESTRICTED")
    expect_problem(await api.patch("/v1/brands/acme", {"limits": {}}, key=key), 403, "BRAND_RESTRICTED")
    assert (await api.patch("/v1/brands/acme", {"name": "Acme"}, key=key)).status_code == 200


@pytest.mark.each_database
async def test_brands_are_found_by_a_part_of_their_ref_or_name(api: ApiHarness) -> None:
    for ref, name in (("bakery-1", "Brot & Söhne"), ("bakery-2", "100% Brot"), ("shoes", None)):
        assert (await api.post("/v1/brands", {"ref": ref, "name": name})).status_code == 201

    async def found(words: str, key: str | None = None) -> list[str]:
        return [each["ref"] for each in await api.read_list("/v1/brands", params={"q": words}, key=key)]

    assert await found("BAKERY") == await found("brot") == ["bakery-1", "bakery-2"]
    assert await found("0% b") == ["bakery-2"]
    assert await found("_") == []
    assert await found("brot", await api.key(Scope.ADMIN, brand_ref="bakery-2")) == ["bakery-2"]
    assert await found("acme", await api.key(Scope.ADMIN, brand_ref="rival")) == []
    expect_errors(await api.get("/v1/brands", params={"q": "x" * 201}), "?q")


async def test_lists_come_in_pages(api: ApiHarness) -> None:
    first = await api.read("/v1/brands?limit=1")
    second = await api.read(f"/v1/brands?limit=1&cursor={first['nextCursor']}")
    assert [brand["ref"] for brand in first["data"] + second["data"]] == ["acme", "rival"]
    assert second["nextCursor"] is None


@pytest.mark.parametrize("cursor", ["%00", "x", "Li4vLi4", "é", "QQ", "a" * 201])
async def test_a_cursor_that_the_api_did_not_issue_is_refused(api: ApiHarness, cursor: str) -> None:
    expect_errors(await api.get(f"/v1/brands?cursor={cursor}"), "?cursor")


async def test_a_repeated_creation_has_the_first_answer(api: ApiHarness) -> None:
    first, again = [await api.post("/v1/brands", {"ref": "once"}, idempotency_key="k1") for _ in range(2)]
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
