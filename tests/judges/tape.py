"""Every exchange of a channel with its network, kept below the adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from munadi.domain.withdrawal import PostedObject
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved, visible_step
from tests.channels.sandbox import Acme, acme_at
from tests.channels.servers import MediaSite, Oracle

FRAMING = ("content-length", "transfer-encoding", "content-encoding")
Exchange = tuple[httpx.Request, httpx.Response | None]


class Tape(httpx.AsyncHTTPTransport):
    """A real transport. The answer of a lost call is None."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        at = len(self.exchanges)
        self.exchanges.append((request, None))
        response = await super().handle_async_request(request)
        try:
            content = await response.aread()
        finally:
            await response.aclose()
        headers = {name: value for name, value in response.headers.items() if name not in FRAMING}
        whole = httpx.Response(response.status_code, headers=headers, content=content)
        self.exchanges[at] = request, whole
        return whole


@asynccontextmanager
async def taped(name: str, oracle: Oracle, site: MediaSite, **changes: Any) -> AsyncIterator[tuple[Tape, Acme]]:
    """A profile at a network of the sandbox, whose channel is recorded."""
    tape = Tape()
    async with acme_at(name, oracle, site, transport=tape, **changes) as acme:
        yield tape, acme


async def through(acme: Acme, given: PublicationDraft) -> None:
    """Publish every part of a post, and look for each, as after a lost answer too."""
    saved = Saved()
    assert acme.channel.validate(given, acme.account) == []
    await acme.post(given, saved)
    for step in acme.channel.steps(given):
        await acme.finish(given, saved, step)
        await acme.find(given, Saved(), step)
    await acme.find(given, saved)
    await acme.find(given, Saved())


async def taken_back(acme: Acme, given: PublicationDraft) -> None:
    """Publish a post, remove all of it, and look for it before and after."""
    saved = Saved()
    made = [
        await acme.post(given, saved),
        *[await acme.finish(given, saved, step) for step in acme.channel.steps(given)],
    ]
    objects = [PostedObject(id=one.id, version=one.version) for found in made for one in found.made]
    await acme.channel.look(objects, acme.account)
    for one in objects:
        await acme.channel.withdraw(one, acme.account, visible_step())
    await acme.channel.look(objects, acme.account)
