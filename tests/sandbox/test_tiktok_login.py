"""TikTok's consent page, codes, rotation and revocation, as emulated."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox.conftest import Sandbox
from tests.sandbox.consenting import Consenting

OPEN_ID = "-000MunadiSandboxOpenId"
TOKEN, REFRESH = "act.sandboxMunadiAccessToken", "rft.sandboxMunadiRefreshToken"
CLIENT = {"client_key": "key", "client_secret": "secret"}


def token(sandbox: Sandbox, **form: str) -> httpx.Response:
    return sandbox.http.post("/tiktok/api/v2/oauth/token/", data={**CLIENT, **form})


def refresh(sandbox: Sandbox, value: str) -> httpx.Response:
    return token(sandbox, grant_type="refresh_token", refresh_token=value)


def me(sandbox: Sandbox, value: str, fields: str = "open_id") -> tuple[int, str]:
    headers = {"authorization": f"Bearer {value}"}
    answer = sandbox.http.get("/tiktok/api/v2/user/info/", params={"fields": fields}, headers=headers)
    return answer.status_code, answer.json()["error"]["code"]


def error(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("error")


def test_a_scope_that_was_not_granted_is_refused(sandbox: Sandbox) -> None:
    one = Consenting(sandbox, "tiktok")
    given = one.approved(grant="user.info.basic")
    assert given["scopes"] == "user.info.basic"
    tokens = one.exchange(given["code"]).json()
    assert (tokens["open_id"], tokens["expires_in"], tokens["refresh_expires_in"]) == (OPEN_ID, 7200, 15_552_000)
    access = tokens["access_token"]
    assert me(sandbox, access) == (200, "ok")
    assert me(sandbox, access, "username") == (401, "scope_not_authorized")
    headers = {"authorization": f"Bearer {access}"}
    answer = sandbox.http.post("/tiktok/api/v2/post/publish/creator_info/query/", json={}, headers=headers)
    assert answer.json()["error"]["code"] == "scope_not_authorized"


def test_a_refresh_ends_the_old_refresh_token(sandbox: Sandbox) -> None:
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


def test_the_token_endpoint_needs_a_form(sandbox: Sandbox) -> None:
    assert error(sandbox.http.post("/tiktok/api/v2/oauth/token/", json=CLIENT)) == (400, "invalid_request")
