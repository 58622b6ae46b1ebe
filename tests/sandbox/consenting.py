"""A browser and an app in front of the consent pages of the emulated networks."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from html import unescape
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
    "mastodon": (
        "Mastodon", "/mastodon/server/oauth/authorize", "/mastodon/server/oauth/token", " ",
        ["read:accounts", "write:statuses"], "client_id",
    ),
    "pinterest": (
        "Pinterest", "/pinterest/www/oauth/", "/pinterest/api/v5/oauth/token", ",",
        ["boards:read", "pins:write"], "client_id",
    ),
    "tiktok": (
        "TikTok", "/tiktok/www/v2/auth/authorize/", "/tiktok/api/v2/oauth/token/", ",",
        ["user.info.basic", "video.publish"], "client_key",
    ),
    "linkedin": (
        "LinkedIn", "/linkedin/www/oauth/v2/authorization", "/linkedin/www/oauth/v2/accessToken", " ",
        ["openid", "w_member_social"], "client_id",
    ),
    "google_business": (
        "Google Business Profile", "/google_business/auth/o/oauth2/v2/auth", "/google_business/token/token", " ",
        ["https://www.googleapis.com/auth/business.manage", "openid"], "client_id",
    ),
    "x": ("X", "/x/www/i/oauth2/authorize", "/x/api/2/oauth2/token", " ", ["tweet.read", "tweet.write"], "client_id"),
    "youtube": (
        "YouTube", "/youtube/auth/o/oauth2/v2/auth", "/youtube/token/token", " ",
        [f"{GOOGLE}.upload", f"{GOOGLE}.readonly"], "client_id",
    ),
}  # fmt: skip
VERIFIER = "c" * 43
VERIFIER_CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
EVERY = pytest.mark.parametrize("network", NETWORKS)


class Form:
    """The form of a page, as a browser would send it."""

    def __init__(self, page: str) -> None:
        self.inputs, self.buttons = _tags(page, "input"), _tags(page, "button")
        self.action = _tags(page, "form")[0].get("action")

    def of(self, kind: str, name: str) -> list[str]:
        return [one["value"] for one in self.inputs if (one["type"], one["name"]) == (kind, name)]

    def sent(self, *cleared: str, button: int = 0) -> httpx.QueryParams:
        """The query of a browser's GET, with these boxes cleared."""
        given = [one for one in self.inputs if one["type"] == "hidden" or "checked" in one]
        pairs = [(one["name"], one["value"]) for one in given if one["type"] == "hidden" or one["value"] not in cleared]
        pressed = self.buttons[button]
        return httpx.QueryParams((*pairs, *([(pressed["name"], pressed["value"])] if "name" in pressed else [])))


def _tags(page: str, name: str) -> list[dict[str, str]]:
    """The attributes of each tag of this name."""
    found = (re.findall(r'([a-z]+)(?:="([^"]*)")?', tag) for tag in re.findall(rf"<{name} ?([^>]*)>", page))
    return [{attribute: unescape(value) for attribute, value in tag} for tag in found]


class Consenting:
    """An app's way through the consent page of one network."""

    def __init__(self, sandbox: Sandbox, network: str) -> None:
        self.http = sandbox.http
        self.title, self.page, self.token, separator, self.scopes, client = NETWORKS[network]
        self.asked = {client: "app-1", "redirect_uri": BACK, "response_type": "code", "state": "s1&x=1"}
        self.asked["scope"] = separator.join(self.scopes)
        self.client, self.secret = client, "x"
        if network == "mastodon":  # it knows only apps that were registered
            form = {"client_name": "App", "redirect_uris": BACK, "scopes": self.asked["scope"]}
            app = self.http.post("/mastodon/server/api/v1/apps", data=form).json()
            self.asked[client], self.secret = app["client_id"], app["client_secret"]
        if network == "x":  # it insists on PKCE
            self.asked |= {"code_challenge": VERIFIER_CHALLENGE, "code_challenge_method": "S256"}

    def shown(self) -> httpx.Response:
        return self.http.get(self.page, params=self.asked)

    def submitted(self, *cleared: str, button: int = 0) -> dict[str, str]:
        """Where the form leads."""
        answer = self.http.get(self.page, params=Form(self.shown().text).sent(*cleared, button=button))
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def approved(self, **more: str) -> dict[str, str]:
        """The redirect's query after the consent of the first profile, without the page."""
        (first, *_) = Form(self.shown().text).of("radio", "approve")
        answer = self.http.get(self.page, params=self.asked | {"approve": first} | more)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def exchange(self, code: str, **changes: str) -> httpx.Response:
        app = {self.client: self.asked[self.client], "client_secret": self.secret}
        form = {**app, "redirect_uri": BACK, "code": code, **changes}
        if self.title in ("X", "Pinterest"):  # the app proves itself in a header
            form = ({"code_verifier": VERIFIER} if self.title == "X" else {}) | form
            proof = (form[self.client], form.pop("client_secret"))
            return self.http.post(self.token, data={"grant_type": "authorization_code", **form}, auth=proof)
        if "dialog" in self.page:
            return self.http.get(self.token, params=form)
        return self.http.post(self.token, data={"grant_type": "authorization_code", **form})


def granted_scopes(one: Consenting, network: str, tokens: dict[str, Any]) -> list[str]:
    """The scopes of a grant, wherever the network reports them."""
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
