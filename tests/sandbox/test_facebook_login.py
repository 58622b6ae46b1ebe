"""Tokens of the emulated Facebook: connecting a person, their Pages, losing access."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import Sandbox

PAGE, PERSON = "100000000000001", "10150000000000001"
PAGE_TOKEN, PERSON_TOKEN = "EAAsandboxMunadiPageToken", "EAAsandboxMunadiUserToken"
CALLBACK = "https://munadi.example/callback"
APP = {"client_id": "1", "client_secret": "x"}


def _graph(sandbox: Sandbox, path: str, **query: Any) -> Any:
    return sandbox.http.get(f"/facebook/graph/v26.0/{path}", params=query).json()


def _connect(sandbox: Sandbox, scope: str = "pages_show_list,pages_manage_posts") -> str:
    """Through the consent page to a short token."""
    query = {"client_id": "1", "redirect_uri": CALLBACK, "response_type": "code", "scope": scope, "state": "s1"}
    page = sandbox.http.get("/facebook/www/v26.0/dialog/oauth", params=query)
    assert "Munadi Sandbox" in page.text
    approved = sandbox.http.get("/facebook/www/v26.0/dialog/oauth", params=query | {"approve": PERSON})
    back = parse_qs(urlsplit(approved.headers["location"]).query)
    assert back["state"] == ["s1"]
    asked = APP | {"redirect_uri": CALLBACK, "code": back["code"][0]}
    answer = _graph(sandbox, "oauth/access_token", **asked)
    assert _graph(sandbox, "oauth/access_token", **asked)["error"]["code"] == 100
    return str(answer["access_token"])


def test_a_code_becomes_a_short_a_long_and_a_pages_token(sandbox: Sandbox) -> None:
    short = _connect(sandbox)
    exchange = APP | {"grant_type": "fb_exchange_token", "fb_exchange_token": short}
    long = _graph(sandbox, "oauth/access_token", **exchange)
    assert long["expires_in"] == 60 * 86_400
    (page,) = _graph(sandbox, "me/accounts", access_token=long["access_token"])["data"]
    assert (page["id"], "CREATE_CONTENT" in page["tasks"]) == (PAGE, True)
    sandbox.control("POST", "/clock", {"advanceSeconds": 365 * 86_400})
    assert _graph(sandbox, "me", access_token=page["access_token"])["id"] == PAGE
    assert _graph(sandbox, "me", access_token=long["access_token"])["error"]["error_subcode"] == 463


def test_a_refusal_comes_back_to_the_caller(sandbox: Sandbox) -> None:
    query = {"redirect_uri": CALLBACK, "state": "s1", "deny": "1"}
    back = sandbox.http.get("/facebook/www/dialog/oauth", params=query).headers["location"]
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]


def test_permissions_and_scopes_are_told(sandbox: Sandbox) -> None:
    token = _connect(sandbox)
    granted = {
        row["permission"]: row["status"] for row in _graph(sandbox, "me/permissions", access_token=token)["data"]
    }
    assert (granted["pages_manage_posts"], granted["pages_manage_engagement"]) == ("granted", "declined")
    data = _graph(sandbox, "debug_token", input_token=PAGE_TOKEN, access_token="1|x")["data"]
    assert (data["type"], data["profile_id"], data["expires_at"], data["is_valid"]) == ("PAGE", PAGE, 0, True)
    assert "error" in _graph(sandbox, "debug_token", input_token=PAGE_TOKEN, access_token=PERSON_TOKEN)


def test_me_is_a_page_or_a_person(sandbox: Sandbox) -> None:
    fields = "id,name,category"
    assert _graph(sandbox, "me", access_token=PAGE_TOKEN, fields=fields)["category"] == "Test page"
    assert _graph(sandbox, "me", access_token=PERSON_TOKEN, fields=fields)["error"]["code"] == 100
    assert _graph(sandbox, "me", access_token=PERSON_TOKEN)["id"] == PERSON
    assert _graph(sandbox, PAGE, access_token=PERSON_TOKEN, fields="access_token")["access_token"].startswith("EAA")


def test_a_token_without_the_scope_may_not_comment(sandbox: Sandbox) -> None:
    (page,) = _graph(sandbox, "me/accounts", access_token=_connect(sandbox))["data"]
    headers = {"authorization": f"Bearer {page['access_token']}"}
    post = sandbox.http.post(f"/facebook/graph/v26.0/{PAGE}/feed", data={"message": "x"}, headers=headers).json()["id"]
    refused = sandbox.http.post(f"/facebook/graph/v26.0/{post}/comments", data={"message": "x"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 10)


@pytest.mark.parametrize("subcode", [458, 459, 460, 467, 492])
def test_lost_access_is_the_190_family(sandbox: Sandbox, subcode: int) -> None:
    sandbox.control("POST", "/tokens/revoke", {"channel": "facebook", "profile": "munadi.sandbox", "subcode": subcode})
    for token in (PAGE_TOKEN, PERSON_TOKEN):
        error = _graph(sandbox, "me", access_token=token)["error"]
        assert (error["code"], error["error_subcode"]) == (190, subcode)
    renewed = sandbox.control("POST", "/profiles/facebook/munadi.sandbox/credentials")
    assert _graph(sandbox, "me", access_token=renewed["accessToken"])["id"] == PAGE


def test_tokens_expire_one_kind_at_a_time(sandbox: Sandbox) -> None:
    profile = {"channel": "facebook", "profile": "munadi.sandbox"}
    sandbox.control("POST", "/tokens/expire", profile | {"which": "refresh"})
    assert _graph(sandbox, "me", access_token=PAGE_TOKEN)["id"] == PAGE
    assert _graph(sandbox, "me", access_token=PERSON_TOKEN)["error"]["error_subcode"] == 463
    sandbox.control("POST", "/tokens/expire", profile)
    assert _graph(sandbox, "me", access_token=PAGE_TOKEN)["error"]["error_subcode"] == 463
    assert _graph(sandbox, "me", access_token="garbage")["error"]["code"] == 190
    assert _graph(sandbox, "me")["error"]["code"] == 104
