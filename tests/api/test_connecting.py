"""Connecting in a browser: the link, the consent, the way back, the choice among profiles."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from temporalio.client import Client

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.ids import account_workflow_id
from munadi.domain.publication import HoldReason
from tests.api.harness import ApiHarness
from tests.api.owner import (
    CALLBACK,
    CMS,
    CONNECT,
    connected_accounts,
    connection,
    create_link,
    form_of,
    owner_of,
    path_of,
)
from tests.api.problems import expect_errors, expect_problem, expect_quota_exceeded
from tests.support.temporal import TemporalDevServer


async def get_in_another_browser(api: ApiHarness, path: str) -> httpx.Response:
    async with owner_of(api) as other:
        return await other.client.get(path)


@pytest.mark.fake_network
async def test_a_link_leads_to_a_connected_account(api: ApiHarness) -> None:
    link = await create_link(api)
    assert (await connection(api, link))["status"] == "waiting"
    async with owner_of(api) as owner:
        consent = await owner.leave(link)
        assert (await connection(api, link))["status"] == "consenting"
        assert api.authorizer.begun[0].redirect_uri.endswith(CALLBACK)
        end = await owner.come_back(api.authorizer.approve(consent))
    assert (end.status_code, "can now publish as acme.example" in end.text) == (200, True)
    assert (await get_in_another_browser(api, end.url.path)).status_code == 404
    (account,) = await connected_accounts(api)
    found = await connection(api, link)
    assert (found["status"], found["accountIds"], found["failure"]) == ("connected", [account["id"]], None)
    assert (account["externalId"], account["scopes"]) == ("did:plc:1", ["publish", "read"])
    assert "CANARY" not in str(found) + str(account)
    again = await get_in_another_browser(api, path_of(link))
    assert (again.status_code, "has been used" in again.text) == (410, True)


@pytest.mark.fake_network
async def test_a_check_keeps_the_granted_scopes_where_the_network_reports_none(api: ApiHarness) -> None:
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
    (account,) = await connected_accounts(api)
    for reported, kept in (((), ["publish", "read"]), (("read",), ["read"])):
        api.network.scopes = reported
        checked = await api.create(f"/v1/accounts/{account['id']}/check", None)
        assert (checked["ok"], checked["scopes"]) == (True, kept)


@pytest.mark.fake_network
async def test_the_workflow_of_each_connected_account_is_started_at_once(
    api: ApiHarness, temporal: TemporalDevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting for the relay: the first token may have little time left."""
    client_of_temporal = await Client.connect(temporal.address)
    monkeypatch.setattr(api.services.starts, "temporal", client_of_temporal)
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
        api.authorizer.profiles = ("p1", "p2")
        choose = await owner.choose_path(await create_link(api))
        await owner.client.post(choose, data={"externalId": ["p1"], **await form_of(owner.client, choose)})
        link = await create_link(api)
        await owner.consent(link)
    await api.create(f"/v1/connections/{link['id']}/select", {"externalIds": ["p2"]})
    connected = await connected_accounts(api)
    assert len(connected) == 3
    for account in connected:
        handle = client_of_temporal.get_workflow_handle(account_workflow_id(account["id"]))
        assert (await handle.describe()).workflow_type == "KeepAccountConnected"
        await handle.terminate()


@pytest.mark.fake_network
async def test_the_browser_returns_to_the_clients_url(api: ApiHarness) -> None:
    link = await create_link(api, redirectUrl=CMS)
    async with owner_of(api) as owner:
        end = await owner.consent(link)
        assert end.headers["location"] == f"{CMS}&connectionId={link['id']}&status=connected"
        link = await create_link(api, redirectUrl=CMS)
        consent = await owner.leave(link)
        declined = await owner.come_back({"state": consent["state"], "error": "access_denied"})
    assert declined.headers["location"].endswith("status=failed")
    failure = (await connection(api, link))["failure"]
    assert (failure["reason"], "again" in failure["remedy"]) == ("CONSENT_DENIED", True)


@pytest.mark.fake_network
async def test_the_owner_chooses_among_several_profiles_on_our_page(api: ApiHarness) -> None:
    api.authorizer.profiles = ("p1", "p2", "p3")
    async with owner_of(api) as owner:
        choose = await owner.choose_path(await create_link(api))
        shown = await owner.client.get(choose)
        assert all(f"Page {one}" in shown.text for one in api.authorizer.profiles)
        form = await form_of(owner.client, choose)
        assert (await owner.client.post(choose, data=form)).status_code == 422
        assert (await owner.client.post(choose, data={"externalId": "p9", **form})).status_code == 422
        assert (await get_in_another_browser(api, choose)).status_code == 404
        chosen = await owner.client.post(choose, data={"externalId": ["p1", "p3"], **form})
        assert "Connected" in (await owner.follow(chosen)).text
        assert (await owner.client.post(choose, data={"externalId": "p2", **form})).status_code == 410
    assert {one["externalId"] for one in await connected_accounts(api)} == {"p1", "p3"}


