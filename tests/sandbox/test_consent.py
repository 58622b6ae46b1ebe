"""The consent page of the five networks that have one: what it shows, and that only ticked scopes are granted."""

from __future__ import annotations

from munadi.channels.bluesky.client import NEEDED
from munadi.channels.registry import channel_permissions
from munadi.cli.dev.plan import SANDBOX_APP
from munadi.sandbox.consent import app_of, words_of
from tests.sandbox.conftest import Sandbox
from tests.sandbox.consenting import BACK, EVERY, Consenting, Form, granted_scopes


@EVERY
def test_an_unknown_profile_is_refused_with_the_known_ones(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    (known,) = Form(one.shown().text).of("radio", "approve")
    answer = one.http.get(one.page, params={**one.asked, "approve": "<b>nobody"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "approve=<b>nobody" in answer.text
    assert f"({known})" in answer.text
    assert "location" not in answer.headers


# An app that registered is shown by the name it gave (consenting.py), any other by its id.
APPS = {"mastodon": "App"}


@EVERY
def test_the_page_shows_the_app_and_its_scopes(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    page = one.shown()
    form = Form(page.text)
    assert f"Connect an emulated {one.title} account" in page.text
    name = APPS.get(network, one.asked[one.client])
    assert f"<strong>{name}</strong> asks for access" in page.text
    assert "form-action" not in page.headers["content-security-policy"]
    assert form.of("checkbox", "grant") == one.scopes
    assert [scope for scope in one.scopes if f"{words_of(scope)} <code>{scope}</code>" not in page.text] == []
    assert len(form.of("radio", "approve")) == 1
    assert bool(form.of("checkbox", "page")) == ("dialog" in one.page)
    assert form.action is None  # its own address


def test_the_page_has_words_for_every_scope_and_no_address_of_an_app() -> None:
    by_login = [logins for permissions in channel_permissions().values() for logins in permissions.values()]
    asked = {each.scope for permissions in by_login for each in permissions} | set(NEEDED)
    assert {scope for scope in asked if not words_of(scope)} == set()
    names = [
        app_of(client) for client in ("https://munadi.example/v1/oauth/bluesky/client.json", "http://localhost?a=b", "")
    ]
    assert names == ["The app at munadi.example", "An app on this machine", "An app without a name"]
    assert app_of(SANDBOX_APP) == "Munadi", "as the dashboard calls it"


@EVERY
def test_only_ticked_scopes_are_granted(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    back = one.submitted(one.scopes[1])
    assert back["state"] == "s1&x=1"
    answer = one.exchange(back["code"])
    assert answer.status_code == 200, answer.text
    assert granted_scopes(one, network, answer.json()) == one.scopes[:1]


@EVERY
def test_every_box_may_be_cleared(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    answer = one.exchange(one.submitted(*one.scopes)["code"])
    assert answer.status_code == 200
    assert [scope for scope in one.scopes if scope in answer.text] == []


DECLINED = {"linkedin": "user_cancelled_authorize"}


@EVERY
def test_cancel_redirects_without_a_code(sandbox: Sandbox, network: str) -> None:
    back = Consenting(sandbox, network).submitted(button=1)
    assert (back["error"], back["state"], "code" in back) == (DECLINED.get(network, "access_denied"), "s1&x=1", False)


@EVERY
def test_a_code_works_once_for_its_app_and_address(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    code = one.submitted()["code"]
    assert one.exchange(code, **{one.client: "app-2"}).status_code in (400, 401)
    assert one.exchange(code, redirect_uri=f"{BACK}/other").status_code == 400
    assert one.exchange(code).status_code == 200
    assert one.exchange(code).status_code == 400


@EVERY
def test_a_code_expires(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    known = {
        "google_business": 600,
        "linkedin": 1800,
        "mastodon": 600,
        "pinterest": 600,
        "tiktok": 600,
        "x": 30,
        "youtube": 600,
    }
    lives = known.get(network, 3600)
    young, old = one.submitted()["code"], one.submitted()["code"]
    sandbox.advance(lives - 5)
    assert one.exchange(young).status_code == 200
    sandbox.advance(6)
    assert one.exchange(old).status_code == 400


@EVERY
def test_no_browser_is_sent_to_a_wrong_address(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    for decision in ({}, {"deny": "1"}):
        answer = sandbox.http.get(one.page, params=one.asked | {"redirect_uri": "javascript:alert(1)"} | decision)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_a_page_that_was_not_shared_gives_no_token(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/profiles", {"channel": "facebook", "name": "second", "beside": "munadi.sandbox"})
    one = Consenting(sandbox, "facebook")
    first, second = Form(one.shown().text).of("checkbox", "page")
    token = one.exchange(one.submitted(second)["code"]).json()["access_token"]
    query = {"access_token": token, "fields": "access_token"}
    assert sandbox.http.get(f"/facebook/graph/v26.0/{first}", params=query).status_code == 200
    assert sandbox.http.get(f"/facebook/graph/v26.0/{second}", params=query).status_code == 400
    asked = {"input_token": token, "access_token": "app-1|x"}
    found = sandbox.http.get("/facebook/graph/v26.0/debug_token", params=asked).json()["data"]
    assert [row["target_ids"] for row in found["granular_scopes"]] == [[first], [first]]
