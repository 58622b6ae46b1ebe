"""The clients: one object per API, its calls grouped as the API groups them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import httpx

from munadi.client.contents import Contents, Drafts, MediaFiles, Publications
from munadi.client.generated import (
    Alerts,
    Audit,
    Channels,
    Connections,
    Erasures,
    EventTypes,
    Feeds,
    Health,
    Keys,
    Series,
)
from munadi.client.groups import Accounts, Brands, Calendar, Events, Insights, Usage, Webhooks
from munadi.client.imports import Imports
from munadi.client.operations import Driver, Group, Later, M, Now, operation
from munadi.client.retrying import RETRIES
from munadi.client.steps import Call, json_or_none, key_or_new
from munadi.client.transport import AsyncTransport, Transport


class Api(Group[M]):
    """The calls that both clients share, in the groups of the API."""

    # By the names of the TypeScript SDK.
    wait = Contents.wait
    upload = MediaFiles.upload
    # Former names.
    event = Events.get
    event_types = EventTypes.list
    receipt_keys = Publications.receipt_keys
    ready = Health.check_ready

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.url = driver.url
        self.contents: Contents[M] = Contents(driver)
        self.drafts: Drafts[M] = Drafts(driver)
        self.imports: Imports[M] = Imports(driver)
        self.media: MediaFiles[M] = MediaFiles(driver)
        self.publications: Publications[M] = Publications(driver)
        self.accounts: Accounts[M] = Accounts(driver)
        self.connections: Connections[M] = Connections(driver)
        self.brands: Brands[M] = Brands(driver)
        self.erasures: Erasures[M] = Erasures(driver)
        self.keys: Keys[M] = Keys(driver)
        self.alerts: Alerts[M] = Alerts(driver)
        self.series: Series[M] = Series(driver)
        self.audit: Audit[M] = Audit(driver)
        self.calendar: Calendar[M] = Calendar(driver)
        self.calendar_feeds: Feeds[M] = self.calendar.feeds  # its former name
        self.channels: Channels[M] = Channels(driver)
        self.webhooks: Webhooks[M] = Webhooks(driver)
        self.events: Events[M] = Events(driver)
        self.usage: Usage[M] = Usage(driver)
        self.insights: Insights[M] = Insights(driver)
        self.health: Health[M] = Health(driver)

    @operation
    def request(self, method: str, path: str, body: Any = None, idempotency_key: str | None = None) -> Call[Any]:
        """Any call, also one that this version does not know: `request("GET", "/v1/channels")`; None for no body.

        A POST carries a key of its own unless one is given.
        """
        if method == "POST":
            idempotency_key = key_or_new(idempotency_key)
        address, _, query = path.partition("?")
        params = parse_qs(query, keep_blank_values=True)
        return Call(method, address, params, body, idempotency_key=idempotency_key, read=json_or_none)

    @operation
    def raw(self, method: str, path: str, /, **options: Any) -> Call[httpx.Response]:
        """Any other call; returns the response with its headers. `options` are those of a `Call`."""
        return Call(method, path, **options, read=_whole)


class Client(Api[Now]):
    """`url` is where the API listens, without /v1. Every call raises ProblemError or NotReachable.

    `retries` is how often a call is repeated at most, where a repeat has no second effect: 0 to 4.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        retries: int = RETRIES,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = Transport(url, api_key, retries=retries, transport=transport, pause=pause, clock=clock)
        super().__init__(self._transport)

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(Api[Later]):
    """`Client`, with calls that are awaited. Any number of tasks of one event loop (asyncio) may use it at once."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        retries: int = RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._use(AsyncTransport(url, api_key, retries=retries, transport=transport, pause=pause, clock=clock))

    def with_key(self, api_key: str | None) -> AsyncClient:
        """A client with another key, on the connections of this one; they are closed with this client."""
        other = AsyncClient.__new__(AsyncClient)
        other._use(self._transport.with_key(api_key))
        return other

    async def aclose(self) -> None:
        """Close the connections, also those of clients made with `with_key`."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _use(self, transport: AsyncTransport) -> None:
        self._transport = transport
        super().__init__(transport)


def _whole(answer: httpx.Response) -> httpx.Response:
    return answer
