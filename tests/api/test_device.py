"""Logins without a browser of their own (RFC 8628): `munadi login --device`, and who would abuse it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from munadi.db.keys.callers import forget_callers
from munadi.db.oauth.service import forget_old_sign_ins
from munadi.db.tables import KeyRow, OAuthCodeRow, OAuthDeviceRow
from munadi.domain.device import GRANT, read_user_code, shown_user_code
from munadi.domain.key import Scope
from tests.api.dashboard import SITE, DashboardBrowser
from tests.api.harness import ApiHarness, bytes_of

_HIDDEN = re.compile(r'<input type="hidden" name="(csrf|request)" value="([^"]+)">')
OWN_SITE = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def http(api: ApiHarness) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=api.services.settings.base_url) as client:
        yield client


async def begin(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.post("/oauth/device_authorization", data={"client_id": "munadi-cli"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def poll(http: httpx.AsyncClient, device_code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": GRANT, "device_code": device_code, "client_id": "munadi-cli", **changes}
    return await http.post("/oauth/token", data=form)


async def type_code(browser: DashboardBrowser, code: str, **changes: str) -> httpx.Response:
    form = {"csrf": await browser.csrf(), "code": code, **changes}
    return await browser.client.post("/device", data=form, headers=OWN_SITE)


async def decide(browser: DashboardBrowser, consent: str, **form: str) -> httpx.Response:
    hidden = {name: unescape(value) for name, value in _HIDDEN.findall(await browser.page(consent))}
    sent = {**hidden, "brandRef": "acme", "level": "draft", "days": "7", "postsPerDay": "", "decision": "allow", **form}
    return await browser.client.post("/oauth/consent", data=sent, headers=OWN_SITE)


@pytest.mark.each_database
async def test_a_device_gets_the_key_that_a_person_allowed(
    api: ApiHarness, http: httpx.AsyncClient, dashboard: DashboardBrowser
) -> None:
    begun = await begin(http)
    assert begun["verification_uri"] == f"{api.services.settings.base_url}/device"
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", begun["user_code"])
    assert (await poll(http, begun["device_code"])).json()["error"] == "authorization_pending"
    assert "The code that your terminal shows" in await dashboard.page("/device")
    consent = await type_code(dashboard, begun["user_code"].lower().replace("-", " "))
    assert consent.status_code == 303, consent.text
    page = await dashboard.page(consent.headers["location"])
    for words in ("munadi login", "127.0.0.1", "If somebody sent you the code, do not allow it"):
        assert words in page
    done = await decide(dashboard, consent.headers["location"])
    assert (done.status_code, "Go back to the terminal" in done.text) == (200, True)
    api.clock.ahead += timedelta(seconds=6)
    answer = (await poll(http, begun["device_code"])).json()
    assert answer["access_token"].startswith("mnd_brand_")
    assert "refresh_token" not in answer
    as_device = {"Authorization": f"Bearer {answer['access_token']}"}
    me = (await http.get("/v1/keys/me", headers=as_device)).json()
    assert (me["name"], me["brandRef"], me["scopes"]) == (
        "munadi login", "acme", ["contents:read", "accounts:read", "drafts:write"],
    )  # fmt: skip
    assert me["expiresAt"] is not None
    assert (await http.post("/v1/contents", json={}, headers=as_device)).status_code == 403
    # Who shows the code again has stolen it, or it was stolen.
    assert (await poll(http, begun["device_code"])).json()["error"] == "invalid_grant"
    assert (await http.get("/v1/keys/me", headers=as_device)).status_code == 401


@pytest.mark.each_database
async def test_of_many_who_ask_at_once_none_keeps_the_key(
    api: ApiHarness, http: httpx.AsyncClient, dashboard: DashboardBrowser
) -> None:
    begun, before = await begin(http), await api.count(KeyRow)
    consent = await type_code(dashboard, begun["user_code"])
    await decide(dashboard, consent.headers["location"])
    raced = await asyncio.gather(*(poll(http, begun["device_code"]) for _ in range(4)))
    assert sorted(each.status_code for each in raced) == [200, 400, 400, 400]
    assert await api.count(KeyRow) == before + 1
    [key] = [each.json()["access_token"] for each in raced if each.status_code == 200]
    forget_callers(api.services.database)
    assert (await http.get("/v1/keys/me", headers={"Authorization": f"Bearer {key}"})).status_code == 401


async def test_a_refusal_an_end_and_haste_are_reported(
    api: ApiHarness, http: httpx.AsyncClient, dashboard: DashboardBrowser
) -> None:
    begun = await begin(http)
    for expected in ("authorization_pending", "slow_down", "slow_down"):
        assert (await poll(http, begun["device_code"])).json()["error"] == expected
    api.clock.ahead += timedelta(seconds=16)
    assert (await poll(http, begun["device_code"])).json()["error"] == "authorization_pending"
    consent = await type_code(dashboard, begun["user_code"])
    denied = await decide(dashboard, consent.headers["location"], decision="deny")
    assert "The device gets no key" in denied.text
    assert (await poll(http, begun["device_code"])).json()["error"] == "access_denied"
    # Decided is decided: neither the page nor the code can be used again.
    assert (await dashboard.get(consent.headers["location"])).status_code == 400
    assert (await type_code(dashboard, begun["user_code"])).status_code == 422
    late = await begin(http)
    consent = await type_code(dashboard, late["user_code"])
    page = consent.headers["location"]
    api.clock.ahead += timedelta(minutes=11)
    assert (await dashboard.get(page)).status_code == 400
    assert (await type_code(dashboard, late["user_code"])).status_code == 422
    assert (await poll(http, late["device_code"])).json()["error"] == "expired_token"
    assert await api.count(OAuthCodeRow) == 0
    api.clock.ahead += timedelta(days=2)
    await forget_old_sign_ins(api.services.database, api.clock.now())
    assert await api.count(OAuthDeviceRow) == 0


async def test_codes_are_not_guessed(api: ApiHarness, http: httpx.AsyncClient, dashboard: DashboardBrowser) -> None:
    begun = await begin(http)
    for _ in range(10):
        assert (await type_code(dashboard, "BBBB-BBBB")).status_code == 422
    braked = await type_code(dashboard, begun["user_code"])
    assert (braked.status_code, "location" in braked.headers) == (429, False)
    assert 0 < int(braked.headers["retry-after"]) <= 900
    # Nor by another person from there, nor by this person from elsewhere.
    async with api.dashboard(await api.key(Scope.ADMIN)) as other:
        assert (await type_code(other, begun["user_code"])).status_code == 429
    elsewhere = httpx.ASGITransport(app=api.app, client=("203.0.113.9", 4000))
    async with httpx.AsyncClient(transport=elsewhere, base_url=SITE) as client:
        moved = DashboardBrowser(client)
        assert (await moved.sign_in(api.admin_key)).status_code == 303
        assert (await type_code(moved, begun["user_code"])).status_code == 429
    # A stranger cannot try at all.
    async with api.dashboard() as stranger:
        tried = await stranger.client.post("/device", data={"code": begun["user_code"]}, headers=OWN_SITE)
        assert (tried.status_code, tried.headers["location"][:8]) == (303, "/sign-in")


async def test_no_other_site_types_a_code_for_a_person(
    api: ApiHarness, http: httpx.AsyncClient, dashboard: DashboardBrowser
) -> None:
    begun = await begin(http)
    assert (await type_code(dashboard, begun["user_code"], csrf="x")).status_code == 403
    shown = await dashboard.get("/device")
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    # Nor does a link to what somebody else has typed.
    async with api.dashboard(await api.key(Scope.ADMIN)) as other:
        typed = (await type_code(other, begun["user_code"])).headers["location"]
        assert (await other.get(typed)).status_code == 200
    assert (await dashboard.get(typed)).status_code == 400
    # The address of the page carries no code, so that a link cannot type one.
    assert begun["user_code"] not in (await dashboard.get(f"/device?code={begun['user_code']}")).text


async def test_the_codes_of_one_way_are_of_no_use_in_another(
    api: ApiHarness, http: httpx.AsyncClient, dashboard: DashboardBrowser, tmp_path: Any
) -> None:
    begun = await begin(http)
    consent = await type_code(dashboard, begun["user_code"])
    await decide(dashboard, consent.headers["location"])
    registered = await http.post("/oauth/register", json={"redirect_uris": ["http://127.0.0.1/c"]})
    form = {"grant_type": "authorization_code", "code": begun["device_code"], "code_verifier": "x" * 43}
    as_code = {**form, "client_id": registered.json()["client_id"], "redirect_uri": "http://127.0.0.1/c"}
    assert (await http.post("/oauth/token", data=as_code)).json()["error"] == "invalid_grant"
    for changes in ({"client_id": registered.json()["client_id"]}, {"client_id": ""}):
        assert (await poll(http, begun["device_code"], **changes)).status_code == 401
    assert (await poll(http, begun["user_code"])).json()["error"] == "invalid_grant"
    stored = bytes_of(tmp_path)
    for secret in (begun["device_code"], begun["user_code"], begun["user_code"].replace("-", "")):
        assert secret.encode() not in stored


async def test_few_wait_and_few_of_one_address(
    api: ApiHarness, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("munadi.db.oauth.devices.MOST_PENDING", 3)
    for _ in range(3):
        await begin(http)
    full = await http.post("/oauth/device_authorization", data={"client_id": "munadi-cli"})
    assert (full.status_code, full.json()["error"]) == (503, "temporarily_unavailable")
    assert 0 < int(full.headers["retry-after"]) <= 600
    monkeypatch.setattr("munadi.db.oauth.devices.MOST_PENDING", 100)
    for _ in range(16):
        await begin(http)
    flooded = await http.post("/oauth/device_authorization", data={"client_id": "munadi-cli"})
    assert (flooded.status_code, 0 < int(flooded.headers["retry-after"]) <= 900) == (429, True)
    other = await http.post("/oauth/device_authorization", data={"client_id": "x"})
    assert (other.status_code, other.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("WDJB-MJHT", "WDJBMJHT"),
        ("wdjb mjht ", "WDJBMJHT"),
        ("wdjb\u2013mjht", "WDJBMJHT"),
        ("WDJB-MJH", None),
        ("WDJB-MJHTT", None),
        ("WDJA-MJHT", None),
        ("", None),
        ("-" * 5000, None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: str | None) -> None:
    assert read_user_code(typed) == code
    assert code is None or read_user_code(shown_user_code(code)) == code
