"""Web servers on loopback: one that has media, and one that receives webhooks."""

from __future__ import annotations

import asyncio
import io
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def picture(width: int = 64, height: int = 48, kind: str = "JPEG") -> bytes:
    """An image file."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(buffer, kind)
    return buffer.getvalue()


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """The address of a server that handles each connection with `serve`."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def _respond(writer: asyncio.StreamWriter, status: str, content: bytes) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + content)


@dataclass
class MediaSite:
    """A web server with `files` by path. `requests` counts the requests for each path."""

    files: dict[str, bytes] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def url(self, path: str) -> str:
        """The URL of a path."""
        return f"{self.address}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        path = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")[1]
        self.requests[path] += 1
        content = self.files.get(path)
        _respond(writer, "404 Not Found" if content is None else "200 OK", content or b"")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def open_media_site() -> AsyncIterator[MediaSite]:
    """A site with `/a.jpg`, `/b.jpg` and `/notes.txt`."""
    site = MediaSite({"/a.jpg": picture(), "/b.jpg": picture(80, 80), "/notes.txt": b"no picture at all, only words"})
    async with listening(site.serve) as site.address:
        yield site


class Subscriber:
    """A web server that answers each request with the next of its statuses. It repeats the last one."""

    def __init__(self, statuses: Sequence[int]) -> None:
        self._statuses = deque(statuses)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        self.requests.append((headers, await reader.readexactly(int(headers.get("content-length", "0")))))
        status = self._statuses.popleft() if len(self._statuses) > 1 else self._statuses[0]
        _respond(writer, f"{status} x", b"hi")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def subscriber(*statuses: int) -> AsyncIterator[Subscriber]:
    """A subscriber on loopback."""
    made = Subscriber(statuses or (204,))
    async with listening(made.serve) as address:
        made.url = f"{address}/hook"
        yield made
