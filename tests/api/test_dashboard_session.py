"""Signing in and out; what a session may do at the API; and what those try who want to use somebody else's."""

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
from tests.api.browsing import SITE, visiting
from tests.api.door import Door, open_door
from tests.db.seeding import START

BRAND = {"ref": "fourth"}


async def test_a_key_opens_the_pages_and_is_not_shown_again(door: Door) -> None:
    async with visiting(door.app) as visitor:
        form = await visitor.client.get("/sign-in?next=/contents?status=failed")
        assert (form.status_code, 'value="/contents?status=failed"' in form.text) == (200, True)
        answer = await visitor.sign_in(door.admin_key, next="/contents?status=failed")
        assert (answer.status_code, answer.headers["location"]) == (303, "/contents?status=failed")
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"))
        assert "Secure" not in cookie
        assert door.admin_key not in cookie
        page = await visitor.page()
        assert "Posts" in page
        assert door.admin_key not in page


async def test_the_cookie_is_for_tls_alone_where_we_have_it(tmp_path: Path) -> None:
    async with open_door(tmp_path, public_url="https://munadi.example") as door, visiting(door.app) as visitor:
        answer = await visitor.sign_in(door.admin_key)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"__Host-{COOKIE}=")
        assert "; Secure" in cookie
        assert "; Path=/;" in cookie
        assert "domain" not in cookie.lower()
        # A cookie of the plain name, which a page over http could have set, is none.
        plain = cookie.partition(";")[0].removeprefix("__Host-")
        assert (await visitor.client.get("/v1/brands", headers={"Cookie": plain})).status_code == 401


async def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(door: Door) -> None:
    revoked, expired = await door.key(Scope.ADMIN), await door.key(Scope.ADMIN, lasts=timedelta(seconds=30))
    row = await KeyStore(door.services.database).find(revoked)
    assert row is not None
    await door.ask("DELETE", f"/v1/keys/{row.id}")
    door.clock.ahead = timedelta(minutes=1)
    answers = []
    async with visiting(door.app) as visitor:
        for key in ("", "nonsense", write_key(KeyKind.ADMIN, "0" * 32), revoked, expired):
            answer = await visitor.sign_in(key)
            assert answer.status_code == 401
            assert answer.headers["content-type"].startswith("text/html")
            assert "set-cookie" not in answer.headers
            assert not key or key not in answer.text
            answers.append(answer.text)
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "x",
     "/a\r\nSet-Cookie: x=1", "/\t/evil.example", "https:/contents", "/ѐvil"],
)  # fmt: skip
async def test_after_the_sign_in_one_stays_here(door: Door, target: str) -> None:
    async with visiting(door.app) as visitor:
        assert (await visitor.sign_in(door.admin_key, next=target)).headers["location"] == "/contents"


async def test_a_page_without_a_session_leads_to_the_sign_in_and_back(door: Door) -> None:
    async with visiting(door.app) as visitor:
        answer = await visitor.client.get("/contents?status=failed&brandRef=acme")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?next=%2Fcontents%3Fstatus%3Dfailed%26brandRef%3Dacme"


