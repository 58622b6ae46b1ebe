"""A small HTTP server on loopback whose answers a test writes: `async with serving(answer) as address`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Call:
    """One request, and the way to answer it."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes, out: asyncio.StreamWriter) -> None:
        self.method, self.path, self.headers, self.body, self.out = method, path, headers, body, out

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
    tasks = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await answering(await _read(reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller left, as it may, or the server ends
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, *_ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
    body = await reader.readexactly(int(headers.get("content-length") or "0"))
    return Call(method, path, headers, body, writer)
