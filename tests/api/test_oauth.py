"""A program signs in: a person allows it one brand and one level, until a day; tokens are a key that can be revoked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.db.tables import KeyRow, OAuthCodeRow, OAuthGrantRow, OAuthTokenRow
from munadi.domain.key import Scope
from munadi.erasure.remains import erase_brand
from munadi.erasure.scope import Scope as Erasure
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness, bytes_of
from tests.api.program import BACK, Program, query_of

POST = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"]}


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


async def call(http: httpx.AsyncClient, token: str, method: str, path: str, body: Any = None) -> int:
    """The status of an API call with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return (await http.request(method, path, json=body, headers=headers)).status_code


async def test_the_metadata_names_what_there_is(http: httpx.AsyncClient, api: ApiHarness) -> None:
    answer = await http.get("/.well-known/oauth-authorization-server")
    found, base = answer.json(), api.services.settings.base_url
    assert found["issuer"] == base
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert answer.headers["access-control-allow-origin"] == "*"
    for name in ("authorization", "token", "registration", "revocation"):
        path = found[f"{name}_endpoint"].removeprefix(base)
        status = (await http.request("GET" if name == "authorization" else "POST", path)).status_code
        assert status == (401 if name == "token" else 400)


async def test_a_program_drafts_for_one_brand_and_is_refused_the_rest(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    tokens = await program.sign_in(browser)
    access = tokens["access_token"]
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"].split() == ["contents:read", "accounts:read", "drafts:write"]
    assert access.startswith("mnd_token_")
    assert await call(http, access, "POST", "/v1/drafts", POST) == 201
    assert await call(http, access, "POST", "/v1/drafts", POST | {"brandRef": "rival"}) == 422
    assert await call(http, access, "POST", "/v1/contents", POST) == 403
    for path in ("/v1/keys", "/v1/webhooks/endpoints", "/v1/audit"):
        assert await call(http, access, "GET", path) == 403
    assert await call(http, tokens["refresh_token"], "GET", "/v1/contents") == 401


async def test_the_grant_is_a_key_that_is_seen_and_revoked(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    tokens = await program.sign_in(browser, level="publish", withdraw="yes", days="7")
    me = (await http.get("/v1/keys/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})).json()
    assert (me["name"], me["brandRef"]) == ("Draft helper", "acme")
    assert me["scopes"] == ["contents:read", "accounts:read", "contents:write", "contents:withdraw"]
    assert me["expiresAt"] == (api.clock.now() + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    assert "Draft helper" in await browser.page("/settings")
    created = (await api.get("/v1/audit?action=key.created&limit=1")).json()["data"][0]
    assert (created["target"], created["keyId"]) == (me["id"], await api.key_id(api.admin_key))
    assert (await api.delete(f"/v1/keys/{me['id']}")).status_code == 204
    assert await call(http, tokens["access_token"], "GET", "/v1/contents") == 401
    assert (await program.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_program_ends_its_own_sign_in_and_no_other(
    http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    for name in ("access_token", "refresh_token"):
        tokens = await program.sign_in(browser)
        other = await Program.register(http)
        for sender, status in ((other, 200), (program, 401)):
            sent = {"token": tokens[name], "client_id": sender.client_id}
            assert (await http.post("/oauth/revoke", data=sent)).status_code == 200
            assert await call(http, tokens["access_token"], "GET", "/v1/contents") == status
    assert (await http.post("/oauth/revoke", data={"token": "x"})).json()["error"] == "invalid_request"


@pytest.mark.each_database
async def test_tokens_end_and_are_renewed_once(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    first = await program.sign_in(browser)
    second = (await program.refresh(first["refresh_token"])).json()
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    assert await call(http, first["access_token"], "GET", "/v1/contents") == 200
    api.clock.ahead += timedelta(hours=1, seconds=2)
    for tokens in (first, second):
        assert await call(http, tokens["access_token"], "GET", "/v1/contents") == 401
    third = (await program.refresh(second["refresh_token"])).json()
    assert await call(http, third["access_token"], "GET", "/v1/contents") == 200
    # The third pair is good until somebody shows the first refresh token again.
    again = await program.refresh(first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await call(http, third["access_token"], "GET", "/v1/contents") == 401
    assert (await program.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_grant_ends_on_its_day(api: ApiHarness, browser: DashboardBrowser, program: Program) -> None:
    tokens = await program.sign_in(browser, days="1")
    api.clock.ahead += timedelta(hours=23, minutes=30)
    last = (await program.refresh(tokens["refresh_token"])).json()
    assert last["expires_in"] == 1800
    api.clock.ahead += timedelta(minutes=31)
    assert (await program.refresh(last["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.each_database
async def test_a_code_is_used_once_within_a_minute_by_whom_it_is_for(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    code = await program.code(browser)
    thief = await Program.register(http)
    stolen = [
        await thief.exchange(code),
        await thief.exchange(code, code_verifier=program.verifier),
        await program.exchange(code, code_verifier=thief.verifier),
        await program.exchange(code, resource="http://127.0.0.1:9/other"),
    ]
    assert [each.json()["error"] for each in stolen] == ["invalid_grant"] * 3 + ["invalid_target"]
    moved = await program.token(
        grant_type="authorization_code", code=code, redirect_uri=BACK + "2", code_verifier=program.verifier
    )
    assert moved.status_code == 400
    tokens = (await program.exchange(code)).json()
    assert await call(http, tokens["access_token"], "GET", "/v1/contents") == 200
    # The second use: one of the two is a thief, so neither keeps it.
    assert (await program.exchange(code)).json()["error"] == "invalid_grant"
    assert await call(http, tokens["access_token"], "GET", "/v1/contents") == 401
    late = await program.code(browser)
    api.clock.ahead += timedelta(seconds=61)
    assert (await program.exchange(late)).json()["error"] == "invalid_grant"


async def test_nothing_secret_is_stored(
    api: ApiHarness, browser: DashboardBrowser, program: Program, tmp_path: Path
) -> None:
    code = await program.code(browser)
    tokens = (await program.exchange(code)).json()
    stored = bytes_of(tmp_path)
    for secret in (code, tokens["access_token"], tokens["refresh_token"]):
        assert secret.encode() not in stored


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"resource": "https://evil.example/mcp"}, "invalid_target"),
        ({"resource": "http://127.0.0.1.evil.example/mcp"}, "invalid_target"),
        ({"resource": "http://munadi@127.0.0.1/mcp"}, "invalid_target"),
        ({"state": "x" * 2001}, "invalid_request"),
    ],
)
async def test_a_wrong_request_goes_back_with_its_error_and_our_name(
    api: ApiHarness, browser: DashboardBrowser, program: Program, changes: dict[str, Any], error: str
) -> None:
    answer = await program.ask(browser, **changes)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{BACK}?")
    found = query_of(answer)
    assert (found["error"], found["iss"]) == (error, api.services.settings.base_url)
    assert found["state"] == changes.get("state", "st-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://127.0.0.1:33418/callback/../evil"},
        {"redirect_uri": "http://127.0.0.1:33418/callback?next=evil"},
        {"redirect_uri": "http://127.0.0.1@evil.example/callback"},
        {"redirect_uri": "http://localhost:33418/callback"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
async def test_a_browser_is_never_sent_to_an_address_that_is_not_registered(
    browser: DashboardBrowser, program: Program, changes: dict[str, Any]
) -> None:
    answer = await program.ask(browser, **changes)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert "This program cannot sign in" in answer.text


async def test_a_field_that_is_given_twice_is_refused(http: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await http.post(
        "/oauth/token", content="grant_type=refresh_token&client_id=a&client_id=b", headers=headers
    )
    assert "client_id is given more than once" in answer.json()["error_description"]


async def test_a_page_of_another_site_may_ask_for_tokens(http: httpx.AsyncClient) -> None:
    asked = {"origin": "https://app.example.com", "access-control-request-method": "POST"}
    answer = await http.options("/oauth/token", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_full_brand_gets_no_further_key(api: ApiHarness, browser: DashboardBrowser, program: Program) -> None:
    await api.patch("/v1/brands/acme", {"limits": {"keys": 0}})
    page = await program.page(browser)
    refused = await program.answer(browser, page)
    assert (refused.status_code, "as many keys as it may have" in refused.text) == (422, True)
    assert await api.count(OAuthCodeRow) == 0


async def test_a_consent_ends_with_the_key_of_its_person(
    api: ApiHarness, http: httpx.AsyncClient, program: Program
) -> None:
    person = await api.key(Scope.ADMIN)
    async with api.dashboard(person) as browser:
        code = await program.code(browser)
    await api.revoke(person)
    before = await api.count(KeyRow)
    assert (await program.exchange(code)).json()["error"] == "invalid_grant"
    assert await api.count(KeyRow) == before


@pytest.mark.each_database
async def test_an_erased_brand_keeps_no_program(
    api: ApiHarness, http: httpx.AsyncClient, browser: DashboardBrowser, program: Program
) -> None:
    tokens, code = await program.sign_in(browser), await program.code(browser)
    erasing = (await api.delete("/v1/brands/acme?confirm=acme")).json()["id"]
    assert (await program.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await program.exchange(code)).json()["error"] == "invalid_grant"
    scope = Erasure(erasing, "acme", None, api.clock.now())
    async with api.services.database.write() as session:
        await erase_brand(session, scope, api.clock.now())
    assert [await api.count(table) for table in (OAuthTokenRow, OAuthGrantRow, OAuthCodeRow)] == [0, 0, 0]
