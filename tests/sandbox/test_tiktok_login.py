"""TikTok's consent page, codes, rotation and revocation, as emulated."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import Sandbox

OPEN_ID = "-000MunadiSandboxOpenId"
TOKEN, REFRESH = "act.sandboxMunadiAccessToken", "rft.sandboxMunadiRefreshToken"
BACK = "http://127.0.0.1:1/callback"
CLIENT = {"client_key": "key", "client_secret": "secret"}


def authorize(sandbox: Sandbox, **query: str) -> httpx.Response:
    given = {"client_key": "key", "response_type": "code", "redirect_uri": BACK, "state": "s1"}
    given |= {"scope": "user.info.basic,video.publish", **query}
    return sandbox.http.get("/tiktok/www/v2/auth/authorize/", params=given)


def back(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def token(sandbox: Sandbox, **form: str) -> httpx.Response:
    return sandbox.http.post("/tiktok/api/v2/oauth/token/", data={**CLIENT, **form})


def refresh(sandbox: Sandbox, value: str) -> httpx.Response:
    return token(sandbox, grant_type="refresh_token", refresh_token=value)


def exchange(sandbox: Sandbox, code: str, **form: str) -> httpx.Response:
    return token(sandbox, grant_type="authorization_code", code=code, redirect_uri=BACK, **form)


def me(sandbox: Sandbox, value: str, fields: str = "open_id") -> tuple[int, str]:
    headers = {"authorization": f"Bearer {value}"}
    answer = sandbox.http.get("/tiktok/api/v2/user/info/", params={"fields": fields}, headers=headers)
    return answer.status_code, answer.json()["error"]["code"]


def error(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("error")


def test_the_whole_way_from_consent_to_tokens(sandbox: Sandbox) -> None:
    page = authorize(sandbox)
    assert (page.status_code, "munadi.sandbox" in page.text, "TikTok" in page.text) == (200, True, True)
    given = back(authorize(sandbox, approve=OPEN_ID))
    assert (given["state"], given["scopes"]) == ("s1", "user.info.basic,video.publish")
    tokens = exchange(sandbox, given["code"]).json()
    assert (tokens["open_id"], tokens["scope"]) == (OPEN_ID, "user.info.basic,video.publish")
    assert (tokens["expires_in"], tokens["refresh_expires_in"]) == (7200, 15_552_000)
    assert me(sandbox, tokens["access_token"]) == (200, "ok")
    assert error(exchange(sandbox, given["code"])) == (400, "invalid_grant")  # a code is for once


def test_a_person_may_say_no_or_untick_a_scope(sandbox: Sandbox) -> None:
    assert back(authorize(sandbox, deny="1"))["error"] == "access_denied"
    given = back(authorize(sandbox, approve=OPEN_ID, grant="user.info.basic"))
    assert given["scopes"] == "user.info.basic"
    access = exchange(sandbox, given["code"]).json()["access_token"]
    assert me(sandbox, access) == (200, "ok")
    assert me(sandbox, access, "username") == (401, "scope_not_authorized")
    headers = {"authorization": f"Bearer {access}"}
    answer = sandbox.http.post("/tiktok/api/v2/post/publish/creator_info/query/", json={}, headers=headers)
    assert answer.json()["error"]["code"] == "scope_not_authorized"


def test_a_desktop_challenge_is_the_hex_of_its_verifier(sandbox: Sandbox) -> None:
    verifier = "v" * 43
    challenge = hashlib.sha256(verifier.encode()).hexdigest()
    code = back(authorize(sandbox, approve=OPEN_ID, code_challenge=challenge, code_challenge_method="S256"))["code"]
    assert error(exchange(sandbox, code, code_verifier="w" * 43)) == (400, "invalid_request")
    assert exchange(sandbox, code, code_verifier=verifier).status_code == 200


def test_a_refresh_rotates_and_the_old_one_is_dead(sandbox: Sandbox) -> None:
    fresh = refresh(sandbox, REFRESH).json()
    assert fresh["refresh_token"] != REFRESH
    assert error(refresh(sandbox, REFRESH)) == (400, "invalid_grant")
    assert me(sandbox, TOKEN) == (200, "ok")  # lives until it expires
    assert refresh(sandbox, fresh["refresh_token"]).status_code == 200


def test_tokens_expire_by_the_sandbox_clock(sandbox: Sandbox) -> None:
    fresh = refresh(sandbox, REFRESH).json()
    sandbox.control("POST", "/clock", {"advanceSeconds": 7201})
    assert me(sandbox, fresh["access_token"]) == (401, "access_token_invalid")
    assert refresh(sandbox, fresh["refresh_token"]).status_code == 200
    sandbox.control("POST", "/tokens/expire", {"channel": "tiktok", "profile": OPEN_ID, "which": "all"})
    assert me(sandbox, TOKEN) == (401, "access_token_invalid")


def test_lives_and_error_statuses_are_settings(sandbox: Sandbox) -> None:
    sandbox.control("PUT", "/limits", {"channel": "tiktok", "kind": "accessTokenSeconds", "value": 86_400})
    assert refresh(sandbox, REFRESH).json()["expires_in"] == 86_400
    sandbox.control("PUT", "/switches", {"channel": "tiktok", "kind": "oauthErrorsWith200", "enabled": True})
    assert error(refresh(sandbox, "nonsense")) == (200, "invalid_grant")


def test_revocation_ends_everything(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/tiktok/api/v2/oauth/revoke/", data={**CLIENT, "token": TOKEN})
    assert (answer.status_code, answer.json()) == (200, {})
    assert me(sandbox, TOKEN) == (401, "access_token_invalid")
    assert error(refresh(sandbox, REFRESH)) == (400, "invalid_grant")
    again = sandbox.control("POST", f"/profiles/tiktok/{OPEN_ID}/credentials")
    assert me(sandbox, again["accessToken"]) == (200, "ok")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"client_secret": ""}, "invalid_client"),
        ({"client_key": ""}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant"),
    ],
)
def test_a_wrong_request_for_tokens(sandbox: Sandbox, form: dict[str, str], code: str) -> None:
    assert error(token(sandbox, **{"grant_type": "refresh_token", "refresh_token": REFRESH, **form})) == (400, code)


def test_json_is_no_form(sandbox: Sandbox) -> None:
    assert error(sandbox.http.post("/tiktok/api/v2/oauth/token/", json=CLIENT)) == (400, "invalid_request")
