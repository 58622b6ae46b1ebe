"""A browser's side of the dashboard, in process: signs in with a key, keeps the cookie, sends what browsers send."""

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


class Visitor:
    """Without a session until `sign_in`. `client` holds the cookies."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, key: str, **form: str) -> httpx.Response:
        """Send the form."""
        return await self.client.post("/sign-in", data={"key": key, **form})

    async def page(self, path: str = "/contents") -> str:
        """A page that is there."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.headers.get("location"), answer.text)
        return answer.text

    async def csrf(self) -> str:
        """The token that pages of this session carry."""
        found = _CSRF.search(await self.page())
        assert found is not None
        return found[1]

    async def act(self, method: str, path: str, **options: Any) -> httpx.Response:
        """What a script of a page sends."""
        headers = {"Origin": SITE, "Sec-Fetch-Site": "same-origin", CSRF_HEADER: await self.csrf()}
        return await self.client.request(method, path, headers=headers | options.pop("headers", {}), **options)

    @property
    def cookie(self) -> str:
        """The session as the browser keeps it."""
        return self.client.cookies[COOKIE]

    @cookie.setter
    def cookie(self, value: str) -> None:
        self.client.cookies.delete(COOKIE)
        self.client.cookies.set(COOKIE, value, domain="munadi.test", path="/")


@asynccontextmanager
async def visiting(app: FastAPI, key: str | None = None) -> AsyncIterator[Visitor]:
    """A browser of its own; signed in if a key is given."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        visitor = Visitor(client)
        if key is not None:
            assert (await visitor.sign_in(key)).status_code == 303
        yield visitor
