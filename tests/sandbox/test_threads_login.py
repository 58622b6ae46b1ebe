"""Tokens of the emulated Threads: connecting, exchanging, refreshing, losing access."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_threads import DAY, ID, TOKEN, Threads, error, without_delays

CALLBACK = "https://munadi.example/callback"


@pytest.fixture
def threads(sandbox: Sandbox) -> Threads:
    return without_delays(sandbox)


def connect(threads: Threads) -> dict[str, str]:
    """Through the consent page to the form of the code exchange."""
    query = {"client_id": "1", "redirect_uri": CALLBACK, "scope": "threads_basic,threads_content_publish", "state": "s"}
    authorize = "/threads/www/oauth/authorize"
    page = threads.sandbox.http.get(authorize, params=query)
    assert "Connect an emulated Threads account" in page.text
    denied = threads.sandbox.http.get(authorize, params=query | {"deny": "1"}).headers["location"]
    assert parse_qs(urlsplit(denied).query)["error_reason"] == ["user_denied"]
    approved = threads.sandbox.http.get(authorize, params=query | {"approve": ID}).headers["location"]
    assert approved.endswith("#_")
    code = parse_qs(urlsplit(approved).query)["code"][0]
    return {
        "client_id": "1",
        "client_secret": "x",
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": code,
    }


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("host", ["graph", "token"])
def test_a_code_becomes_a_short_and_then_once_a_long_token(threads: Threads, as_text: bool, host: str) -> None:
    threads.set("switches", "userIdAsText", enabled=as_text)
    form, url = connect(threads), f"/threads/{host}/oauth/access_token"
    short = threads.sandbox.http.post(url, data=form).json()
    assert short["user_id"] == (ID if as_text else int(ID))
    again = threads.sandbox.http.post(url, data=form)
    assert (again.status_code, again.json()["error_type"]) == (400, "OAuthException")
    exchange = {"grant_type": "th_exchange_token", "client_secret": "x"}
    long = threads.ask("GET", "access_token", host, **exchange, access_token=short["access_token"]).json()
    assert long["expires_in"] == 60 * DAY
    for token in (short["access_token"], long["access_token"]):
        assert error(threads.ask("GET", "access_token", host, **exchange, access_token=token)) == (452, 4279019)
    told = threads.get("debug_token", access_token=long["access_token"], input_token=long["access_token"]).json()[
        "data"
    ]
    assert (told["is_valid"], told["scopes"]) == (True, ["threads_basic", "threads_content_publish"])
    forbidden = threads.ask(
        "POST",
        f"v1.0/{ID}/threads",
        access_token=long["access_token"],
        media_type="TEXT",
        text="x",
        reply_to_id=threads.post(),
    )
    assert (forbidden.status_code, error(forbidden)) == (403, (10, None))


def test_a_token_younger_than_a_day_is_not_refreshed(sandbox: Sandbox, threads: Threads) -> None:
    refresh = {"grant_type": "th_refresh_token"}
    new = threads.ask("GET", "refresh_access_token", "token", **refresh).json()["access_token"]
    assert error(threads.ask("GET", "refresh_access_token", **refresh, access_token=new)) == (100, None)
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert threads.ask("GET", "refresh_access_token", **refresh, access_token=new).status_code == 200


def test_lost_access_has_its_codes(sandbox: Sandbox, threads: Threads) -> None:
    def ask(token: str = TOKEN) -> tuple[int, int | None]:
        return error(threads.get("me", access_token=token))

    assert ask("garbage") == (190, None)
    profile = {"channel": "threads", "profile": "munadi.sandbox"}
    sandbox.control("PATCH", "/profiles/threads/munadi.sandbox", {"status": "checkpoint"})
    assert ask() == (190, 459)
    sandbox.control("PATCH", "/profiles/threads/munadi.sandbox", {"status": "restricted"})
    assert error(threads.create(media_type="TEXT", text="x")) == (1, 4279013)
    sandbox.control("PATCH", "/profiles/threads/munadi.sandbox", {"status": "active"})
    sandbox.control("POST", "/tokens/expire", profile)
    assert ask() == (190, 463)
    for subcode, told in ((460, (190, 460)), (4279019, (452, 4279019))):
        sandbox.control("POST", "/tokens/revoke", profile | {"subcode": subcode})
        assert ask() == told
    renewed = sandbox.control("POST", "/profiles/threads/munadi.sandbox/credentials")
    assert threads.get("me", access_token=renewed["accessToken"]).status_code == 200
