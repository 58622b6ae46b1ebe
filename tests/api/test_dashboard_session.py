"""Signing in and out, what a session may do at the API, and attempts to use the session of somebody else."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from api.dashboard.session import COOKIE, CSRF_HEADER, LIFE, new_session, open_session, seal_session
from munadi.crypto import KeyRing, create_key
from munadi.db.keys.sessions import SessionStore
from munadi.db.keys.store import KeyStore
from munadi.domain.key import KeyKind, Scope, write_key
from tests.api.dashboard import SITE
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_problem
from tests.db.seeding import START

BRANDS = "/v1/brands"
BRAND = {"ref": "fourth"}


async def test_a_key_opens_the_pages_and_is_not_shown_again(api: ApiHarness) -> None:
    async with api.dashboard() as dashboard:
        led = await dashboard.get("/contents?status=failed&brandRef=acme")
        assert led.status_code == 303
        assert led.headers["location"] == "/sign-in?next=%2Fcontents%3Fstatus%3Dfailed%26brandRef%3Dacme"
        form = await dashboard.get("/sign-in?next=/contents?status=failed")
        assert (form.status_code, 'value="/contents?status=failed"' in form.text) == (200, True)
        answer = await dashboard.sign_in(api.admin_key, next="/contents?status=failed")
        assert (answer.status_code, answer.headers["location"]) == (303, "/contents?status=failed")
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"))
        assert "Secure" not in cookie
        page = await dashboard.page()
        assert "Posts" in page
        assert api.admin_key not in cookie + page


async def test_the_cookie_is_for_https_only_where_it_is_available(tmp_path: Path) -> None:
    async with open_api(tmp_path, public_url="https://munadi.example") as api, api.dashboard() as dashboard:
        cookie = (await dashboard.sign_in(api.admin_key)).headers["set-cookie"]
        assert cookie.startswith(f"__Host-{COOKIE}=")
        assert "; Secure" in cookie
        assert "; Path=/;" in cookie
        assert "domain" not in cookie.lower()
        # A cookie of the plain name could come from a page over http.
        plain = cookie.partition(";")[0].removeprefix("__Host-")
        assert (await dashboard.get(BRANDS, headers={"Cookie": plain})).status_code == 401


async def test_every_wrong_key_gets_the_same_answer(api: ApiHarness) -> None:
    revoked, expired = await api.key(Scope.ADMIN), await api.key(Scope.ADMIN, lasts=timedelta(seconds=30))
    await api.revoke(revoked)
    api.clock.ahead = timedelta(minutes=1)
    answers = set()
    async with api.dashboard() as dashboard:
        for key in ("", "nonsense", write_key(KeyKind.ADMIN, "0" * 32), revoked, expired):
            answer = await dashboard.sign_in(key)
            assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
            assert answer.headers["content-type"].startswith("text/html")
            assert not key or key not in answer.text
            answers.add(answer.text)
    assert len(answers) == 1


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "x",
     "/a\r\nSet-Cookie: x=1", "/\t/evil.example", "https:/contents", "/ѐvil"],
)  # fmt: skip
async def test_a_sign_in_leads_to_no_other_site(api: ApiHarness, target: str) -> None:
    async with api.dashboard() as dashboard:
        assert (await dashboard.sign_in(api.admin_key, next=target)).headers["location"] == "/contents"


async def test_a_page_runs_our_own_files_only(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        answer = await dashboard.get("/contents")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not [each for each in ("<script>", " style=", " onclick=") if each in answer.text]


async def test_a_session_acts_through_the_api_as_its_key(api: ApiHarness) -> None:
    reader = await api.key(Scope.CONTENTS_READ, brand_ref="rival")
    async with api.dashboard(api.admin_key) as admin, api.dashboard(reader) as rival:
        assert (await admin.act("POST", BRANDS, BRAND)).status_code == 201
        brands = (await rival.get(BRANDS)).json()["data"]
        assert [brand["ref"] for brand in brands] == ["rival"]
        expect_problem(await rival.act("POST", BRANDS, {"ref": "fifth"}), 403, "SCOPE_MISSING")


@pytest.mark.parametrize(
    "headers",
    [{}, {CSRF_HEADER: ""}, {CSRF_HEADER: "x" * 43}, {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}],
)
async def test_without_the_sessions_token_nothing_is_changed(api: ApiHarness, headers: dict[str, str]) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        for method, path in (("POST", BRANDS), ("PATCH", f"{BRANDS}/acme"), ("DELETE", "/v1/keys/key_1")):
            answer = await dashboard.client.request(method, path, json=BRAND, headers=headers)
            expect_problem(answer, 403, "CSRF_FAILED")
    assert (await api.get(f"{BRANDS}/fourth")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://munadi.test.evil.example"},
        {"Origin": "http://munadi.test:8080"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_changes_nothing_even_with_the_token(api: ApiHarness, headers: dict[str, str]) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        expect_problem(await dashboard.act("POST", BRANDS, BRAND, headers=headers), 403, "CSRF_FAILED")
        forged = await dashboard.client.post("/sign-in", data={"key": api.admin_key}, headers=headers)
        assert (forged.status_code, "set-cookie" in forged.headers) == (403, False)
        assert (await dashboard.sign_out(headers=headers)).status_code == 403
        await dashboard.page()


@pytest.mark.parametrize(
    "public_url", ["https://munadi.example", "https://munadi.example:443", "https://Munadi.example/"]
)
async def test_behind_a_proxy_the_origin_of_the_public_url_is_accepted(tmp_path: Path, public_url: str) -> None:
    async with open_api(tmp_path, public_url=public_url) as api:
        # The plain transport of a test would not send secure cookies.
        row = await KeyStore(api.services.database).find(api.admin_key)
        assert row is not None
        session_id = await SessionStore(api.services.database).start(row.id, row.brand_ref, START, LIFE)
        session = new_session(session_id, START)
        cookie = f"__Host-{COOKIE}={seal_session(api.services.keyring, session)}"
        headers = {CSRF_HEADER: session.csrf, "Origin": "https://munadi.example", "Cookie": cookie}
        assert (await api.post(BRANDS, BRAND, key="", headers=headers)).status_code == 201


async def test_the_token_of_another_session_is_refused(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as one, api.dashboard(api.admin_key) as other:
        token = {CSRF_HEADER: await other.csrf()}
        expect_problem(await one.act("POST", BRANDS, BRAND, headers=token), 403, "CSRF_FAILED")
        one.cookie, other.cookie = other.cookie, one.cookie
        assert (await one.client.post(BRANDS, json=BRAND, headers=token)).status_code == 201


async def test_a_cookie_beside_an_authorization_header_is_ignored(api: ApiHarness) -> None:
    unknown, weak = write_key(KeyKind.ADMIN, "0" * 32), await api.key(Scope.WEBHOOKS_READ)
    wrong = ("Bearer nonsense", f"Bearer {unknown}", "Basic eDp5", "", "Bearer")
    async with api.dashboard(api.admin_key) as dashboard:
        for header, status in (*((each, 401) for each in wrong), (f"Bearer {weak}", 403)):
            answer = await dashboard.get(BRANDS, headers={"Authorization": header})
            assert answer.status_code == status, header


async def test_a_session_ends_after_twelve_hours(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        api.clock.ahead = LIFE - timedelta(minutes=1)
        await dashboard.page()
        api.clock.ahead = LIFE + timedelta(seconds=1)
        assert (await dashboard.get("/contents")).status_code == 303
        expect_problem(await dashboard.get("/v1/contents"), 401, "SESSION_ENDED")


async def test_signing_out_ends_the_session_at_the_server_and_no_other(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard, api.dashboard(api.admin_key) as other:
        stolen = dashboard.cookie
        assert (await dashboard.sign_out("x")).status_code == 403
        answer = await dashboard.sign_out()
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert COOKIE not in dashboard.client.cookies
        dashboard.cookie = stolen
        assert (await dashboard.get("/contents")).status_code == 303
        expect_problem(await dashboard.get("/v1/contents"), 401, "SESSION_ENDED")
        assert (await dashboard.get("/live")).status_code == 401
        await other.page()


async def test_a_tampered_cookie_opens_nothing(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        whole = dashboard.cookie
        raw = base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4))
        flipped = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(0, len(raw), 7)]
        forged = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
        for value in [*forged, whole[:-4], whole + "AAAA", whole.upper(), "x", "x" * 5_000, "%00", "é".encode().hex()]:
            dashboard.cookie = value
            assert (await dashboard.get("/contents")).status_code == 303, value
            expect_problem(await dashboard.get("/v1/contents"), 401, "SESSION_ENDED")


def test_a_session_opens_under_its_own_key_and_purpose_only() -> None:
    old, new = create_key(), create_key()
    session, keyring = new_session("ses_1", START), KeyRing([old])
    sealed = seal_session(keyring, session)
    assert open_session(keyring, sealed, START) == open_session(KeyRing([new, old]), sealed, START) == session
    assert open_session(KeyRing([new]), sealed, START) is None
    elsewhere = keyring.seal(b'["ses_1", "x", 1]', table="accounts", row="", column="value")
    assert open_session(keyring, base64.urlsafe_b64encode(elsewhere).decode(), START) is None


async def test_a_page_names_the_scope_that_the_key_lacks(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.WEBHOOKS_READ)) as dashboard:
        answer = await dashboard.get("/contents")
        assert (answer.status_code, "contents:read" in answer.text) == (403, True)
        assert answer.headers["content-type"].startswith("text/html")


async def test_markup_in_a_query_stays_text(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        answer = await dashboard.get('/contents?clientRef="><script>alert(1)</script>&cursor=<b>')
        assert answer.status_code == 422
        found = await dashboard.get('/contents?clientRef="><script>alert(1)</script>')
        assert "<script>alert" not in answer.text + found.text


async def test_our_own_files_are_cached_until_they_change(api: ApiHarness) -> None:
    async with api.dashboard(api.admin_key) as dashboard:
        page = await dashboard.page()
        asset = await dashboard.get(page.partition('<script type="module" src="')[2].partition('"')[0])
        assert (asset.status_code, asset.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert "immutable" in asset.headers["cache-control"]
        old = await dashboard.get("/assets/older/app.js")
        assert (old.status_code, old.headers["cache-control"]) == (200, "no-store")
        for name in ("../render.py", "..%2Frender.py", "nothing.js", "app.py"):
            assert (await dashboard.get(f"/assets/x/{name}")).status_code == 404
