"""A web server on loopback whose answers are bytes by path, however bad: for clients that must survive them.

`tests.harness.web` is for servers that read a request and answer it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: object = 200, body: bytes = b"", *headers: bytes | str) -> bytes:
    """A whole answer with its length."""
    lines = [header.encode() if isinstance(header, str) else header for header in headers]
    head = [f"HTTP/1.1 {status} X".encode(), b"content-length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


NOT_FOUND = answer(404)


async def endless(writer: asyncio.StreamWriter) -> None:
    """A body that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    """A body that comes byte by byte."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    await drip_bytes(writer, b"x" * 1000)


async def drip_bytes(writer: asyncio.StreamWriter, content: bytes, pause: float = 0.02) -> None:
    """These bytes, one after the other."""
    for byte in content:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(pause)


async def silent(_writer: asyncio.StreamWriter) -> None:
    """No answer."""
    await asyncio.sleep(30)


@dataclass
class Web:
    """`pages` has what each path answers, raw bytes or a behaviour; `answers` is for all other paths."""

    answers: bytes | Behaviour = NOT_FOUND
    pages: dict[str, bytes | Behaviour] = field(default_factory=dict)
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    def url(self, path: str = "/") -> str:
        """The URL of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The paths of the requests, in order."""
        return [_path(request) for request in self.requests]

    def ok(self, path: str, body: bytes, *headers: bytes) -> None:
        """Answer a path with a whole body."""
        self.pages[path] = answer(200, body, *headers)

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Answer a path with a redirect."""
        self.pages[path] = answer(status, b"", f"location: {location}")

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: one request, one answer."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.open[task] = writer
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                self.requests.append(head + await reader.readexactly(int(length or 0)))
                page = self.pages.get(_path(self.requests[-1]), self.answers)
                if isinstance(page, bytes):
                    writer.write(page)
                else:
                    await page(writer)
                await writer.drain()
        finally:  # also after an error of the behaviour: an open socket would fail a later test
            with contextlib.suppress(OSError):
                writer.close()


def _path(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()


@contextlib.asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """A running server. Its connections end with it."""
    web = Web()
    server = await asyncio.start_server(web, "127.0.0.1", 0, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        for task, writer in web.open.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*web.open, return_exceptions=True)
        await asyncio.sleep(0)  # lets the aborted transports close
