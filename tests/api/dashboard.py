"""A browser at the dashboard, in process. It signs in with a key, keeps the cookie, and sends what browsers send."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from api.dashboard.session import COOKIE, CSRF_HEADER

SITE = "http://munadi.test"
_CSRF = re.compile(r'<meta name="csrf" content="([^"]+)">')


class DashboardBrowser:
    """Has no session until `sign_in`. `client` holds the cookies."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, key: str, **form: str) -> httpx.Response:
        """Submit the sign-in form."""
        return await self.client.post("/sign-in", data={"key": key, **form})

    async def sign_out(self, csrf: str | None = None, **options: Any) -> httpx.Response:
        """Submit the sign-out form, by default with the session's own token."""
        token = await self.csrf() if csrf is None else csrf
        return await self.client.post("/sign-out", data={"csrf": token}, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Open an address."""
        return await self.client.get(path, **options)

    async def page(self, path: str = "/contents") -> str:
        """The markup of a page that must exist."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("location"), answer.text)
        return answer.text

    async def csrf(self) -> str:
        """The token on the pages of this session."""
        found = _CSRF.search(await self.page())
        assert found is not None
        return found[1]

    async def act(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Send what a script of a page sends."""
        headers = {"Origin": SITE, "Sec-Fetch-Site": "same-origin", CSRF_HEADER: await self.csrf()}
        headers |= options.pop("headers", {})
        return await self.client.request(method, path, json=body, headers=headers, **options)

    @property
    def cookie(self) -> str:
        """The session as the browser keeps it."""
        return self.client.cookies[COOKIE]

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.cookies.delete(COOKIE)
        self.client.cookies.set(COOKIE, value, domain="munadi.test", path="/")


@asynccontextmanager
async def open_browser(app: FastAPI, key: str | None = None) -> AsyncIterator[DashboardBrowser]:
    """A browser with its own cookies. It is signed in if a key is given."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        browser = DashboardBrowser(client)
        if key is not None:
            assert (await browser.sign_in(key)).status_code == 303
        yield browser
