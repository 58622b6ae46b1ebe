"""What attackers do to a sign-in: races, stolen tokens, links that lead away, floods of tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from munadi.db.keys.callers import forget_callers
from munadi.db.tables import KeyRow, OAuthCodeRow
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.program import Program, query_of

HOSTED = "https://app.example.com/back"


@pytest.fixture
async def browser(api: ApiHarness) -> AsyncIterator[DashboardBrowser]:
    async with api.dashboard(api.admin_key) as opened:
        yield opened


@pytest.fixture
async def http(api: ApiHarness) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=api.services.settings.base_url) as client:
        yield client


@pytest.fixture
async def program(http: httpx.AsyncClient) -> Program:
    return await Program.register(http)


async def works(http: httpx.AsyncClient, token: str) -> bool:
    """Whether a token opens anything."""
    answer = await http.get("/v1/contents", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


@pytest.mark.each_database
async def test_of_many_who_use_a_code_or_a_refresh_token_at_once_none_keeps_anything(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    before = await api.count(KeyRow)
    code = await program.code(browser)
    raced = await asyncio.gather(*(program.exchange(code) for _ in range(5)))
    assert sorted(each.status_code for each in raced) == [200, 400, 400, 400, 400]
    assert await api.count(KeyRow) == before + 1
    [tokens] = [each.json() for each in raced if each.status_code == 200]
    forget_callers(api.services.database)
    assert not await works(http, tokens["access_token"])

    first = (await program.sign_in(browser))["refresh_token"]
    raced = await asyncio.gather(*(program.refresh(first) for _ in range(5)))
    assert sorted(each.status_code for each in raced) == [200, 400, 400, 400, 400]
    [tokens] = [each.json() for each in raced if each.status_code == 200]
    forget_callers(api.services.database)
    assert not await works(http, tokens["access_token"])
    assert (await program.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    # A person finds out: the key that was allowed is revoked, and the log has it.
    assert [each["revokedAt"] is not None for each in (await api.get("/v1/keys")).json()["data"][-2:]] == [True, True]
    assert len((await api.get("/v1/audit?action=key.revoked")).json()["data"]) == 2


async def test_a_refresh_token_is_of_use_to_its_program_only(
    http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    tokens = await program.sign_in(browser)
    thief = await Program.register(http)
    assert (await thief.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    wider = await program.refresh(tokens["refresh_token"], scope="contents:write")
    assert wider.json()["error"] == "invalid_scope"
    elsewhere = await program.refresh(tokens["refresh_token"], resource="http://127.0.0.1:9/other")
    assert elsewhere.json()["error"] == "invalid_target"
    # None of these spent it.
    assert (await program.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_code_without_its_verifier_is_of_no_use_and_is_not_spent(
    http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    code = await program.code(browser)
    for verifier in (None, "", program.verifier[:-1]):
        refused = await program.exchange(code, code_verifier=verifier)
        assert refused.json()["error"] in ("invalid_request", "invalid_grant")
    tokens = (await program.exchange(code)).json()
    # Who has only the code cannot end the sign-in with it either.
    assert (await program.exchange(code, code_verifier="x" * 43)).json()["error"] == "invalid_grant"
    assert await works(http, tokens["access_token"])


@pytest.mark.parametrize("address", [HOSTED, "com.example.app:/back"])
@pytest.mark.parametrize("wrong", [{"scope": "admin"}, {"response_type": "token"}, {"resource": None}])
async def test_a_link_to_us_does_not_lead_elsewhere_by_itself(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, address: str, wrong: dict[str, Any]
) -> None:
    stranger = await Program.register(http, redirect_uris=[address], client_name="<b>x</b>")
    stranger.redirect_uri = address
    answer = await stranger.ask(browser, **wrong)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert "This program cannot sign in" in answer.text
    assert "Munadi does not know who made it" in answer.text
    href = unescape(answer.text.partition('<a href="' + address)[2].partition('"')[0])
    assert "error=" in href
    assert "iss=" in href
    assert "state=st-1" in href
    # Nor does a right request before the person has decided.
    page = await stranger.page(browser)
    assert "You will be sent back to " in page
    refused = await stranger.answer(browser, page, decision="deny")
    assert query_of(refused)["error"] == "access_denied"
    assert await api.count(OAuthCodeRow) == 0


async def test_a_request_whose_fields_are_given_twice_is_not_read(
    http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    other = await Program.register(http)
    twice = [*program.request().items(), ("client_id", other.client_id)]
    answer = await browser.client.get("/oauth/authorize", params=twice)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)


async def test_a_token_does_not_outlive_a_key_whose_end_was_moved(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    tokens = await program.sign_in(browser)
    [key] = [each for each in (await api.get("/v1/keys")).json()["data"] if each["name"] == "Draft helper"]
    async with api.services.database.write() as session:
        row = await session.get(KeyRow, key["id"])
        assert row is not None
        row.expires_at = api.clock.now() + timedelta(minutes=5)
    forget_callers(api.services.database)
    assert await works(http, tokens["access_token"])
    api.clock.ahead += timedelta(minutes=6)
    forget_callers(api.services.database)
    assert not await works(http, tokens["access_token"])


async def test_a_token_signs_nobody_in_to_the_dashboard(
    api: ApiHarness, browser: DashboardBrowser, program: Program
) -> None:
    token = (await program.sign_in(browser))["access_token"]
    async with api.dashboard() as thief:
        refused = await thief.sign_in(token)
        assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
