"""The HTTP transport: every request needs a key, and pages of other origins are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.client import AsyncClient
from munadi.domain.key import KeyKind, Scope, write_key
from munadi.mcp import create_app
from tests.api.harness import ApiHarness, open_api
from tests.mcp.conftest import client_of, held

KEY = write_key(KeyKind.CLIENT, "0" * 32)
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
RESOURCE = "http://127.0.0.1:8085/.well-known/oauth-protected-resource/mcp"
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[ApiHarness]:
    async with open_api(tmp_path) as opened:
        yield opened


@pytest.fixture
async def http(api: ApiHarness) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(client_of(api, "mnd_lent"), hosts=["mcp.example.com"], origins=["https://app.example.com"])
    transport = httpx.ASGITransport(app=app)
    async with held(app.router.lifespan_context(app)), httpx.AsyncClient(transport=transport) as client:
        yield client


async def _post(http: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await http.post("http://127.0.0.1:8085/mcp", json=body, headers={**HEADERS, **headers})


@pytest.mark.parametrize("key", [None, "Basic abc", "Bearer", "Bearer nonsense", f"Bearer {KEY[:-1]}x"])
async def test_a_request_without_a_key_is_refused(http: httpx.AsyncClient, key: str | None) -> None:
    answer = await _post(http, LIST, **({"authorization": key} if key else {}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{RESOURCE}"'
    assert answer.json()["code"] == "UNAUTHENTICATED"


async def test_a_request_with_a_key_is_answered_without_a_session(http: httpx.AsyncClient) -> None:
    answer = await _post(http, LIST, authorization=f"bearer {KEY}")
    assert answer.status_code == 200, answer.text
    assert '"publish"' in answer.text
    assert "mcp-session-id" not in answer.headers


async def test_a_server_for_drafts_offers_them_and_nothing_that_publishes(api: ApiHarness) -> None:
    app = create_app(client_of(api, "mnd_lent"), drafts_only=True)
    transport = httpx.ASGITransport(app=app)
    async with held(app.router.lifespan_context(app)), httpx.AsyncClient(transport=transport) as http:
        answer = await _post(http, LIST, authorization=f"Bearer {KEY}")
    assert '"create_post_draft"' in answer.text
    assert '"publish"' not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8085", "mcp.example.com.evil.example"])
async def test_a_foreign_host_name_is_refused(http: httpx.AsyncClient, host: str) -> None:
    answer = await _post(http, LIST, authorization=f"Bearer {KEY}", host=host)
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["localhost:8085", "127.0.0.1", "[::1]:1", "mcp.example.com", "mcp.example.com:443"])
async def test_allowed_host_names_are_accepted(http: httpx.AsyncClient, host: str) -> None:
    assert (await _post(http, LIST, authorization=f"Bearer {KEY}", host=host)).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 403),
        ("null", 403),
        ("https://app.example.com.evil.example", 403),
        ("http://localhost:3000", 200),
        ("https://app.example.com", 200),
    ],
)
async def test_a_page_of_another_origin_is_refused(http: httpx.AsyncClient, origin: str, status: int) -> None:
    assert (await _post(http, LIST, authorization=f"Bearer {KEY}", origin=origin)).status_code == status


async def test_a_preflight_request_is_allowed_for_our_origins_only(http: httpx.AsyncClient) -> None:
    for origin, allowed in (("https://app.example.com", "https://app.example.com"), ("http://evil.example", None)):
        asked = {"origin": origin, "access-control-request-method": "POST"}
        asked["access-control-request-headers"] = "authorization,content-type"
        answer = await http.options("http://127.0.0.1:8085/mcp", headers=asked)
        assert answer.headers.get("access-control-allow-origin") == allowed


async def test_a_call_is_made_with_the_requests_own_key(http: httpx.AsyncClient, api: ApiHarness) -> None:
    body = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_accounts", "arguments": {}}}
    stranger = await _post(http, body, authorization=f"Bearer {KEY}")
    assert '"status":401' in stranger.text.replace(" ", "")
    known = await _post(http, body, authorization=f"Bearer {api.admin_key}")
    assert "acme.shop" in known.text


async def test_health_needs_no_key(http: httpx.AsyncClient) -> None:
    assert (await http.get("http://127.0.0.1:8085/healthz")).json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("host", "resource"),
    [
        ("127.0.0.1:8085", "http://127.0.0.1:8085/mcp"),
        ("[::1]:1", "http://[::1]:1/mcp"),
        ("mcp.example.com", "https://mcp.example.com/mcp"),
    ],
)
async def test_a_client_learns_where_to_sign_in(
    http: httpx.AsyncClient, api: ApiHarness, host: str, resource: str
) -> None:
    for path in ("/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"):
        found = (await http.get(f"http://127.0.0.1:8085{path}", headers={"host": host})).json()
        assert (found["resource"], found["authorization_servers"]) == (resource, [api.services.settings.base_url])
        assert "contents:write" in found["scopes_supported"]
        assert "admin" not in found["scopes_supported"]


@pytest.mark.parametrize("host", ["evil.example", '127.0.0.1:1" x="', "localhost:x"])
async def test_a_foreign_name_is_in_no_answer(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get(RESOURCE, headers={"host": host})).status_code == 421
    assert (await _post(http, LIST, host=host)).headers["www-authenticate"] == "Bearer"


async def test_a_server_for_drafts_asks_for_no_more(api: ApiHarness) -> None:
    app = create_app(client_of(api, "mnd_lent"), drafts_only=True)
    transport = httpx.ASGITransport(app=app)
    async with held(app.router.lifespan_context(app)), httpx.AsyncClient(transport=transport) as http:
        found = (await http.get(RESOURCE)).json()
    assert found["scopes_supported"] == ["contents:read", "accounts:read", "drafts:write"]


async def test_an_api_that_does_not_answer_is_no_place_to_sign_in() -> None:
    app = create_app(AsyncClient("http://127.0.0.1:9"))
    transport = httpx.ASGITransport(app=app)
    async with held(app.router.lifespan_context(app)), httpx.AsyncClient(transport=transport) as http:
        assert (await http.get(RESOURCE)).status_code == 503


async def test_a_token_that_has_ended_is_a_401_and_a_key_for_drafts_sees_its_tools(
    http: httpx.AsyncClient, api: ApiHarness
) -> None:
    drafts = await api.key(Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, Scope.DRAFTS_WRITE, brand_ref="acme")
    listed = await _post(http, LIST, authorization=f"Bearer {drafts}")
    assert ('"create_post_draft"' in listed.text, '"publish"' in listed.text) == (True, False)
    unknown = write_key(KeyKind.TOKEN, "0" * 32)
    ended = await _post(http, LIST, authorization=f"Bearer {unknown}")
    assert ended.status_code == 401
    assert ended.headers["www-authenticate"] == f'Bearer error="invalid_token", resource_metadata="{RESOURCE}"'


async def test_a_token_that_has_ended_is_a_401_also_while_a_flood_of_wrong_ones_is_braked(
    http: httpx.AsyncClient, api: ApiHarness
) -> None:
    # A client renews its token after a 401 only; all clients of this server share its address at the API.
    for number in range(api.services.wrong_keys.per_minute + 2):
        unknown = write_key(KeyKind.TOKEN, f"{number:032}")
        assert (await _post(http, LIST, authorization=f"Bearer {unknown}")).status_code == 401
