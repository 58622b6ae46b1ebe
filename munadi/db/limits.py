"""The limits of every wait for PostgreSQL, and whether the server answers. Imports no driver.

A host that swallows packets neither refuses nor closes: a socket alone would wait for minutes, and the limits of the
server itself do not reach us. So the client counts, too (`munadi/db/postgres.py`). The first wait that ends without an
answer ends the waits for a connection, and for a second everything fails at once; then one tries whether the server is
back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import TimeoutError as NoConnection

# PostgreSQL ends a transaction whose client is silent for this long, as one on a machine that was suspended or cut off.
# Its locks would stop the posts that it had in hand until that machine is back. Ours run for milliseconds.
IDLE_TIMEOUT_MS = 20_000
# After a wait without an answer, everything fails at once for this long.
RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """Seconds that a process waits for its database."""

    # For a new connection. At least 2: libpq counts so.
    connect: int = 2
    # For one statement. None: as long as it takes.
    statement: float | None = 8.0
    # For a connection of the pool while all are in use.
    pool: float = 15.0
    # Until the kernel gives up a connection whose peer acknowledges nothing.
    network: int = 10

    def of_connection(self, url: URL) -> dict[str, Any]:
        """The options of libpq. What the database's URL sets itself stays."""
        probes = {"keepalives_idle": self.network, "keepalives_interval": 2, "keepalives_count": 3}
        options = {"connect_timeout": self.connect, "tcp_user_timeout": self.network * 1000, **probes}
        return {name: value for name, value in options.items() if name not in url.query}


@dataclass(frozen=True)
class Pool:
    """The connections that a process may have: `size` are kept, `overflow` are opened beside them and closed after use.

    `in_transactions`: a pooler in front of PostgreSQL gives each transaction another session (PgBouncer's mode
    `transaction`). Then nothing may be set for a session or prepared in it.
    """

    size: int = 10
    overflow: int = 10
    in_transactions: bool = False


class Reachability:
    """Whether the server answers. While it does not, who would wait for a connection fails at once."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Timeout] = set()
        self._is_silent = False
        self._next_try = 0.0

    def is_silent(self) -> None:
        """A wait has ended without an answer: end the waits for a connection, too."""
        self._is_silent = True
        self._next_try = time.monotonic() + RETRY_SECONDS
        for each in self._waiting:
            each.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def connecting(self) -> AsyncIterator[None]:
        """Around a wait for a connection that answers. NoConnection if the server is silent."""
        now = time.monotonic()
        if self._is_silent and now < self._next_try:
            raise NoConnection("the database does not answer")
        self._next_try = now + RETRY_SECONDS
        try:
            async with asyncio.timeout(None) as limit:
                self._waiting.add(limit)
                try:
                    yield
                finally:
                    self._waiting.discard(limit)
        except TimeoutError:
            raise NoConnection("the database does not answer") from None
        self._is_silent = False
