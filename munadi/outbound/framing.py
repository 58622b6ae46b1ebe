"""Bounds on how an answer is framed: its interim answers, the bytes of its heads, and the size of its pieces.

Rule: an answer costs what its body is worth. HTTP lets a server send interim answers (1xx) and header lines for ever,
and a body byte by byte; each costs the event loop time, and each is a sign of life to a timeout. So they are counted on
the connection itself, before HTTP is parsed. Every client that calls out is bounded here (`munadi.outbound.transport`).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore
import httpx

# Real servers send one or two (103 Early Hints, 100 Continue), or 102 Processing each twenty seconds.
MAX_INTERIM = 10
# All heads of one answer together. Servers themselves take requests with 8 to 16 kB of headers.
MAX_HEAD_BYTES = 32 * 1024
# A head, or a body, may come in so many pieces, and in one more for each so many bytes: each piece costs the event loop
# 0.05 ms, however small it is.
FREE_READS, FREE_PIECES, BYTES_PER_PIECE = 100, 1_000, 64
# The loop also serves others while one socket's buffer is full of such pieces.
_PIECES_AT_ONCE = 32

_HEAD_END = re.compile(rb"\n\r?\n")
_INTERIM, _SWITCHED = re.compile(rb"HTTP/\d\.\d 1\d\d"), re.compile(rb"HTTP/\d\.\d 101 ")


class BoundedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections by `inner`, and watches the heads of what comes back."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A watched connection. Raises httpcore's connect errors."""
        return _Watched(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """A watched connection. Raises httpcore's connect errors."""
        return _Watched(await self._inner.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks for between attempts."""
        await self._inner.sleep(seconds)


class _Watched(httpcore.AsyncNetworkStream):
    """A connection. What is written is a request; what is read after it is the answer, which begins with its heads."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._heads: _Heads | None = None
        self._is_switched = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes. Raises RemoteProtocolError for an answer whose heads are too many or too long."""
        data = await self._inner.read(max_bytes, timeout)
        if self._heads is not None and self._heads.have_ended(data):
            self._is_switched, self._heads = self._heads.has_switched, None
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send some bytes of a request."""
        if not self._is_switched:
            self._heads = _Heads()
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted: its plain text is what is watched."""
        return _Watched(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows about itself."""
        return self._inner.get_extra_info(info)


class _Heads:
    """The heads of one answer: those of its interim answers, then its own."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._searched = self._bytes = self._reads = self._interim = 0
        self.has_switched = False  # to another protocol, such as a websocket: no heads come any more

    def have_ended(self, data: bytes) -> bool:
        """Take in what was read; whether the body has begun. Raises RemoteProtocolError."""
        self._text += data
        self._reads += 1
        if self._reads > FREE_READS + (self._bytes + len(self._text)) // BYTES_PER_PIECE:
            raise httpcore.RemoteProtocolError(
                f"the head of the answer comes in pieces of under {BYTES_PER_PIECE} bytes"
            )
        while (end := _HEAD_END.search(self._text, self._searched)) is not None:
            self._count(end.end())
            self.has_switched = _SWITCHED.match(self._text) is not None
            if self.has_switched or not _INTERIM.match(self._text):
                return True
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise httpcore.RemoteProtocolError(f"the server sends more than {MAX_INTERIM} interim answers (1xx)")
            del self._text[: end.end()]
            self._searched = 0
        # The last bytes may be the beginning of an end.
        self._searched = max(len(self._text) - 2, 0)
        if self._bytes + len(self._text) > MAX_HEAD_BYTES:
            self._count(len(self._text))
        return False

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MAX_HEAD_BYTES:
            raise httpcore.RemoteProtocolError(f"the head of the answer has more than {MAX_HEAD_BYTES} bytes")


class BoundedPieces(httpx.AsyncByteStream):
    """The body of an answer. Raises RemoteProtocolError when it comes in too many small pieces."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = pieces = 0
        async for piece in self._inner:
            size, pieces = size + len(piece), pieces + 1
            if pieces > FREE_PIECES + size // BYTES_PER_PIECE:
                message = f"the answer comes in pieces of fewer than {BYTES_PER_PIECE} bytes"
                raise httpx.RemoteProtocolError(message)
            if pieces % _PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)
            yield piece

    async def aclose(self) -> None:
        """Close the answer."""
        await self._inner.aclose()


async def bound_pieces(response: httpx.Response) -> None:
    """httpx's event hook for a response: its body is read within the bounds."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = BoundedPieces(response.stream)