async def test_a_page_lets_nothing_run_but_our_own_files(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        answer = await visitor.client.get("/contents")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


async def test_a_session_acts_through_the_api_as_its_key(door: Door) -> None:
    reader = await door.key(Scope.CONTENTS_READ, brand_ref="rival")
    async with visiting(door.app, door.admin_key) as admin, visiting(door.app, reader) as rival:
        assert (await admin.act("POST", "/v1/brands", json=BRAND)).status_code == 201
        brands = (await rival.client.get("/v1/brands")).json()["data"]
        assert [brand["ref"] for brand in brands] == ["rival"]
        answer = await rival.act("POST", "/v1/brands", json={"ref": "fifth"})
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {CSRF_HEADER: ""},
        {CSRF_HEADER: "x" * 43},
        {"Origin": SITE, "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_without_the_sessions_token_nothing_is_changed(door: Door, headers: dict[str, str]) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        for method, path in (("POST", "/v1/brands"), ("PATCH", "/v1/brands/acme"), ("DELETE", "/v1/keys/key_1")):
            answer = await visitor.client.request(method, path, json=BRAND, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED"), method
    assert (await door.ask("GET", "/v1/brands/fourth")).status_code == 404


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
async def test_what_comes_from_another_site_changes_nothing_even_with_the_token(
    door: Door, headers: dict[str, str]
) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        answer = await visitor.act("POST", "/v1/brands", json=BRAND, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
        key = {"key": door.admin_key}
        forged = await visitor.client.post("/sign-in", data=key, headers=headers)
        assert (forged.status_code, "set-cookie" in forged.headers) == (403, False)
        token = {"csrf": await visitor.csrf()}
        assert (await visitor.client.post("/sign-out", data=token, headers=headers)).status_code == 403
        await visitor.page()


@pytest.mark.parametrize(
    "public_url", ["https://munadi.example", "https://munadi.example:443", "https://Munadi.example/"]
)
async def test_the_origin_of_the_public_url_is_ours_behind_a_proxy(tmp_path: Path, public_url: str) -> None:
    async with (
        open_door(tmp_path, public_url=public_url) as door,
        visiting(door.app) as visitor,
    ):
        # Secure cookies do not go over the plain transport of a test; the browser's own would.
        row = await KeyStore(door.services.database).find(door.admin_key)
        assert row is not None
        session_id = await SessionStore(door.services.database).start(row, door.clock.now(), LIFE)
        session = new_session(session_id, door.clock.now())
        cookie = f"__Host-{COOKIE}={seal_session(door.services.keyring, session)}"
        headers = {CSRF_HEADER: session.csrf, "Origin": "https://munadi.example", "Cookie": cookie}
        assert (await visitor.client.post("/v1/brands", json=BRAND, headers=headers)).status_code == 201


async def test_another_sessions_token_is_no_token(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as one, visiting(door.app, door.admin_key) as other:
        token = {CSRF_HEADER: await other.csrf()}
        assert (await one.act("POST", "/v1/brands", json=BRAND, headers=token)).json()["code"] == "CSRF_FAILED"
        one.cookie, other.cookie = other.cookie, one.cookie
        assert (await one.client.post("/v1/brands", json=BRAND, headers=token)).status_code == 201


async def test_a_cookie_beside_an_authorization_header_counts_for_nothing(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        for header in ("Bearer nonsense", f"Bearer {write_key(KeyKind.ADMIN, '0' * 32)}", "Basic eDp5", "", "Bearer"):
            answer = await visitor.client.get("/v1/brands", headers={"Authorization": header})
            assert answer.status_code == 401, header
        weak = await door.key(Scope.WEBHOOKS_READ)
        answer = await visitor.client.get("/v1/brands", headers={"Authorization": f"Bearer {weak}"})
        assert answer.status_code == 403


async def test_a_key_in_the_header_needs_no_token(door: Door) -> None:
    assert (await door.ask("POST", "/v1/brands", json=BRAND)).status_code == 201


async def test_a_session_ends_with_its_twelve_hours(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        door.clock.ahead = LIFE - timedelta(minutes=1)
        await visitor.page()
        door.clock.ahead = LIFE + timedelta(seconds=1)
        assert (await visitor.client.get("/contents")).status_code == 303
        answer = await visitor.client.get("/v1/contents")
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_a_session_ends_with_its_key(door: Door, how: str) -> None:
    key = await door.key(Scope.ADMIN, lasts=timedelta(minutes=5))
    row = await KeyStore(door.services.database).find(key)
    assert row is not None
    async with visiting(door.app, key) as visitor:
        await visitor.page()
        if how == "revoked":
            await door.ask("DELETE", f"/v1/keys/{row.id}")
        else:
            door.clock.ahead = timedelta(minutes=6)
        assert (await visitor.client.get("/contents")).status_code == 303
        assert (await visitor.client.get("/v1/contents")).json()["code"] == f"KEY_{how.upper()}"
        assert (await visitor.client.get("/live")).status_code == 401


async def test_signing_out_ends_the_session_at_the_server_and_no_other(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor, visiting(door.app, door.admin_key) as other:
        stolen = visitor.cookie
        await visitor.client.post("/sign-out", data={"csrf": await visitor.csrf()})
        visitor.cookie = stolen
        assert (await visitor.client.get("/contents")).status_code == 303
        answer = await visitor.client.get("/v1/contents")
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")
        assert (await visitor.client.get("/live")).status_code == 401
        await other.page()


async def test_signing_out_takes_the_cookie_away(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        token = await visitor.csrf()
        assert (await visitor.client.post("/sign-out", data={"csrf": "x"})).status_code == 403
        answer = await visitor.client.post("/sign-out", data={"csrf": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert COOKIE not in visitor.client.cookies


async def test_a_tampered_cookie_is_none(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        whole = visitor.cookie
        raw = base64.urlsafe_b64decode(whole + "=" * (-len(whole) % 4))
        flipped = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(0, len(raw), 7)]
        forged = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
        for value in [*forged, whole[:-4], whole + "AAAA", whole.upper(), "x", "x" * 5_000, "%00", "é".encode().hex()]:
            visitor.cookie = value
            assert (await visitor.client.get("/contents")).status_code == 303, value
            assert (await visitor.client.get("/v1/contents")).json()["code"] == "SESSION_ENDED"


def test_what_was_sealed_for_another_use_or_under_another_key_is_no_session() -> None:
    keyring, session = KeyRing([create_key()]), new_session("ses_1", START)
    assert open_session(keyring, seal_session(keyring, session), START) == session
    assert open_session(KeyRing([create_key()]), seal_session(keyring, session), START) is None
    elsewhere = keyring.seal(b'["ses_1", "x", 1]', table="accounts", row="", column="value")
    assert open_session(keyring, base64.urlsafe_b64encode(elsewhere).decode(), START) is None


def test_a_rotated_keyring_still_opens_sessions() -> None:
    old, new = create_key(), create_key()
    session = new_session("ses_1", START)
    assert open_session(KeyRing([new, old]), seal_session(KeyRing([old]), session), START) == session


async def test_a_page_of_what_the_key_may_not_see_says_so(door: Door) -> None:
    async with visiting(door.app, await door.key(Scope.WEBHOOKS_READ)) as visitor:
        answer = await visitor.client.get("/contents")
        assert (answer.status_code, "contents:read" in answer.text) == (403, True)
        assert answer.headers["content-type"].startswith("text/html")


async def test_what_people_wrote_stays_text(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        answer = await visitor.client.get('/contents?clientRef="><script>alert(1)</script>&cursor=<b>')
        assert answer.status_code == 422
        found = await visitor.client.get('/contents?clientRef="><script>alert(1)</script>')
        assert "<script>alert" not in answer.text + found.text


async def test_our_own_files_are_kept_until_they_change(door: Door) -> None:
    async with visiting(door.app, door.admin_key) as visitor:
        page = await visitor.page()
        path = page.partition('<script type="module" src="')[2].partition('"')[0]
        asset = await visitor.client.get(path)
        assert (asset.status_code, asset.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert "immutable" in asset.headers["cache-control"]
        old = await visitor.client.get("/assets/older/app.js")
        assert (old.status_code, old.headers["cache-control"]) == (200, "no-store")
        for name in ("../render.py", "..%2Frender.py", "nothing.js", "app.py"):
            assert (await visitor.client.get(f"/assets/x/{name}")).status_code == 404
