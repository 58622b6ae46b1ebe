"""Keys: shown once, kept as a hash, revoked at once, never wider than who makes them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.domain.key import Scope, is_well_formed
from tests.api.door import Door, bytes_of, open_door

CMS = {"name": "cms", "scopes": ["contents:read", "contents:read", "accounts:read"], "brandRef": "acme"}


async def test_a_key_is_shown_once_and_works(door: Door) -> None:
    made = await door.ask("POST", "/v1/keys", json=CMS)
    key = made.json()
    assert made.status_code == 201
    assert is_well_formed(key["key"])
    assert (key["scopes"], key["brandRef"], key["hint"]) == (
        ["contents:read", "accounts:read"],
        "acme",
        key["key"][-4:],
    )
    assert (await door.ask("GET", "/v1/brands", key=key["key"])).status_code == 200
    read = (await door.ask("GET", made.headers["location"])).json()
    assert read == {name: value for name, value in key.items() if name != "key"}
    assert key["key"] not in (await door.ask("GET", "/v1/keys")).text


async def test_a_revoked_key_is_refused_at_once(door: Door) -> None:
    key = (await door.ask("POST", "/v1/keys", json=CMS)).json()
    for _ in range(2):
        assert (await door.ask("DELETE", f"/v1/keys/{key['id']}")).status_code == 204
    assert (await door.ask("GET", "/v1/brands", key=key["key"])).status_code == 401
    assert (await door.ask("GET", f"/v1/keys/{key['id']}")).json()["revokedAt"] is not None


@pytest.mark.parametrize("repeatable", [{}, {"Idempotency-Key": "k1"}])
async def test_no_key_is_readable_in_the_database(tmp_path: Path, repeatable: dict[str, str]) -> None:
    async with open_door(tmp_path) as door:
        keys = [(await door.ask("POST", "/v1/keys", json=CMS, headers=repeatable)).json()["key"] for _ in range(2)]
    written = bytes_of(tmp_path)
    assert hashlib.sha256(keys[0].encode()).hexdigest().encode() in written
    assert not [key for key in (*keys, door.admin_key) if key.encode() in written]
    assert (keys[0] == keys[1]) == bool(repeatable)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"brandRef": "nobody"}, "/brandRef"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["admin", "everything"]}, "/scopes/1"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "/expiresAt"),
        ({"expiresAt": "2099-01-01T00:00:00"}, "/expiresAt"),
        ({"name": ""}, "/name"),
    ],
)
async def test_what_is_wrong_is_pointed_at(door: Door, change: dict[str, Any], pointer: str) -> None:
    answer = await door.ask("POST", "/v1/keys", json=CMS | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_key_for_one_brand_makes_keys_for_that_brand_only(door: Door) -> None:
    admin = await door.key(Scope.ADMIN, brand_ref="acme")
    made = await door.ask("POST", "/v1/keys", key=admin, json={"name": "x", "scopes": ["admin"]})
    assert made.json()["brandRef"] == "acme"
    listed = (await door.ask("GET", "/v1/keys", key=admin)).json()["data"]
    assert {key["brandRef"] for key in listed} == {"acme"}


async def test_a_key_ends_when_it_was_said_to(door: Door) -> None:
    until = door.clock.now() + timedelta(hours=1)
    key = (await door.ask("POST", "/v1/keys", json=CMS | {"expiresAt": until.isoformat()})).json()["key"]
    assert (await door.ask("GET", "/v1/brands", key=key)).status_code == 200
    door.clock.ahead = timedelta(hours=1)
    assert (await door.ask("GET", "/v1/brands", key=key)).json()["code"] == "KEY_EXPIRED"
