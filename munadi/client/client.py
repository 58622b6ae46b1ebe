"""The client: one object per API, its calls grouped as the API groups them."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from munadi.client.contents import Contents
from munadi.client.directory import Accounts, Brands, Channels, Keys, MediaFiles
from munadi.client.shapes import Json
from munadi.client.transport import Transport
from munadi.client.webhooks import Webhooks


class Client:
    """`url` is where the API listens, without /v1. Every call raises ProblemError or NotReachable."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(url, api_key, transport=transport, pause=pause)
        self.url = self._transport.url
        self.contents = Contents(self._transport)
        self.media = MediaFiles(self._transport)
        self.accounts = Accounts(self._transport)
        self.brands = Brands(self._transport)
        self.keys = Keys(self._transport)
        self.channels = Channels(self._transport)
        self.webhooks = Webhooks(self._transport)

    def ready(self) -> Json:
        """`/readyz`: each dependency by name; ProblemError 503 without the database."""
        answer: Json = self._transport.get("/readyz")
        return answer

    def usage(self, brand_ref: str | None = None, month: str | None = None) -> Json:
        """What a brand used in a month (YYYY-MM), against its limits."""
        answer: Json = self._transport.get("/v1/usage", {"brandRef": brand_ref, "month": month})
        return answer

    def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call this client has no name for; the response, with its headers."""
        return self._transport.send(method, path, **options)

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
