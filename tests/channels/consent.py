"""A consent at the sandbox's own pages, decided without a browser, and where the network then sends it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from munadi.channels.http import ChannelTools
from munadi.channels.registry import build_channels
from munadi.domain.channel import ChannelName
from munadi.ports import Asking, Authorizer, Channel
from tests.channels.connected import SystemClock
from tests.channels.making import Cards, StoredMedia, derive

BACK = "https://munadi.example/v1/oauth/callback"
APP = {"client_id": "app-1", "client_secret": "s3cret"}


def asking(**changes: Any) -> Asking:
    return Asking(**{"state": "state-1", "redirect_uri": BACK, **changes})


def over(name: str, settings: dict[str, Any], client: httpx.AsyncClient) -> tuple[Channel, Authorizer]:
    """A channel and its authorization server, over real sockets."""
    tools = ChannelTools(client, client, StoredMedia(), Cards(), SystemClock(), derive)
    built = build_channels({name: {**APP, **settings}}, tools)
    return built[name], built.authorizers[ChannelName(name)]


async def decide(client: httpx.AsyncClient, url: str, back: str | None = None, **decision: str) -> dict[str, str]:
    """The query that the browser comes back with, after the owner's `decision` (`approve=<profile>` or `deny=1`)."""
    page = await client.get(url)
    assert page.status_code == 200, page.text
    answer = await client.get(httpx.URL(url).copy_merge_params(decision))
    assert answer.status_code == 302, answer.text
    target = answer.headers["location"]
    assert target.startswith(back or BACK)
    return dict(parse_qsl(urlsplit(target).query))
