"""A GET of one of our own servers, with the standard library alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit


async def get_status(url: str, headers: Mapping[str, str] | None = None, *, within: float = 2.0) -> int | None:
    """The status of the answer to a GET; None when there is no answer within so many seconds."""
    address = urlsplit(url)
    given = {"Host": address.netloc, "Connection": "close", **(headers or {})}
    lines = [f"GET {address.path or '/'} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
            try:
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
                status = (await reader.readline()).split()
                return int(status[1]) if len(status) > 1 else None
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return None
