"""Web servers on loopback that answer to the harm of whoever calls them. No answer is kept in memory or on disk."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache

MEGABYTE = bytes(1 << 20)
# How long a server that never ends keeps a connection, in seconds: longer than any deadline that is tested.
FOREVER = 150.0


class Call:
    """One request, and the way to answer it."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes, out: asyncio.StreamWriter) -> None:
        self.method, self.path, self.headers, self.body, self.out = method, path, headers, body, out

    async def head(self, status: int = 200, **headers: str | int) -> None:
        """The status line and the headers; names are written with dashes."""
        lines = [f"HTTP/1.1 {status} X", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def send(self, part: bytes) -> None:
        """Some bytes, at the caller's pace."""
        self.out.write(part)
        await self.out.drain()

    async def answer(self, content: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        """A whole answer."""
        await self.head(status, content_type=kind, content_length=len(content), **headers)
        await self.send(content)


Answering = Callable[[Call], Awaitable[None]]


@asynccontextmanager
async def serving(answering: Answering) -> AsyncIterator[str]:
    """The address of a server that gives every request to `answering`."""

    tasks = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, *_ = head[0].split(" ")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name
            }
            body = await reader.readexactly(int(headers.get("content-length") or "0"))
            await answering(Call(method, path, headers, body, writer))
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


@cache
def bomb(megabytes: int, layers: int) -> bytes:
    """So many megabytes of zeros, compressed `layers` times over."""
    packed = _gzip([MEGABYTE] * megabytes)
    for _ in range(layers - 1):
        packed = _gzip([packed])
    return packed


def _gzip(parts: list[bytes]) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*map(packing.compress, parts), packing.flush()])


def unfolding(megabytes: int = 1200, layers: int = 3) -> Answering:
    """An answer of about a kilobyte that unfolds to gigabytes."""

    async def answering(call: Call) -> None:
        encoding = ", ".join(["gzip"] * layers)
        await call.answer(bomb(megabytes, layers), content_encoding=encoding)

    return answering


async def drip(call: Call) -> None:
    """A whole head, then a byte each second: no pause is long enough for a read timeout."""
    await call.head(content_type="application/json", content_length=1000)
    for _ in range(int(FOREVER)):
        await call.send(b" ")
        await asyncio.sleep(1)


async def tarpit(call: Call) -> None:
    """A picture that never comes to an end."""
    await call.head(content_type="image/jpeg", content_length=1_000_000)
    await call.send(b"\xff\xd8\xff\xe0")
    for _ in range(int(FOREVER)):
        await call.send(b"\0")
        await asyncio.sleep(1)


async def silence(_call: Call) -> None:
    """A connection that is taken and never answered."""
    await asyncio.sleep(FOREVER)


def film(index: bytes, megabytes: int) -> Answering:
    """`index` is a small sound MP4; behind it stands a box of so many megabytes, made while it is sent."""

    async def answering(call: Call) -> None:
        box = (8 + len(MEGABYTE) * megabytes).to_bytes(4) + b"free"
        await call.head(content_type="video/mp4", content_length=len(index) + 8 + len(MEGABYTE) * megabytes)
        await call.send(index + box)
        for _ in range(megabytes):
            await call.send(MEGABYTE)

    return answering


def deep(depth: int = 100_000) -> Answering:
    """JSON that no recursive reader survives."""

    async def answering(call: Call) -> None:
        await call.answer(b"[" * depth + b"]" * depth)

    return answering
