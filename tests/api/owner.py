"""The browser of an account's owner, who follows a connect link to the network's consent page and back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.api.dashboard import SITE
from tests.api.fake_network import CONSENT
from tests.api.harness import ApiHarness

CONNECT = "/v1/brands/acme/accounts/connect"
CALLBACK = "/v1/oauth/bluesky/callback"
CMS = "https://cms.example/done?tab=2"


def path_of(link: dict[str, Any]) -> str:
    """The path of a connect link on our server."""
    return urlsplit(link["connectUrl"]).path


async def create_link(api: ApiHarness, **fields: Any) -> dict[str, Any]:
    """A connect link for the brand `acme`."""
    return await api.create(CONNECT, {"channel": "bluesky", **fields})


async def form_of(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The hidden field of a page's form."""
    page = await client.get(path)
    found = re.search(r'<input type="hidden" name="token" value="([0-9a-f]{64})">', page.text)
    assert found is not None, page.text
    return {"token": found[1]}


class OwnerBrowser:
    """Keeps its cookies and has no API key."""

    def __init__(self, api: ApiHarness, client: httpx.AsyncClient) -> None:
        self.api, self.client = api, client

    async def leave(self, link: dict[str, Any]) -> dict[str, str]:
        """Follow a link. Returns the query of the network's consent page."""
        path = path_of(link)
        answer = await self.client.post(path, data=await form_of(self.client, path))
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(CONSENT)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    async def come_back(self, query: dict[str, str]) -> httpx.Response:
        """Follow the network's redirect with this query. Returns our last page, or our redirect to the client."""
        return await self.follow(await self.client.get(CALLBACK, params=query))

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page where a connection ends, if the answer leads there."""
        target = urlsplit(answer.headers.get("location", ""))
        return await self.client.get(target.path) if target.path.endswith("/end") else answer

    async def consent(self, link: dict[str, Any]) -> httpx.Response:
        """Follow a link, approve, and come back."""
        return await self.come_back(self.api.authorizer.approve(await self.leave(link)))

    async def choose_path(self, link: dict[str, Any]) -> str:
        """Consent to several profiles. Returns the path of the page that asks which ones."""
        answer = await self.consent(link)
        assert answer.status_code == 303, answer.text
        return urlsplit(answer.headers["location"]).path


@asynccontextmanager
async def owner_of(api: ApiHarness) -> AsyncIterator[OwnerBrowser]:
    """An owner's browser."""
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield OwnerBrowser(api, client)


async def connection(api: ApiHarness, link: dict[str, Any]) -> dict[str, Any]:
    """A connection as the API shows it."""
    found: dict[str, Any] = await api.read(f"/v1/connections/{link['id']}")
    return found


async def connected_accounts(api: ApiHarness) -> list[dict[str, Any]]:
    """The accounts of `acme`."""
    return await api.read_list("/v1/accounts?brandRef=acme")
