"""What must not be accepted while connecting: states, browsers, codes and keys of another attempt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness, bytes_of, open_api
from tests.api.owner import (
    CONNECT,
    OwnerBrowser,
    connected_accounts,
    connection,
    create_link,
    form_of,
    owner_of,
    path_of,
)
from tests.api.problems import expect_problem

pytestmark = pytest.mark.fake_network
Consent = dict[str, str]


async def reused_state(api: ApiHarness, owner: OwnerBrowser, consent: Consent) -> httpx.Response:
    approved = api.authorizer.approve(consent)
    api.authorizer.codes.clear()  # the first attempt fails, so that the second would be the one to connect
    await owner.come_back(approved)
    return await owner.come_back(api.authorizer.approve(consent))


async def expired_state(api: ApiHarness, owner: OwnerBrowser, consent: Consent) -> httpx.Response:
    api.clock.ahead += timedelta(minutes=10, seconds=1)
    return await owner.come_back(api.authorizer.approve(consent))


async def invented_state(api: ApiHarness, owner: OwnerBrowser, consent: Consent) -> httpx.Response:
    return await owner.come_back({**api.authorizer.approve(consent), "state": "A" * 43})


async def no_state(api: ApiHarness, owner: OwnerBrowser, consent: Consent) -> httpx.Response:
    return await owner.come_back({"code": api.authorizer.approve(consent)["code"]})


async def superseded_state(api: ApiHarness, owner: OwnerBrowser, consent: Consent) -> httpx.Response:
    """Only the latest opening of a link counts."""
    link = await create_link(api)
    first, _ = await owner.leave(link), await owner.leave(link)
    return await owner.come_back(api.authorizer.approve(first))


async def state_of_another_channel(api: ApiHarness, owner: OwnerBrowser, consent: Consent) -> httpx.Response:
    """The state is used up by this, so that it fails at the right callback too."""
    approved = api.authorizer.approve(consent)
    assert (await owner.client.get("/v1/oauth/threads/callback", params=approved)).status_code == 400
    return await owner.come_back(approved)


STATES = [reused_state, expired_state, invented_state, no_state, superseded_state, state_of_another_channel]


@pytest.mark.parametrize("attack", STATES)
async def test_a_state_of_another_attempt_is_refused_before_the_network_is_called(api: ApiHarness, attack: Any) -> None:
    async with owner_of(api) as owner:
        answer = await attack(api, owner, await owner.leave(await create_link(api)))
    assert (answer.status_code, "not expected" in answer.text) == (400, True)
    assert api.authorizer.exchanges == (1 if attack is reused_state else 0)
    assert await connected_accounts(api) == []


async def test_a_link_can_be_opened_twice(api: ApiHarness) -> None:
    link = await create_link(api)
    async with owner_of(api) as owner:
        await owner.leave(link)
        assert (await owner.consent(link)).status_code == 200


async def test_a_consent_that_comes_back_to_another_browser_is_refused(api: ApiHarness) -> None:
    link = await create_link(api)
    async with owner_of(api) as owner, owner_of(api) as other:
        approved = api.authorizer.approve(await owner.leave(link))
        answer = await other.come_back(approved)
        assert (answer.status_code, "another browser" in answer.text) == (422, True)
        # The state is used up: a thief has ended this attempt.
        assert (await owner.come_back(approved)).status_code == 400
    assert (api.authorizer.exchanges, await connected_accounts(api)) == (0, [])


async def test_a_code_of_another_attempt_is_refused(api: ApiHarness) -> None:
    """The verifier is wrong, so that the network refuses the code."""
    one, two = await create_link(api), await create_link(api)
    async with owner_of(api) as owner:
        stolen = api.authorizer.approve(await owner.leave(one))
        consent = await owner.leave(two)
        answer = await owner.come_back({"state": consent["state"], "code": stolen["code"]})
    assert answer.status_code == 422
    assert (await connection(api, two))["failure"]["reason"] == "CONSENT_EXPIRED"
    assert await connected_accounts(api) == []


async def link_of_a_short_key(api: ApiHarness) -> dict[str, Any]:
    """A link whose key is valid for five minutes."""
    key = await api.key(Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme", lasts=timedelta(minutes=5))
    return await api.create(CONNECT, {"channel": "bluesky"}, key=key)


async def test_the_key_must_be_valid_when_the_browser_comes_back(api: ApiHarness) -> None:
    link = await link_of_a_short_key(api)
    async with owner_of(api) as owner:
        consent = await owner.leave(link)
        api.clock.ahead += timedelta(minutes=6)
        answer = await owner.come_back(api.authorizer.approve(consent))
        assert (answer.status_code, api.authorizer.exchanges) == (422, 0)
        assert (await owner.client.get(path_of(link))).status_code == 410
    assert await connected_accounts(api) == []


async def test_the_key_must_be_valid_when_profiles_are_chosen(api: ApiHarness) -> None:
    api.authorizer.profiles = ("p1", "p2")
    link = await link_of_a_short_key(api)
    async with owner_of(api) as owner:
        await owner.consent(link)
    api.clock.ahead += timedelta(minutes=6)
    answer = await api.post(f"/v1/connections/{link['id']}/select", {"externalIds": ["p1"]})
    expect_problem(answer, 409, "NOTHING_TO_CHOOSE")
    assert await connected_accounts(api) == []


async def test_no_secret_of_an_attempt_is_readable_at_rest(tmp_path: Path) -> None:
    async with open_api(tmp_path, fake_network=True) as api:
        api.authorizer.profiles = ("p1", "p2")
        link = await create_link(api)
        async with owner_of(api) as owner:
            consent = await owner.leave(link)
            await owner.come_back(api.authorizer.approve(consent))
            cookie = owner.client.cookies["munadi_browser"]
        secrets = [path_of(link).rpartition("/")[2], consent["state"], cookie, "CANARY"]
        assert (await connection(api, link))["status"] == "choosing"
    written = bytes_of(tmp_path)
    assert link["id"].encode() in written
    assert not [secret for secret in secrets if secret.encode() in written]


# Forms that another site sends.


async def form_without_its_page(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path)


async def form_with_the_token_of_another_browser(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """The attacker opens the page, and has the victim's browser send the attacker's token."""
    stolen = await form_of(client, path)
    client.cookies.clear()
    await client.get(path)
    return await client.post(path, data=stolen)


async def form_without_the_cookie(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """SameSite keeps the cookie from a form of another site."""
    form = await form_of(client, path)
    client.cookies.clear()
    return await client.post(path, data=form)


async def form_from_another_origin(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path, data=await form_of(client, path), headers={"Origin": "https://evil.example"})


async def form_that_the_browser_calls_cross_site(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path, data=await form_of(client, path), headers={"Sec-Fetch-Site": "cross-site"})


async def form_with_a_wrong_token(client: httpx.AsyncClient, path: str) -> httpx.Response:
    token = (await form_of(client, path))["token"]
    return await client.post(path, data={"token": token[::-1], "externalId": "p1"})


FORMS = [form_without_its_page, form_from_another_origin, form_that_the_browser_calls_cross_site]


@pytest.mark.parametrize("attack", [*FORMS, form_with_the_token_of_another_browser, form_without_the_cookie])
async def test_a_form_of_another_site_does_not_lead_to_the_network(api: ApiHarness, attack: Any) -> None:
    link = await create_link(api)
    async with owner_of(api) as owner:
        answer = await attack(owner.client, path_of(link))
        assert (answer.status_code, "This form is not ours" in answer.text) == (403, True)
        assert (await connection(api, link))["status"] == "waiting"
        assert await owner.leave(link), "the owner's own browser still can"


@pytest.mark.parametrize("attack", [*FORMS, form_with_a_wrong_token])
async def test_a_form_of_another_site_chooses_nothing(api: ApiHarness, attack: Any) -> None:
    api.authorizer.profiles = ("p1", "p2")
    link = await create_link(api)
    async with owner_of(api) as owner:
        answer = await attack(owner.client, await owner.choose_path(link))
        assert (answer.status_code, "This form is not ours" in answer.text) == (403, True)
    assert (await connection(api, link))["status"] == "choosing"
    assert await connected_accounts(api) == []


@pytest.mark.parametrize("reconnecting", [False, True])
async def test_a_link_is_not_replayed_to_another_key(api: ApiHarness, reconnecting: bool) -> None:
    """Any holder of the link may connect a profile. The key that made it gets it again, and no other one does."""
    path, body = CONNECT, {"channel": "bluesky"}
    if reconnecting:
        account = await api.add_account(ChannelName.BLUESKY)
        path, body = f"/v1/accounts/{account}/reconnect", {}
    mine, other = [await api.key(Scope.ACCOUNTS_WRITE, brand_ref="acme") for _ in range(2)]
    headers = {"Idempotency-Key": "one"}
    first = await api.post(path, body, key=mine, headers=headers)
    again = await api.post(path, body, key=mine, headers=headers)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    answer = await api.post(path, body, key=other, headers=headers)
    assert "idempotent-replayed" not in answer.headers
    assert answer.json()["connectUrl"] != first.json()["connectUrl"]


@pytest.mark.parametrize(
    ("url", "host", "shown"),
    [
        ("https://evil.example/x", "evil.example", False),
        ("https://evil.example/x", "127.0.0.1:8080", False),
        ("http://localhost:8080/accounts", "evil.example", True),
        ("http://127.0.0.1:8080/accounts", "127.0.0.1:8080", True),
        ("http://127.0.0.1:9999/accounts", "127.0.0.1:9999", False),
    ],
)
async def test_the_way_back_is_ours_whatever_host_a_request_names(
    api: ApiHarness, url: str, host: str, shown: bool
) -> None:
    link = await create_link(api, redirectUrl=url)
    page = await api.get(path_of(link), key="", headers={"Host": host})
    assert (page.status_code, url in page.text) == (200, shown)
