"""Brands: made once, changed in part, seen by those who work for them."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.key import Scope
from tests.api.door import Door


async def test_a_brand_is_created_read_and_listed(door: Door) -> None:
    body = {"ref": "shop-1", "name": "Shop", "timezone": "Asia/Kolkata", "limits": {"accounts": 2}}
    made = await door.ask("POST", "/v1/brands", json=body)
    assert made.status_code == 201
    assert made.headers["location"] == "/v1/brands/shop-1"
    brand = made.json()
    assert brand["limits"] == {
        "accounts": 2,
        "publicationsPerMonth": None,
        "apiCallsPerMinute": None,
        "apiCallsPerMonth": None,
        "webhookDeliveriesPerMonth": None,
    }
    assert brand["createdAt"].endswith("Z")
    assert (await door.ask("GET", "/v1/brands/shop-1")).json() == brand
    assert [each["ref"] for each in (await door.ask("GET", "/v1/brands")).json()["data"]] == ["acme", "rival", "shop-1"]


async def test_a_ref_is_taken_once(door: Door) -> None:
    answer = await door.ask("POST", "/v1/brands", json={"ref": "acme"})
    assert (answer.status_code, answer.json()["code"]) == (409, "BRAND_EXISTS")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ref": "Acme"}, "/ref"),
        ({"ref": "-acme"}, "/ref"),
        ({"ref": "a" * 64}, "/ref"),
        ({}, "/ref"),
        ({"ref": "x", "timezone": "Mars/Base"}, "/timezone"),
        ({"ref": "x", "limits": {"accounts": -1}}, "/limits/accounts"),
        ({"ref": "x", "limits": {"accounts": True}}, "/limits/accounts"),
        ({"ref": "x", "limits": {"accounts": "5"}}, "/limits/accounts"),
        ({"ref": "x", "colour": "red"}, "/colour"),
    ],
)
async def test_what_is_wrong_is_pointed_at(door: Door, body: dict[str, Any], pointer: str) -> None:
    answer = await door.ask("POST", "/v1/brands", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_only_the_sent_fields_change_and_null_clears(door: Door) -> None:
    await door.ask("PATCH", "/v1/brands/acme", json={"name": "Acme", "timezone": "UTC", "limits": {"accounts": 1}})
    changed = await door.ask("PATCH", "/v1/brands/acme", json={"timezone": None})
    brand = changed.json()
    assert (brand["name"], brand["timezone"], brand["limits"]["accounts"]) == ("Acme", None, 1)
    await door.ask("PATCH", "/v1/brands/acme", json={"limits": {"publicationsPerMonth": 5}})
    limits = (await door.ask("PATCH", "/v1/brands/acme", json={"limits": {"accounts": None}})).json()["limits"]
    assert (limits["accounts"], limits["publicationsPerMonth"]) == (None, 5)
    cleared = (await door.ask("PATCH", "/v1/brands/acme", json={"limits": None})).json()["limits"]
    assert set(cleared.values()) == {None}


async def test_a_key_for_one_brand_sees_and_makes_no_other(door: Door) -> None:
    key = await door.key(Scope.ADMIN, brand_ref="acme")
    assert [brand["ref"] for brand in (await door.ask("GET", "/v1/brands", key=key)).json()["data"]] == ["acme"]
    answer = await door.ask("POST", "/v1/brands", key=key, json={"ref": "another"})
    assert (answer.status_code, answer.json()["code"]) == (403, "BRAND_RESTRICTED")


async def test_lists_come_in_pages(door: Door) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        query = f"?limit=1{f'&cursor={cursor}' if cursor else ''}"
        page = (await door.ask("GET", f"/v1/brands{query}")).json()
        seen += [brand["ref"] for brand in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == ["acme", "rival"]


@pytest.mark.parametrize("cursor", ["%00", "x", "Li4vLi4", "é", "QQ", "a" * 201])
async def test_a_cursor_that_is_not_ours_is_refused(door: Door, cursor: str) -> None:
    answer = await door.ask("GET", f"/v1/brands?cursor={cursor}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?cursor"


async def test_a_repeated_creation_is_answered_as_before(door: Door) -> None:
    first, again = [
        await door.ask("POST", "/v1/brands", json={"ref": "once"}, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
