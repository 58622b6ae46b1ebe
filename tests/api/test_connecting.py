"""Connecting in a browser: the link, the consent, the way back, the choice among profiles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from temporalio.client import Client

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.ids import account_workflow_id
from munadi.domain.publication import HoldReason
from tests.api.connecting import (
    BACK,
    CALLBACK,
    CONNECT,
    accounts,
    back,
    browser,
    client_get,
    ended,
    form_of,
    left,
    link,
    path_of,
    status,
)
from tests.api.desk import Desk
from tests.api.door import Door
from tests.support.temporal import TemporalDevServer


async def test_a_link_leads_to_a_connected_account(door: Door) -> None:
    made = await link(door)
    assert (await status(door, made))["status"] == "waiting"
    async with browser(door) as client:
        consent = await left(client, made)
        assert (await status(door, made))["status"] == "consenting"
        assert door.authority.asked[0].redirect_uri.endswith(CALLBACK)
        end = await back(client, door.authority.approve(consent))
    assert (end.status_code, "can now publish as acme.example" in end.text) == (200, True)
    assert (await client_get(door, end.url.path)).status_code == 404  # another browser
    (account,) = await accounts(door)
    found = await status(door, made)
    assert (found["status"], found["accountIds"], found["failure"]) == ("connected", [account["id"]], None)
    assert (account["externalId"], account["scopes"]) == ("did:plc:1", ["publish", "read"])
    assert "CANARY" not in str(found) + str(account)
    again = await client_get(door, path_of(made))
    assert (again.status_code, "has been used" in again.text) == (410, True)


async def test_a_check_keeps_what_the_consent_granted_where_the_network_does_not_tell(door: Door) -> None:
    async with browser(door) as client:
        await back(client, door.authority.approve(await left(client, await link(door))))
    (account,) = await accounts(door)
    for told, kept in (((), ["publish", "read"]), (("read",), ["read"])):
        door.network.scopes = told
        answer = await door.ask("POST", f"/v1/accounts/{account['id']}/check")
        assert (answer.json()["ok"], answer.json()["scopes"]) == (True, kept)


async def test_the_keepers_of_what_was_connected_are_woken_at_once(
    door: Door, temporal: TemporalDevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when the relay comes by: the first token may have little time left."""
    client_of_temporal = await Client.connect(temporal.address)
    monkeypatch.setattr(door.services, "temporal", client_of_temporal)
    async with browser(door) as client:
        await back(client, door.authority.approve(await left(client, await link(door))))
        door.authority.profiles = ("p1", "p2")
        made = await link(door)
        end = await back(client, door.authority.approve(await left(client, made)))
        choose = urlsplit(end.headers["location"]).path
        await client.post(choose, data={"externalId": ["p1"], **await form_of(client, choose)})
        made = await link(door)
        await back(client, door.authority.approve(await left(client, made)))
    chosen = await door.ask("POST", f"/v1/connections/{made['id']}/select", json={"externalIds": ["p2"]})
    assert chosen.status_code == 200, chosen.text
    connected = await accounts(door)
    assert len(connected) == 3
    for account in connected:
        begun = await client_of_temporal.get_workflow_handle(account_workflow_id(account["id"])).describe()
        assert begun.workflow_type == "KeepAccountConnected"
        await client_of_temporal.get_workflow_handle(begun.id).terminate()


async def test_the_browser_ends_where_the_client_said(door: Door) -> None:
    made = await link(door, redirectUrl=BACK)
    async with browser(door) as client:
        end = await back(client, door.authority.approve(await left(client, made)))
    assert end.status_code == 303
    assert end.headers["location"] == f"{BACK}&connectionId={made['id']}&status=connected"


async def test_several_profiles_are_chosen_on_our_page(door: Door) -> None:
    door.authority.profiles = ("p1", "p2", "p3")
    made = await link(door)
    async with browser(door) as client:
        end = await back(client, door.authority.approve(await left(client, made)))
        assert end.status_code == 303
        choose = urlsplit(end.headers["location"]).path
        shown = await client.get(choose)
        assert all(f"Page {one}" in shown.text for one in door.authority.profiles)
        form = await form_of(client, choose)
        assert (await client.post(choose, data=form)).status_code == 422
        assert (await client.post(choose, data={"externalId": "p9", **form})).status_code == 422
        assert (await client_get(door, choose)).status_code == 404  # another browser
        done = await ended(client, await client.post(choose, data={"externalId": ["p1", "p3"], **form}))
        assert "Connected" in done.text
        assert (await client.post(choose, data={"externalId": "p2", **form})).status_code == 410
    assert {one["externalId"] for one in await accounts(door)} == {"p1", "p3"}


async def test_several_profiles_are_chosen_by_the_client(door: Door) -> None:
    door.authority.profiles = ("p1", "p2")
    made = await link(door, redirectUrl=BACK)
    async with browser(door) as client:
        end = await back(client, door.authority.approve(await left(client, made)))
    assert dict(parse_qsl(urlsplit(end.headers["location"]).query))["status"] == "choosing"
    found = await status(door, made)
    assert [one["externalId"] for one in found["choices"]] == ["p1", "p2"]
    select = f"/v1/connections/{made['id']}/select"
    unknown = await door.ask("POST", select, json={"externalIds": ["p9"]})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/externalIds")
    done = await door.ask("POST", select, json={"externalIds": ["p2", "p2"]})
    assert (done.status_code, done.json()["status"]) == (200, "connected")
    assert (await door.ask("POST", select, json={"externalIds": ["p1"]})).status_code == 409
    assert [one["externalId"] for one in await accounts(door)] == ["p2"]


