"""Programs register themselves: which addresses are taken, what the answer says, and how many may wait for a person."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from munadi.db.oauth.service import forget_old_sign_ins
from munadi.db.tables import OAuthClientRow, OAuthCodeRow, OAuthTokenRow
from tests.api.harness import ApiHarness
from tests.api.program import Program, try_to_register


@pytest.fixture
async def http(api: ApiHarness) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=api.services.settings.base_url) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://a;sandbox/", "no host, or one with other characters"),
        ("mailto:someone@example.com", "not an app's own"),
        ("http://app.example.com/back", "neither https nor of this machine"),
        ("javascript:alert(1)", "not an app's own"),
        ("data:text/html,x", "not an app's own"),
        ("https://user@app.example.com/", "user name"),
        ("https://app.example.com/#x", "fragment"),
        ("x" * 2000, ""),
    ],
)
async def test_a_dangerous_address_is_not_registered(http: httpx.AsyncClient, address: str, said: str) -> None:
    answer = await try_to_register(http, redirect_uris=[address])
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")
    assert said in answer.json()["error_description"]


async def test_a_registration_says_what_was_taken_and_keeps_no_more(api: ApiHarness, http: httpx.AsyncClient) -> None:
    sent = {"redirect_uris": ["https://app.example.com/back", "cursor://anysphere.cursor-retrieval/oauth"],
            "client_name": "Munadi\u202e nimdA\n", "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token", "x", *["refresh_token"] * 500],
            "response_types": ["code"] * 500,
            "logo_uri": "https://app.example.com/logo.png", "client_uri": "https://app.example.com/" + "x" * 9000,
            "software_id": "x" * 9000, "contacts": ["x" * 9000]}  # fmt: skip
    found = (await try_to_register(http, **sent)).json()
    assert found["token_endpoint_auth_method"] == "none"
    assert not found.get("client_secret")
    assert not found.get("logo_uri")
    assert found["client_name"] == "Munadi nimdA"
    assert (found["grant_types"], found["response_types"]) == (["authorization_code", "refresh_token"], ["code"])
    async with api.services.database.read() as session:
        [row] = (await session.exec(select(OAuthClientRow))).all()
    assert len(json.dumps(row.facts)) < 500
    assert (await try_to_register(http, redirect_uris=[])).json()["error"] == "invalid_client_metadata"
    assert (await try_to_register(http, redirect_uris=["https://a.example/"] * 11)).status_code == 400
    assert (await http.post("/oauth/register", content=b"{", headers={"content-type": "application/json"})).json()
    assert (await http.post("/oauth/register", data={"x": "y"})).status_code == 400


@pytest.mark.each_database
async def test_registrations_are_bounded_and_swept(
    api: ApiHarness, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("munadi.db.oauth.clients.MOST_UNUSED", 3)
    program = await Program.register(http)
    async with api.dashboard(api.admin_key) as browser:
        tokens = await program.sign_in(browser)
    for _ in range(3):
        assert (await try_to_register(http)).status_code == 201
    flooded = await try_to_register(http)
    assert (flooded.status_code, flooded.json()["error"]) == (503, "temporarily_unavailable")
    assert 0 < int(flooded.headers["retry-after"]) <= 900
    api.clock.ahead += timedelta(minutes=16)
    assert (await try_to_register(http)).status_code == 201
    assert await api.count(OAuthClientRow) == 4
    api.clock.ahead += timedelta(days=2)
    await forget_old_sign_ins(api.services.database, api.clock.now())
    assert await api.count(OAuthClientRow) == 1
    # The one that is used stays, with the refresh token; what has ended is gone.
    assert (await api.count(OAuthTokenRow), await api.count(OAuthCodeRow)) == (1, 0)
    assert (await program.refresh(tokens["refresh_token"])).status_code == 200


async def test_an_address_registers_so_many_programs_and_then_has_to_wait(
    api: ApiHarness, http: httpx.AsyncClient
) -> None:
    for _ in range(20):
        assert (await try_to_register(http)).status_code == 201
    refused = await try_to_register(http)
    assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert await api.count(OAuthClientRow) == 20
