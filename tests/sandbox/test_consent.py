"""The consent page of the five networks that have one: what it shows, and that only what was ticked is granted."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import Sandbox

BACK = "https://munadi.example/callback"
GOOGLE = "https://www.googleapis.com/auth/youtube"
# network: (title, consent page, token address, what separates scopes, two of them, the app's name for itself)
NETWORKS = {
    "instagram": (
        "Instagram", "/instagram/www/oauth/authorize", "/instagram/token/oauth/access_token", ",",
        ["instagram_business_basic", "instagram_business_content_publish"], "client_id",
    ),
    "threads": (
        "Threads", "/threads/www/oauth/authorize", "/threads/graph/oauth/access_token", ",",
        ["threads_basic", "threads_content_publish"], "client_id",
    ),
    "facebook": (
        "Facebook", "/facebook/www/v26.0/dialog/oauth", "/facebook/graph/v26.0/oauth/access_token", ",",
        ["pages_show_list", "pages_manage_posts"], "client_id",
    ),
    "instagram-page": (
        "Facebook", "/instagram/fbwww/v26.0/dialog/oauth", "/instagram/fbgraph/v26.0/oauth/access_token", ",",
        ["instagram_basic", "pages_show_list"], "client_id",
    ),
    "tiktok": (
        "TikTok", "/tiktok/www/v2/auth/authorize/", "/tiktok/api/v2/oauth/token/", ",",
        ["user.info.basic", "video.publish"], "client_key",
    ),
    "youtube": (
        "YouTube", "/youtube/auth/o/oauth2/v2/auth", "/youtube/token/token", " ",
        [f"{GOOGLE}.upload", f"{GOOGLE}.readonly"], "client_id",
    ),
}  # fmt: skip
EVERY = pytest.mark.parametrize("network", NETWORKS)


class Form(HTMLParser):
    """The form of a page, as a browser would send it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inputs: list[dict[str, str | None]] = []
        self.form: dict[str, str | None] = {}
        self.buttons: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self.form = given
        elif tag == "input":
            self.inputs.append(given)
        elif tag == "button":
            self.buttons.append(given)

    def of(self, kind: str, name: str) -> list[str]:
        return [one["value"] or "" for one in self.inputs if (one["type"], one["name"]) == (kind, name)]

    def sent(self, *cleared: str, button: int = 0) -> httpx.QueryParams:
        """The query of a browser's GET, with these boxes cleared."""
        pairs = [
            (one["name"] or "", one["value"] or "")
            for one in self.inputs
            if one["type"] == "hidden" or ("checked" in one and one["value"] not in cleared)
        ]
        pressed = self.buttons[button]
        if name := pressed.get("name"):
            pairs.append((name, pressed["value"] or ""))
        return httpx.QueryParams(tuple(pairs))


class Consenting:
    """An app's way through the consent page of one network."""

    def __init__(self, sandbox: Sandbox, network: str) -> None:
        self.http = sandbox.http
        self.title, self.page, self.token, separator, self.scopes, client = NETWORKS[network]
        self.asked = {client: "app-1", "redirect_uri": BACK, "response_type": "code", "state": "s1&x=1"}
        self.asked["scope"] = separator.join(self.scopes)
        self.client = client

    def shown(self) -> httpx.Response:
        return self.http.get(self.page, params=self.asked)

    def submitted(self, *cleared: str, button: int = 0) -> dict[str, str]:
        """Where the form leads."""
        answer = self.http.get(self.page, params=Form(self.shown().text).sent(*cleared, button=button))
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def exchange(self, code: str, **changes: str) -> httpx.Response:
        form = {self.client: "app-1", "client_secret": "x", "redirect_uri": BACK, "code": code, **changes}
        if "dialog" in self.page:
            return self.http.get(self.token, params=form)
        return self.http.post(self.token, data={"grant_type": "authorization_code", **form})


