"""Load from clients that cost little, so that the machine is left to what is measured.

One client is one keep-alive connection that sends its next request when the last is answered.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 60.0


class Connection:
    """A keep-alive HTTP/1.1 connection to a loopback server that sends Content-Length."""

    def __init__(self, base_url: str, key: str | None = None) -> None:
        address = urlsplit(base_url)
        assert address.hostname == "127.0.0.1", f"load goes to 127.0.0.1 only, not to {address.hostname}"
        self._port = address.port or 80
        self._head = f"Host: 127.0.0.1:{self._port}\r\n"
        self._head += f"Authorization: Bearer {key}\r\n" if key else ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send one request; the status and the body of its answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n"
        head += "Content-Type: application/json\r\n\r\n" if content else "\r\n"
        async with asyncio.timeout(PATIENCE):
            self._writer.write(head.encode() + content)
            received = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(received.partition("\r\ncontent-length:")[2].partition("\r\n")[0])
            return int(received[9:12]), await self._reader.readexactly(length)

    async def close(self) -> None:
        """Close it; nothing may be in progress."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()


@dataclass(frozen=True)
class Load:
    """How many calls were made, how long they took together, and the milliseconds of each."""

    seconds: float
    milliseconds: Sequence[float]

    @property
    def rate(self) -> float:
        """Calls per second."""
        return len(self.milliseconds) / self.seconds


async def run_load(
    base_url: str, key: str | None, count: int, clients: int, call: Callable[[Connection, int], Awaitable[None]]
) -> Load:
    """Make `count` calls from `clients` clients, each over a connection of its own."""
    numbers = iter(range(count))
    milliseconds: list[float] = []

    async def client(connection: Connection) -> None:
        for number in numbers:
            began = time.perf_counter()
            await call(connection, number)
            milliseconds.append((time.perf_counter() - began) * 1000)

    connections = [Connection(base_url, key) for _ in range(clients)]
    try:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as together:
            for connection in connections:
                together.create_task(client(connection))
        return Load(time.perf_counter() - began, milliseconds)
    finally:
        for connection in connections:
            await connection.close()


def p50(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
