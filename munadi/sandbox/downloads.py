"""A network fetches media from a URL: one plain GET, no redirects, a size cap. Videos are fetched beside the call."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from munadi.sandbox.storage import Table

CONNECT_SECONDS, READ_SECONDS = 5, 20
META_AGENT = "facebookexternalhit/1.1 (munadi sandbox)"
Row = TypeVar("Row", bound=Any)  # a dataclass with `id` and `loading`


class FetchFailed(Exception):
    """The URL could not be read; `timed_out` when it took too long."""

    def __init__(self, *, timed_out: bool = False) -> None:
        super().__init__("timed out" if timed_out else "not fetchable")
        self.timed_out = timed_out


async def fetch(url: str, cap: int, agent: str = META_AGENT) -> bytes:
    """At most one chunk more than `cap`, so that the caller can see that it is too large. Raises FetchFailed."""
    import httpx  # at the first fetch: it makes the start slow, and a sandbox may never need it

    if not url.isascii() or not url.startswith(("http://", "https://")):
        raise FetchFailed
    body, timeout = bytearray(), httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"user-agent": agent}) as response,
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


class Downloads(Generic[Row]):
    """Media that are fetched and checked beside the call: a problem shows later, in the row's status.

    `problem` is the column for it, `interrupted` its value for a download that a restart ended.
    """

    def __init__(self, rows: Table[Row], problem: str, interrupted: str) -> None:
        self._rows = rows
        self._tasks: set[asyncio.Task[None]] = set()
        for row in rows:
            if row.loading:
                row.loading = False
                setattr(row, problem, interrupted)
                rows.put(row.id, row)

    def begin(self, row: Row, check: Coroutine[Any, Any, None]) -> None:
        """`check` fetches the media and writes its findings into the row."""
        row.loading = True
        task = asyncio.create_task(self._run(row, check))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, row: Row, check: Coroutine[Any, Any, None]) -> None:
        try:
            await check
        finally:
            row.loading = False
            if row.id in self._rows:  # not after a reset
                self._rows.put(row.id, row)
