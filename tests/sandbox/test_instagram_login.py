"""Tokens of the emulated Instagram: connecting, refreshing, losing access."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import INSTAGRAM_ID, INSTAGRAM_TOKEN, Instagram, Sandbox

CALLBACK = "https://munadi.example/callback"
DAY = 86_400


def _connect(sandbox: Sandbox) -> dict[str, str]:
    """Through the consent page to the answer of the code exchange."""
    query = {
        "client_id": "1",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "instagram_business_basic,instagram_business_content_publish",
        "state": "s1",
    }
    page = sandbox.http.get("/instagram/www/oauth/authorize", params=query)
    assert "munadi.sandbox" in page.text
    approved = sandbox.http.get("/instagram/www/oauth/authorize", params=query | {"approve": INSTAGRAM_ID})
    back = parse_qs(urlsplit(approved.headers["location"]).query)
    assert back["state"] == ["s1"]
    return {
        "client_id": "1",
        "client_secret": "x",
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": back["code"][0],
    }


@pytest.mark.parametrize("flat", [False, True])
def test_a_code_becomes_a_short_and_then_a_long_token(sandbox: Sandbox, instagram: Instagram, flat: bool) -> None:
    sandbox.control("PUT", "/switches", {"channel": "instagram", "kind": "flatCodeAnswer", "enabled": flat})
    form = _connect(sandbox)
    answer = sandbox.http.post("/instagram/token/oauth/access_token", data=form).json()
    short = answer if flat else answer["data"][0]
    assert short["user_id"] == int(INSTAGRAM_ID)
    again = sandbox.http.post("/instagram/token/oauth/access_token", data=form)
    assert (again.status_code, again.json()["error_type"]) == (400, "OAuthException")
    exchange = {"grant_type": "ig_exchange_token", "client_secret": "x", "access_token": short["access_token"]}
    long = instagram.get("access_token", **exchange).json()
    assert long["expires_in"] == 60 * DAY
    me = instagram.get("v26.0/me", fields="user_id,username", access_token=long["access_token"]).json()
    assert (me["user_id"], me["username"]) == (INSTAGRAM_ID, "munadi.sandbox")
    assert me["id"] != me["user_id"]


def test_a_token_younger_than_a_day_is_not_refreshed(sandbox: Sandbox, instagram: Instagram) -> None:
    refresh = {"grant_type": "ig_refresh_token"}
    new = instagram.get("refresh_access_token", **refresh).json()["access_token"]
    assert instagram.get("refresh_access_token", **refresh, access_token=new).status_code == 400
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert instagram.get("refresh_access_token", **refresh, access_token=new).status_code == 200


def test_lost_access_is_the_190_family(sandbox: Sandbox, instagram: Instagram) -> None:
    def ask(token: str) -> tuple[int, int | None]:
        error = instagram.get("v26.0/me", access_token=token).json()["error"]
        return error["code"], error.get("error_subcode")

    assert ask("garbage") == (190, None)
    profile = {"channel": "instagram", "profile": "munadi.sandbox"}
    sandbox.control("PATCH", "/profiles/instagram/munadi.sandbox", {"status": "checkpoint"})
    assert ask(INSTAGRAM_TOKEN) == (190, 459)
    sandbox.control("PATCH", "/profiles/instagram/munadi.sandbox", {"status": "active"})
    sandbox.control("POST", "/tokens/expire", profile)
    assert ask(INSTAGRAM_TOKEN) == (190, 463)
    sandbox.control("POST", "/tokens/revoke", profile | {"subcode": 460})
    assert ask(INSTAGRAM_TOKEN) == (190, 460)
    renewed = sandbox.control("POST", "/profiles/instagram/munadi.sandbox/credentials")
    assert instagram.get("v26.0/me", access_token=renewed["accessToken"]).status_code == 200


def test_a_token_without_the_scope_may_not_publish(sandbox: Sandbox, instagram: Instagram) -> None:
    form = _connect(sandbox)
    token = sandbox.http.post("/instagram/token/oauth/access_token", data=form).json()["data"][0]["access_token"]
    refused = instagram.get("v26.0/17900000000000000/comments", access_token=token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 10)
