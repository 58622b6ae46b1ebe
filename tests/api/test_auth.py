"""Every operation × no key, bad, revoked, expired, wrong scope, other brand. A new one fails until it is listed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.db.ids import new_id
from munadi.db.keys.store import KeyStore
from munadi.db.tables import MediaRow
from munadi.domain.ids import Prefix
from munadi.domain.key import ALPHABET, KeyKind, Scope, is_well_formed, kind_of, write_key
from munadi.wrong_keys import WrongKeys
from tests.api.door import Door
from tests.api.operations import OPERATIONS, PUBLIC, Foreign, Operation
from tests.db.seeding import START

_METHODS = {"get", "post", "put", "patch", "delete"}
_IDS = {
    "content_id": Prefix.CONTENT,
    "publication_id": Prefix.PUBLICATION,
    "media_id": Prefix.MEDIA,
    "account_id": Prefix.ACCOUNT,
    "endpoint_id": Prefix.ENDPOINT,
    "delivery_id": Prefix.DELIVERY,
    "key_id": Prefix.KEY,
    "connection_id": Prefix.CONNECTION,
}

IMAGE = {"kind": "image", "mime_type": "image/jpeg", "bytes": 10, "width": 1, "height": 1}


async def call(door: Door, operation: Operation, key: str, names: dict[str, str] | None = None) -> httpx.Response:
    unknown = {name: new_id(prefix) for name, prefix in _IDS.items()}
    path = operation.path.format(**(unknown | {"ref": "acme", "channel": "bluesky"} | (names or {})))
    return await door.ask(
        operation.method, path + operation.query, key=key, json=operation.body, headers=operation.headers or {}
    )


async def acmes(door: Door) -> dict[str, str]:
    """One thing of each kind that belongs to `acme`."""
    seed = door.seed
    account = await seed.account()
    endpoint = await seed.endpoint(brand_ref="acme")
    content_id = await seed.content(account.id)
    media_id = new_id(Prefix.MEDIA)
    async with door.services.database.write() as session:
        session.add(MediaRow(id=media_id, brand_ref="acme", sha256="0" * 64, facts=IMAGE, created_at=START))
    deliveries = (await door.ask("GET", "/v1/webhooks/deliveries")).json()["data"]
    row = await KeyStore(door.services.database).find(await door.key(Scope.CONTENTS_READ, brand_ref="acme"))
    assert row is not None
    link = await door.ask("POST", "/v1/brands/acme/accounts/connect", json={"channel": "bluesky"})
    return {
        "connection_id": link.json()["id"],
        "account_id": account.id,
        "endpoint_id": endpoint.id,
        "content_id": content_id,
        "publication_id": (await seed.publication(content_id)).id,
        "media_id": media_id,
        "delivery_id": deliveries[0]["id"],
        "key_id": row.id,
    }


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"].startswith("application/problem+json")
    return response.status_code, response.json()["code"]


def test_every_operation_is_listed(door: Door) -> None:
    paths: dict[str, Any] = door.app.openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in set(methods) & _METHODS}
    assert served == {str(operation) for operation in OPERATIONS} | PUBLIC


async def test_without_a_valid_key_nothing_is_answered(door: Door) -> None:
    good = await door.key(Scope.ADMIN)
    door.services.wrong_keys = WrongKeys(door.services.database, 10_000)
    revoked, expired = await door.key(Scope.ADMIN), await door.key(Scope.ADMIN, lasts=timedelta(seconds=30))
    row = await KeyStore(door.services.database).find(revoked)
    assert row is not None
    await door.ask("DELETE", f"/v1/keys/{row.id}")
    door.clock.ahead = timedelta(minutes=1)
    slip = good[:-1] + ("A" if good[-1] != "A" else "B")
    bad = {
        "": "KEY_MISSING",
        slip: "KEY_MALFORMED",
        "not a key": "KEY_MALFORMED",
        write_key(KeyKind.ADMIN, "0" * 32): "KEY_UNKNOWN",
        revoked: "KEY_REVOKED",
        expired: "KEY_EXPIRED",
    }
    for operation in OPERATIONS:
        for key, expected in bad.items():
            answer = await call(door, operation, key)
            assert code(answer) == (401, expected), operation
            assert answer.headers["www-authenticate"].startswith('Bearer realm="munadi"')


async def test_a_key_without_the_scope_is_not_permitted(door: Door) -> None:
    for operation in OPERATIONS:
        others = set(Scope) - {Scope.ADMIN} - set(operation.scopes)
        if not others:
            continue
        answer = await call(door, operation, await door.key(*others))
        assert code(answer) == (403, "SCOPE_MISSING"), operation
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_each_scope_that_is_named_is_enough(door: Door) -> None:
    for operation in OPERATIONS:
        for scope in operation.scopes:
            answer = await call(door, operation, await door.key(scope), {"ref": "nobody"})
            assert answer.status_code not in (401, 403), (operation, scope)


async def test_anothers_things_are_like_things_that_do_not_exist(door: Door) -> None:
    names = await acmes(door)
    for operation in OPERATIONS:
        key = await door.key(*operation.scopes, brand_ref="rival")
        answer = await call(door, operation, key, names)
        match operation.foreign:
            case Foreign.NOT_FOUND:
                unknown = await call(door, operation, key, {"ref": "nobody"})
                assert code(answer) == (404, "NOT_FOUND"), operation
                assert _told(answer) == _told(unknown), operation
            case Foreign.BRAND_UNKNOWN:
                told = answer.json()
                broken = told["problems"] if answer.status_code == 200 else told["errors"]
                assert ("/brandRef", "BRAND_UNKNOWN") in [(p["pointer"], p["code"]) for p in broken], operation
            case Foreign.EMPTY:
                assert answer.json() == {"data": [], "nextCursor": None}, operation
            case Foreign.OWN:
                assert "acme" not in answer.text, operation


async def test_the_owners_key_finds_its_things(door: Door) -> None:
    names = await acmes(door)
    for operation in OPERATIONS:
        if operation.foreign is Foreign.NOT_FOUND and operation.method == "GET":
            answer = await call(door, operation, await door.key(*operation.scopes, brand_ref="acme"), names)
            assert answer.status_code == 200, operation


async def test_a_name_that_cannot_be_an_id_is_not_found(door: Door) -> None:
    for operation in OPERATIONS:
        if "_id}" in operation.path:
            for odd in ("x", "%00", "%F0%9F%90%98", "acc_"):
                names = dict.fromkeys(_IDS, odd)
                assert code(await call(door, operation, door.admin_key, names)) == (404, "NOT_FOUND"), operation


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "bearer  ", "Token x"])
async def test_another_kind_of_authorization_is_no_key(door: Door, header: str) -> None:
    answer = await door.client.get("/v1/brands", headers={"Authorization": header})
    assert answer.status_code == 401


@given(st.text(ALPHABET, min_size=32, max_size=32), st.integers(4, 48), st.sampled_from(ALPHABET))
def test_any_single_slip_in_a_key_is_noticed(random_part: str, place: int, letter: str) -> None:
    key = write_key(KeyKind.CLIENT, random_part)
    place = min(place, len(key) - 1)
    slipped = key[:place] + letter + key[place + 1 :]
    assert is_well_formed(key)
    assert is_well_formed(slipped) == (slipped == key)


def test_a_key_says_how_far_it_reaches() -> None:
    assert kind_of([Scope.ADMIN], None) is KeyKind.ADMIN
    assert kind_of([Scope.ADMIN], "acme") is KeyKind.BRAND
    assert kind_of([Scope.CONTENTS_READ], None) is KeyKind.CLIENT
    assert write_key(KeyKind.BRAND, "0" * 32).startswith("mnd_brand_")


def _told(answer: httpx.Response) -> dict[str, Any]:
    """A problem without what names the request."""
    problem = answer.json()
    detail = re.sub(r"'[^']*'", "'…'", problem["detail"])
    return {**problem, "detail": detail, "instance": "", "requestId": ""}
