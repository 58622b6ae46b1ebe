"""A web server on loopback whose answers depend on the request: `async with serving(answer) as address`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.harness import pages


class Call:
    """One request, and the way to answer it."""

    def __init__(self, request: bytes, out: asyncio.StreamWriter) -> None:
        head, _, self.body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, *_ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.out = out

    async def head(self, status: int = 200, **headers: str | int) -> None:
        """Send the status line and the headers. Underscores in names become dashes."""
        lines = [f"HTTP/1.1 {status} X", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def send(self, part: bytes) -> None:
        """Send some bytes, at the caller's pace."""
        self.out.write(part)
        await self.out.drain()

    async def answer(self, content: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        """Send a whole answer."""
        await self.head(status, content_type=kind, content_length=len(content), **headers)
        await self.send(content)


Answering = Callable[[Call], Awaitable[None]]


@asynccontextmanager
async def serving(answering: Answering) -> AsyncIterator[str]:
    """The address of a server that gives every request to `answering`, until the block ends."""
    async with pages.serving() as server:

        async def answer(writer: asyncio.StreamWriter) -> None:
            await answering(Call(server.requests[-1], writer))

        server.answers = answer
        yield server.url("")
