"""The steps of connecting, as an owner's browser and a client take them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.api.authority import CONSENT
from tests.api.door import Door

CONNECT = "/v1/brands/acme/accounts/connect"
CALLBACK = "/v1/oauth/bluesky/callback"
BACK = "https://cms.example/done?tab=2"


@asynccontextmanager
async def browser(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """One that keeps its cookies, and nobody's key."""
    transport = httpx.ASGITransport(app=door.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://munadi.test") as client:
        yield client


async def link(door: Door, **fields: Any) -> dict[str, Any]:
    answer = await door.ask("POST", CONNECT, json={"channel": "bluesky", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def path_of(made: dict[str, Any]) -> str:
    return urlsplit(made["connectUrl"]).path


async def left(client: httpx.AsyncClient, made: dict[str, Any]) -> dict[str, str]:
    """The query of the consent page that the link leads to."""
    answer = await client.post(path_of(made), data=await form_of(client, path_of(made)))
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(CONSENT)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def form_of(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    """What the form of a page carries unseen."""
    page = await client.get(path)
    found = re.search(r'<input type="hidden" name="token" value="([0-9a-f]{64})">', page.text)
    assert found is not None, page.text
    return {"token": found[1]}


async def back(client: httpx.AsyncClient, answered: dict[str, str]) -> httpx.Response:
    """The answer to what the network sent the browser back with, or the page of ours where it ends."""
    return await ended(client, await client.get(CALLBACK, params=answered))


async def ended(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    target = urlsplit(answer.headers.get("location", ""))
    return await client.get(target.path) if target.path.endswith("/end") else answer


async def status(door: Door, made: dict[str, Any]) -> dict[str, Any]:
    answer = await door.ask("GET", f"/v1/connections/{made['id']}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def accounts(door: Door) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await door.ask("GET", "/v1/accounts?brandRef=acme")).json()["data"]
    return found


async def client_get(door: Door, path: str) -> httpx.Response:
    async with browser(door) as client:
        return await client.get(path)
