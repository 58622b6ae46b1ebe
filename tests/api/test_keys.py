"""Keys: shown once, stored as a hash, revoked at once, never wider than the key that creates them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from munadi.domain.key import Scope, is_well_formed
from tests.api.harness import ApiHarness, bytes_of, open_api
from tests.api.problems import expect_problem

CMS = {"name": "cms", "scopes": ["contents:read", "contents:read", "accounts:read"], "brandRef": "acme"}


async def test_a_key_is_shown_once_and_works(api: ApiHarness) -> None:
    made = await api.post("/v1/keys", CMS)
    key = made.json()
    assert (made.status_code, is_well_formed(key["key"])) == (201, True)
    assert (key["scopes"], key["brandRef"]) == (["contents:read", "accounts:read"], "acme")
    assert key["hint"] == key["key"][-4:]
    assert (await api.get("/v1/brands", key=key["key"])).status_code == 200
    read = await api.read(made.headers["location"])
    assert read == {name: value for name, value in key.items() if name != "key"}
    assert key["key"] not in (await api.get("/v1/keys")).text


@pytest.mark.each_database
@pytest.mark.parametrize("scope", Scope)
async def test_every_key_can_read_itself_and_no_other(api: ApiHarness, scope: Scope) -> None:
    wanted = {"name": "own", "scopes": [scope.value], "brandRef": "acme", "expiresAt": "2030-01-01T00:00:00Z"}
    key = await api.create("/v1/keys", wanted)
    own = (await api.get("/v1/keys/me", key=key["key"])).json()
    assert own == {name: value for name, value in key.items() if name != "key"}
    if scope not in (Scope.ADMIN, Scope.KEYS_WRITE):
        expect_problem(await api.get(f"/v1/keys/{key['id']}", key=key["key"]), 403, "SCOPE_MISSING")
    assert (await api.delete(f"/v1/keys/{key['id']}")).status_code == 204
    expect_problem(await api.get("/v1/keys/me", key=key["key"]), 401, "KEY_REVOKED")


async def test_a_key_that_a_key_made_outlives_it_as_the_page_says(api: ApiHarness) -> None:
    parent = await api.create("/v1/keys", {"name": "parent", "scopes": ["admin"], "brandRef": "acme"})
    made = await api.post("/v1/keys", {"name": "child", "scopes": ["contents:read"]}, key=parent["key"])
    child = made.json()
    assert (await api.delete(f"/v1/keys/{parent['id']}")).status_code == 204
    assert (await api.get("/v1/keys/me", key=child["key"])).json()["id"] == child["id"]
    revoke = api.app.openapi()["paths"]["/v1/keys/{key_id}"]["delete"]["description"]
    assert "keys that were made with it continue to work" in revoke
    [entry] = await api.read_list(f"/v1/audit?action=key.created&keyId={parent['id']}")
    assert entry["target"] == child["id"]


async def test_a_revoked_key_is_refused_at_once(api: ApiHarness) -> None:
    key = await api.create("/v1/keys", CMS)
    for _ in range(2):
        assert (await api.delete(f"/v1/keys/{key['id']}")).status_code == 204
    expect_problem(await api.get("/v1/brands", key=key["key"]), 401, "KEY_REVOKED")
    assert (await api.read(f"/v1/keys/{key['id']}"))["revokedAt"] is not None


@pytest.mark.parametrize("idempotency_key", [None, "k1"])
async def test_no_key_is_readable_in_the_database(tmp_path: Path, idempotency_key: str | None) -> None:
    async with open_api(tmp_path) as api:
        made = [await api.create("/v1/keys", CMS, idempotency_key=idempotency_key) for _ in range(2)]
    keys, written = [each["key"] for each in made], bytes_of(tmp_path)
    assert hashlib.sha256(keys[0].encode()).hexdigest().encode() in written
    assert not [key for key in (*keys, api.admin_key) if key.encode() in written]
    assert (keys[0] == keys[1]) == bool(idempotency_key)


async def test_a_key_for_one_brand_creates_and_lists_keys_for_that_brand_only(api: ApiHarness) -> None:
    admin = await api.key(Scope.ADMIN, brand_ref="acme")
    made = await api.create("/v1/keys", {"name": "x", "scopes": ["admin"]}, key=admin)
    assert made["brandRef"] == "acme"
    assert {key["brandRef"] for key in await api.read_list("/v1/keys", key=admin)} == {"acme"}


async def test_a_key_expires_at_its_time(api: ApiHarness) -> None:
    until = api.clock.now() + timedelta(hours=1)
    key = (await api.create("/v1/keys", CMS | {"expiresAt": until.isoformat()}))["key"]
    assert (await api.get("/v1/brands", key=key)).status_code == 200
    api.clock.ahead = timedelta(hours=1)
    expect_problem(await api.get("/v1/brands", key=key), 401, "KEY_EXPIRED")
