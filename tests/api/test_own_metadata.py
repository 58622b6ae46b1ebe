"""Metadata of brands, accounts, connect links, endpoints and keys: a client's own texts, returned and edited."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.metadata import MAX_METADATA, MAX_METADATA_VALUE
from tests.api.endpoints import HOOK
from tests.api.harness import ApiHarness
from tests.api.owner import connection, create_link, owner_of
from tests.api.problems import expect_errors

pytestmark = [pytest.mark.each_database, pytest.mark.fake_network]
OWN = {"tenant": "42", "editor.id-1_a": "दीपावली"}
ACCOUNT = {"channel": "bluesky", "credentials": {"accessToken": "t"}}
# How each kind is made with metadata.
MAKES: dict[str, tuple[str, dict[str, Any]]] = {
    "brands": ("/v1/brands", {"ref": "third"}),
    "accounts": ("/v1/brands/acme/accounts", ACCOUNT),
    "webhooks/endpoints": ("/v1/webhooks/endpoints", {**HOOK}),
    "keys": ("/v1/keys", {"name": "cms", "scopes": ["contents:read"], "caps": {"postsPerDay": 3}}),
}


@pytest.mark.parametrize("kind", MAKES)
async def test_metadata_are_returned_replaced_and_cleared(api: ApiHarness, kind: str) -> None:
    path, body = MAKES[kind]
    made = await api.create(path, body | {"metadata": OWN})
    place = f"/v1/{kind}/{made.get('ref') or made['id']}"
    assert made["metadata"] == OWN == (await api.read(place))["metadata"]
    assert OWN in [each["metadata"] for each in await api.read_list(f"/v1/{kind}")]
    for change, after in (({}, OWN), ({"metadata": {"tenant": "43"}}, {"tenant": "43"}), ({"metadata": None}, {})):
        changed = await api.patch(place, change)
        assert (changed.status_code, changed.json()["metadata"]) == (200, after), changed.text
        assert (await api.read(place))["metadata"] == after


@pytest.mark.parametrize("kind", [*MAKES, "connect"])
async def test_metadata_follow_the_rules_of_those_of_posts(api: ApiHarness, kind: str) -> None:
    connect: tuple[str, dict[str, Any]] = ("/v1/brands/acme/accounts/connect", {"channel": "bluesky"})
    path, body = MAKES.get(kind, connect)
    many = {f"n{number}": "x" for number in range(MAX_METADATA + 1)}
    wrong = ({"a b": "x"}, {"": "x"}, {"a": 7}, {"a": "x" * (MAX_METADATA_VALUE + 1)}, many, ["a"])
    for metadata in wrong:
        problems = expect_errors(await api.post(path, body | {"metadata": metadata}))
        assert all(each["pointer"].startswith("/metadata") for each in problems), problems


async def test_accounts_keep_their_metadata_when_they_are_connected_again(api: ApiHarness) -> None:
    made = await api.create("/v1/brands/acme/accounts", ACCOUNT | {"metadata": OWN})
    assert (await api.create("/v1/brands/acme/accounts", ACCOUNT))["metadata"] == OWN
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api, metadata={"link": "1"}))
    assert (await api.read(f"/v1/accounts/{made['id']}"))["metadata"] == OWN
    replaced = await api.create("/v1/brands/acme/accounts", ACCOUNT | {"metadata": {"tenant": "7"}})
    assert (replaced["id"], replaced["metadata"]) == (made["id"], {"tenant": "7"})


async def test_a_connect_link_keeps_its_metadata(api: ApiHarness) -> None:
    link = await create_link(api, metadata=OWN)
    assert (await connection(api, link))["metadata"] == OWN
    assert (await connection(api, await create_link(api)))["metadata"] == {}