@pytest.mark.fake_network
async def test_a_client_chooses_among_several_profiles(api: ApiHarness) -> None:
    api.authorizer.profiles = ("p1", "p2")
    link = await create_link(api, redirectUrl=CMS)
    async with owner_of(api) as owner:
        end = await owner.consent(link)
    assert dict(parse_qsl(urlsplit(end.headers["location"]).query))["status"] == "choosing"
    assert [one["externalId"] for one in (await connection(api, link))["choices"]] == ["p1", "p2"]
    select = f"/v1/connections/{link['id']}/select"
    expect_errors(await api.post(select, {"externalIds": ["p9"]}), "/externalIds")
    assert (await api.create(select, {"externalIds": ["p2", "p2"]}))["status"] == "connected"
    expect_problem(await api.post(select, {"externalIds": ["p1"]}), 409)
    assert [one["externalId"] for one in await connected_accounts(api)] == ["p2"]


@pytest.mark.fake_network
async def test_a_reconnect_accepts_the_same_profile_only_and_releases_its_posts(api: ApiHarness) -> None:
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
    (account,) = await connected_accounts(api)
    held = await api.seed.content(account["id"], hold=HoldReason.TOKEN)
    api.authorizer.profiles = ("p7", "p8")
    link = await api.create(f"/v1/accounts/{account['id']}/reconnect", {})
    async with owner_of(api) as owner:
        assert "asks you to reconnect" in (await owner.client.get(path_of(link))).text
        assert "acme.example is to be reconnected" in (await owner.consent(link)).text
        failure = (await connection(api, link))["failure"]
        assert (failure["reason"], bool(failure["remedy"])) == ("PROFILE_MISMATCH", True)
        assert (await api.seed.publication(held)).hold_reason == HoldReason.TOKEN
        # The link can be used again, now as the right profile. There is nothing to choose.
        api.authorizer.profiles = ("p7", "did:plc:1")
        assert "Connected" in (await owner.consent(link)).text
    assert (await api.seed.publication(held)).hold_reason is None
    assert len(await connected_accounts(api)) == 1


@pytest.mark.fake_network
async def test_a_link_expires(api: ApiHarness) -> None:
    link = await create_link(api)
    api.clock.ahead += timedelta(hours=1, seconds=1)
    answer = await get_in_another_browser(api, path_of(link))
    assert (answer.status_code, "expired" in answer.text) == (410, True)
    assert (await connection(api, link))["status"] == "expired"


@pytest.mark.fake_network
async def test_the_limit_on_accounts_holds_when_the_owner_comes_back(api: ApiHarness) -> None:
    link = await create_link(api)
    await api.limit(accounts=0)
    expect_quota_exceeded(await api.post(CONNECT, {"channel": "bluesky"}), "accounts")
    async with owner_of(api) as owner:
        await owner.consent(link)
    assert (await connection(api, link))["failure"]["reason"] == "ACCOUNT_LIMIT_REACHED"
    assert await connected_accounts(api) == []


@pytest.mark.fake_network
async def test_an_outage_of_the_network_is_shown_on_the_page(api: ApiHarness) -> None:
    link = await create_link(api)
    api.authorizer.errors.append(ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "Network: down"))
    async with owner_of(api) as owner:
        answer = await owner.client.post(path_of(link), data=await form_of(owner.client, path_of(link)))
        assert (answer.status_code, "Network: down" in answer.text) == (502, True)
        assert (await owner.leave(link))["state"]


@pytest.mark.fake_network
async def test_a_missing_setting_is_named(api: ApiHarness) -> None:
    api.authorizer.missing_settings = ("MUNADI_CHANNELS__BLUESKY__CLIENT_ID",)
    [error] = expect_errors(await api.post(CONNECT, {"channel": "bluesky"}), "/channel")
    assert "MUNADI_CHANNELS__BLUESKY__CLIENT_ID" in error["message"]


@pytest.mark.fake_network
async def test_the_pages_load_nothing_from_elsewhere(api: ApiHarness) -> None:
    shown = await api.get(path_of(await create_link(api)), key="")
    assert shown.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == ("same-origin", "no-store")
    assert (await api.get("/connect/assets/page.css", key="")).headers["content-type"].startswith("text/css")
    assert (await api.get("/connect/unknown", key="")).status_code == 410


@pytest.mark.parametrize("document", ["client-metadata.json", "jwks.json"])
async def test_an_authorization_server_can_read_our_metadata_and_public_keys(api: ApiHarness, document: str) -> None:
    answer = await api.get(f"/v1/oauth/bluesky/{document}", key="")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    base = f"{api.services.settings.base_url}/v1/oauth/bluesky"
    if document == "jwks.json":
        (key,) = answer.json()["keys"]
        assert {"kid", "kty", "crv", "x", "y", "use", "alg"} == set(key), "nothing private"
    else:
        assert answer.json()["client_id"] == f"{base}/client-metadata.json"
        assert answer.json()["redirect_uris"] == [f"{base}/callback"]
    for other in ("threads", "unknown"):
        assert (await api.get(f"/v1/oauth/{other}/{document}")).status_code == 404
