"""A program that signs in, as an attacker or a well-behaved one writes it: each step by itself, over plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.api.dashboard import SITE, DashboardBrowser

BACK = "http://127.0.0.1:33418/callback"
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf|request)" value="([^"]+)">')


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Program:
    """A registered program, with the verifier of its current request."""

    http: httpx.AsyncClient
    client_id: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    redirect_uri: str = BACK

    @classmethod
    async def register(cls, http: httpx.AsyncClient, **metadata: Any) -> Program:
        """Register as a program on the person's machine."""
        answer = await try_to_register(http, **metadata)
        assert answer.status_code == 201, answer.text
        return cls(http, answer.json()["client_id"])

    def request(self, **changes: Any) -> dict[str, str]:
        """The parameters of a request for authorization; None leaves one out."""
        values = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "state": "st-1",
            "resource": "http://127.0.0.1:8085/mcp",
            **changes,
        }
        return {name: value for name, value in values.items() if value is not None}

    async def ask(self, browser: DashboardBrowser, **changes: Any) -> httpx.Response:
        """The person's browser at the endpoint for authorization."""
        return await browser.get("/oauth/authorize", params=self.request(**changes))

    async def page(self, browser: DashboardBrowser, **changes: Any) -> str:
        """The consent page."""
        answer = await self.ask(browser, **changes)
        assert answer.status_code == 302, answer.text
        return await browser.page(answer.headers["location"])

    async def answer(self, browser: DashboardBrowser, page: str, **form: str | None) -> httpx.Response:
        """Send the form of a consent page: by default drafts for a month, for acme; None leaves a field out."""
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(page) if name in ("csrf", "request")}
        values = {
            **hidden,
            "brandRef": "acme",
            "level": "draft",
            "days": "30",
            "postsPerDay": "20",
            "decision": "allow",
            **form,
        }
        sent = {name: value for name, value in values.items() if value is not None}
        headers = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}
        return await browser.client.post("/oauth/consent", data=sent, headers=headers)

    async def code(self, browser: DashboardBrowser, request: dict[str, Any] | None = None, **form: str | None) -> str:
        """The code of a consent."""
        answer = await self.answer(browser, await self.page(browser, **request or {}), **form)
        assert answer.status_code == 303, answer.text
        return query_of(answer)["code"]

    async def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        """Ask for the tokens of a code."""
        return await self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            **{"code_verifier": self.verifier, **changes},
        )

    async def refresh(self, token: str, **changes: str | None) -> httpx.Response:
        """Ask for new tokens."""
        return await self.token(grant_type="refresh_token", refresh_token=token, **changes)

    async def token(self, **form: str | None) -> httpx.Response:
        """A request to the endpoint for tokens."""
        values = {"client_id": self.client_id, **form}
        return await self.http.post("/oauth/token", data={name: v for name, v in values.items() if v is not None})

    async def sign_in(self, browser: DashboardBrowser, **form: str | None) -> dict[str, Any]:
        """All of it: the tokens."""
        answer = await self.exchange(await self.code(browser, **form))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


async def try_to_register(http: httpx.AsyncClient, **metadata: Any) -> httpx.Response:
    """A request to register."""
    body = {"client_name": "Draft helper", "redirect_uris": ["http://127.0.0.1/callback"], **metadata}
    return await http.post("/oauth/register", json=body)


def query_of(answer: httpx.Response) -> dict[str, str]:
    """What a redirect carries back to the program."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