@EVERY
def test_an_unknown_profile_is_refused_with_the_known_ones(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    (known,) = Form(one.shown().text).of("radio", "approve")
    answer = one.http.get(one.page, params={**one.asked, "approve": "<b>nobody"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "approve=<b>nobody" in answer.text
    assert f"({known})" in answer.text
    assert "location" not in answer.headers


@EVERY
def test_the_page_shows_who_asks_for_what(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    page = one.shown()
    form = Form(page.text)
    assert f"Connect an emulated {one.title} account" in page.text
    assert "<strong>app-1</strong> asks for access" in page.text
    assert "form-action" not in page.headers["content-security-policy"]
    assert form.of("checkbox", "grant") == one.scopes
    assert len(form.of("radio", "approve")) == 1
    assert bool(form.of("checkbox", "page")) == ("dialog" in one.page)
    assert form.form.get("action") is None  # its own address


@EVERY
def test_what_is_not_cleared_is_granted(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    back = one.submitted(one.scopes[1])
    assert back["state"] == "s1&x=1"
    answer = one.exchange(back["code"])
    assert answer.status_code == 200, answer.text
    assert told(one, network, answer.json()) == one.scopes[:1]


def told(one: Consenting, network: str, tokens: dict[str, Any]) -> list[str]:
    """The scopes of a grant, wherever the network tells them."""
    if network == "instagram":
        return str(tokens["data"][0]["permissions"]).split(",")
    if network == "threads":
        token = tokens["access_token"]
        asked = {"access_token": token, "input_token": token}
        scopes: list[str] = one.http.get("/threads/graph/v1.0/debug_token", params=asked).json()["data"]["scopes"]
        return scopes
    if "dialog" in one.page:
        host = one.token.removesuffix("oauth/access_token")
        rows = one.http.get(f"{host}me/permissions", params={"access_token": tokens["access_token"]}).json()["data"]
        assert {"permission": one.scopes[1], "status": "declined"} in rows
        return [row["permission"] for row in rows if row["status"] == "granted"]
    return str(tokens["scope"]).replace(",", " ").split()


@EVERY
def test_every_box_may_be_cleared(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    answer = one.exchange(one.submitted(*one.scopes)["code"])
    assert answer.status_code == 200
    assert [scope for scope in one.scopes if scope in answer.text] == []


@EVERY
def test_cancel_goes_back_without_a_code(sandbox: Sandbox, network: str) -> None:
    back = Consenting(sandbox, network).submitted(button=1)
    assert (back["error"], back["state"], "code" in back) == ("access_denied", "s1&x=1", False)


@EVERY
def test_a_code_is_for_the_app_and_the_address_that_asked(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    code = one.submitted()["code"]
    assert one.exchange(code, **{one.client: "app-2"}).status_code == 400
    assert one.exchange(code, redirect_uri=f"{BACK}/other").status_code == 400
    assert one.exchange(code).status_code == 200
    assert one.exchange(code).status_code == 400


@EVERY
def test_a_code_ages(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    lives = 600 if network in ("tiktok", "youtube") else 3600
    young, old = one.submitted()["code"], one.submitted()["code"]
    sandbox.control("POST", "/clock", {"advanceSeconds": lives - 5})
    assert one.exchange(young).status_code == 200
    sandbox.control("POST", "/clock", {"advanceSeconds": 6})
    assert one.exchange(old).status_code == 400


@EVERY
def test_nobody_is_sent_to_what_is_no_address(sandbox: Sandbox, network: str) -> None:
    one = Consenting(sandbox, network)
    for decision in ({}, {"deny": "1"}):
        answer = sandbox.http.get(one.page, params=one.asked | {"redirect_uri": "javascript:alert(1)"} | decision)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize("network", ["facebook", "instagram-page"])
def test_only_shared_pages_are_listed_and_all_of_them(sandbox: Sandbox, network: str) -> None:
    channel = network.partition("-")[0]
    for name in ("second", "third"):
        sandbox.control("POST", "/profiles", {"channel": channel, "name": name, "beside": "munadi.sandbox"})
    one = Consenting(sandbox, network)
    first, second, third = Form(one.shown().text).of("checkbox", "page")
    url = one.token.removesuffix("oauth/access_token") + "me/accounts"

    def listed(*cleared: str) -> list[str]:
        query = {"access_token": one.exchange(one.submitted(*cleared)["code"]).json()["access_token"], "limit": "2"}
        page = one.http.get(url, params=query).json()
        found = [row["id"] for row in page["data"]]
        while "next" in page.get("paging", {}):
            page = one.http.get(page["paging"]["next"]).json()
            found += [row["id"] for row in page["data"]]
        return found

    assert listed() == [first, second, third]
    assert listed(second) == [first, third]
    assert listed(first, second, third) == []


def test_a_page_that_was_not_shared_gives_no_token(sandbox: Sandbox) -> None:
    sandbox.control("POST", "/profiles", {"channel": "facebook", "name": "second", "beside": "munadi.sandbox"})
    one = Consenting(sandbox, "facebook")
    first, second = Form(one.shown().text).of("checkbox", "page")
    token = one.exchange(one.submitted(second)["code"]).json()["access_token"]
    query = {"access_token": token, "fields": "access_token"}
    assert sandbox.http.get(f"/facebook/graph/v26.0/{first}", params=query).status_code == 200
    assert sandbox.http.get(f"/facebook/graph/v26.0/{second}", params=query).status_code == 400
    asked = {"input_token": token, "access_token": "app-1|x"}
    told = sandbox.http.get("/facebook/graph/v26.0/debug_token", params=asked).json()["data"]
    assert [row["target_ids"] for row in told["granular_scopes"]] == [[first], [first]]


def test_profiles_without_persons_are_made_beside_nobody(sandbox: Sandbox) -> None:
    body = {"channel": "threads", "name": "x", "beside": "munadi.sandbox"}
    assert sandbox.http.post("/control/profiles", json=body).status_code == 422
