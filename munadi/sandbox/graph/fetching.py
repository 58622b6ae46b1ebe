"""A network pulls media from a URL: one plain GET, no redirects, a size cap. Videos come beside the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

import httpx

from munadi.sandbox.storage import Table

TIMEOUT = httpx.Timeout(20, connect=5)
USER_AGENT = "facebookexternalhit/1.1 (munadi sandbox)"


class FetchFailed(Exception):
    """The URL could not be read; `timed_out` when it took too long."""

    def __init__(self, *, timed_out: bool = False) -> None:
        super().__init__("timed out" if timed_out else "not fetchable")
        self.timed_out = timed_out


async def fetch(url: str, cap: int) -> bytes:
    """At most a chunk more than `cap`, so that the caller can tell too large from large. Raises FetchFailed."""
    if not url.isascii() or not url.startswith(("http://", "https://")):
        raise FetchFailed
    body = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"user-agent": USER_AGENT}) as response,
        ):
            if response.status_code != 200:
                raise FetchFailed
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > cap:
                    break
    except httpx.TimeoutException:
        raise FetchFailed(timed_out=True) from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise FetchFailed from None
    return bytes(body)


class Loading(Protocol):
    """A row whose video may still be on its way."""

    id: str
    loading: bool


Row = TypeVar("Row", bound=Any)


class Downloads(Generic[Row]):
    """Videos that are fetched and judged beside the call: what is wrong shows later, in the container's status."""

    def __init__(self, rows: Table[Row]) -> None:
        self._rows = rows
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, row: Row, judged: Coroutine[Any, Any, None]) -> None:
        """`judged` fetches, and writes what it found into the row."""
        row.loading = True
        task = asyncio.create_task(self._run(row, judged))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def give_up(self, lost: Callable[[Row], None]) -> None:
        """A restart ended the fetch of these; they would wait for ever."""
        for row in self._rows:
            if row.loading:
                row.loading = False
                lost(row)
                self._rows.put(row.id, row)

    async def _run(self, row: Row, judged: Coroutine[Any, Any, None]) -> None:
        try:
            await judged
        finally:
            row.loading = False
        if row.id in self._rows:  # not after a reset
            self._rows.put(row.id, row)