async def test_a_reconnect_takes_the_same_profile_alone_and_releases_what_was_held(door: Door) -> None:
    first = await link(door)
    async with browser(door) as client:
        await back(client, door.authority.approve(await left(client, first)))
    (account,) = await accounts(door)
    held = await door.seed.content(account["id"], hold=HoldReason.TOKEN)
    door.authority.profiles = ("p7", "p8")
    answer = await door.ask("POST", f"/v1/accounts/{account['id']}/reconnect", json={})
    assert answer.status_code == 201
    async with browser(door) as client:
        assert "asks you to reconnect" in (await client.get(path_of(answer.json()))).text
        refused = await back(client, door.authority.approve(await left(client, answer.json())))
        assert "acme.example is to be reconnected" in refused.text
        failure = (await status(door, answer.json()))["failure"]
        assert (failure["reason"], bool(failure["remedy"])) == ("PROFILE_MISMATCH", True)
        assert (await door.seed.publication(held)).hold_reason == HoldReason.TOKEN
        # The link can be tried again, now as the right profile; there is nothing to choose.
        door.authority.profiles = ("p7", "did:plc:1")
        done = await back(client, door.authority.approve(await left(client, answer.json())))
    assert "Connected" in done.text
    assert (await door.seed.publication(held)).hold_reason is None
    assert len(await accounts(door)) == 1


async def test_a_link_ends(door: Door) -> None:
    made = await link(door)
    door.clock.ahead += timedelta(hours=1, seconds=1)
    answer = await client_get(door, path_of(made))
    assert (answer.status_code, "expired" in answer.text) == (410, True)
    assert (await status(door, made))["status"] == "expired"


async def test_a_limit_is_kept_at_the_end_too(door: Door) -> None:
    made = await link(door)
    await door.ask("PATCH", "/v1/brands/acme", json={"limits": {"accounts": 0}})
    assert (await door.ask("POST", CONNECT, json={"channel": "bluesky"})).status_code == 429
    async with browser(door) as client:
        await back(client, door.authority.approve(await left(client, made)))
    assert (await status(door, made))["failure"]["reason"] == "ACCOUNT_LIMIT_REACHED"
    assert await accounts(door) == []


async def test_a_network_that_cannot_ask_now_is_told_on_the_page(door: Door) -> None:
    made = await link(door)
    door.authority.refusing.append(ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "Network: down"))
    async with browser(door) as client:
        answer = await client.post(path_of(made), data=await form_of(client, path_of(made)))
        assert (answer.status_code, "Network: down" in answer.text) == (502, True)
        assert (await left(client, made))["state"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"channel": "threads"}, "/channel"),
        ({"channel": "bluesky", "redirectUrl": "javascript:alert(1)"}, "/redirectUrl"),
        ({"channel": "bluesky", "redirectUrl": "http://cms.example/"}, "/redirectUrl"),
        ({"channel": "bluesky", "redirectUrl": "https://a:b@cms.example/"}, "/redirectUrl"),
        ({"channel": "bluesky", "redirectUrl": "https://cms.example/#x"}, "/redirectUrl"),
        ({"channel": "bluesky", "redirectUrl": "//cms.example/"}, "/redirectUrl"),
        ({"channel": "bluesky", "redirectUrl": "https://cms.example/\r\nX: 1"}, "/redirectUrl"),
        ({"channel": "bluesky", "redirectUrl": "https:\\\\cms.example"}, "/redirectUrl"),
        ({"channel": "bluesky", "expiresAt": "2020-01-01T00:00:00Z"}, "/expiresAt"),
        ({"channel": "bluesky", "expiresAt": "2999-01-01T00:00:00Z"}, "/expiresAt"),
        ({"channel": "bluesky", "surprise": 1}, "/surprise"),
    ],
)
async def test_bad_input_is_named(door: Door, sent: dict[str, Any], pointer: str) -> None:
    answer = await door.ask("POST", CONNECT, json=sent)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_an_app_that_is_not_set_up_is_named(door: Door) -> None:
    door.authority.missing_settings = ("MUNADI_CHANNELS__BLUESKY__CLIENT_ID",)
    answer = await door.ask("POST", CONNECT, json={"channel": "bluesky"})
    assert "MUNADI_CHANNELS__BLUESKY__CLIENT_ID" in answer.json()["errors"][0]["message"]


async def test_the_pages_let_nothing_else_in(door: Door) -> None:
    shown = await client_get(door, path_of(await link(door)))
    assert shown.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == ("same-origin", "no-store")
    assert (await client_get(door, "/connect/assets/page.css")).headers["content-type"].startswith("text/css")
    assert (await client_get(door, "/connect/unknown")).status_code == 410


async def test_servers_that_know_us_by_an_address_can_read_it(small_desk: Desk) -> None:
    answer = await small_desk.client.get("/v1/oauth/bluesky/client-metadata.json", headers={"Authorization": ""})
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    base = small_desk.services.settings.base_url
    assert told["client_id"] == f"{base}/v1/oauth/bluesky/client-metadata.json"
    assert told["redirect_uris"] == [f"{base}/v1/oauth/bluesky/callback"]
    for other in ("threads", "unknown"):
        assert (await small_desk.client.get(f"/v1/oauth/{other}/client-metadata.json")).status_code == 404


async def test_servers_that_know_us_by_an_address_can_read_our_public_keys(small_desk: Desk) -> None:
    answer = await small_desk.client.get("/v1/oauth/bluesky/jwks.json", headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    (key,) = answer.json()["keys"]
    assert {"kid", "kty", "crv", "x", "y", "use", "alg"} == set(key)  # nothing private
    for other in ("threads", "unknown"):
        assert (await small_desk.client.get(f"/v1/oauth/{other}/jwks.json")).status_code == 404
