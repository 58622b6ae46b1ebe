"""Reads a response's body in bounded pieces, at a minimum rate, within limits that several fetches share.

Rule: a server decides neither how long nor how much we read. Every limit raises MediaRefused.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.sniff import HEAD_BYTES

# What is read before it is handed on: few thread changes for a large file, little memory for many fetches.
PIECE_BYTES = 256 * 1024
PLAIN = ("", "identity")
ENCODINGS = (*PLAIN, "gzip", "deflate")
# zlib's for "either header, gzip's or its own".
_EITHER_HEADER = 32 + zlib.MAX_WBITS


class Allowance:
    """The limits of all fetches of one request together: `max_bytes`, and `total` from the start of the first."""

    def __init__(self, max_bytes: int, total: timedelta) -> None:
        self.max_bytes = max_bytes
        self.total = total
        self._taken = 0
        self._deadline: float | None = None

    def deadline(self) -> float:
        """The loop's time at which all of it must be finished; the first call starts the clock."""
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self.total.total_seconds()
        return self._deadline

    def take(self, size: int) -> None:
        """Count `size` bytes. Raises MediaRefused once there are too many."""
        self._taken += size
        if self._taken > self.max_bytes:
            text = f"all media of one request have at most {self.max_bytes} bytes together"
            raise MediaRefused(MediaCode.MEDIA_TOO_LARGE, text, limit=self.max_bytes, actual=self._taken)

    def too_late(self) -> MediaRefused:
        """The error of a fetch that exceeded the deadline."""
        seconds = self.total.total_seconds()
        text = f"all media of one request have {seconds:g} s together to arrive"
        return MediaRefused(MediaCode.MEDIA_TIMEOUT, text, limit=seconds)


@dataclass
class Pace:
    """Ends a transfer with fewer than `slowest` bytes a second over `window`, silent or slow.

    `timeout` is one that is entered already; it runs from `start` on.
    """

    timeout: asyncio.Timeout
    slowest: int
    window: timedelta
    _seen: int = field(default=0, init=False)

    def start(self) -> None:
        """Give the server a window from now on."""
        self._seen = 0
        self.timeout.reschedule(asyncio.get_running_loop().time() + self.window.total_seconds())

    def count(self, size: int) -> None:
        """Count what came; a full quota begins the next window."""
        self._seen += size
        if self._seen >= self.slowest * self.window.total_seconds():
            self.start()

    def too_slow(self) -> MediaRefused:
        """The error of a fetch that was too slow."""
        text = f"the media's server sends fewer than {self.slowest} bytes a second"
        return MediaRefused(MediaCode.MEDIA_TIMEOUT, text, limit=self.slowest)


def encoding_of(response: httpx.Response) -> str:
    """The content encoding in lower case; empty without one."""
    return str(response.headers.get("content-encoding", "")).strip().lower()


async def read_body(response: httpx.Response, pace: Pace, max_bytes: int) -> AsyncIterator[bytes]:
    """The decoded body in pieces of at most `PIECE_BYTES`. `max_bytes` bounds what is read from the network."""
    raw = _raw_pieces(response, pace, max_bytes)
    if encoding_of(response) in PLAIN:
        async for piece in raw:
            yield piece
        return
    unfolding = zlib.decompressobj(_EITHER_HEADER)
    try:
        async for piece in raw:
            rest = piece
            while rest and not unfolding.eof:
                yield unfolding.decompress(rest, PIECE_BYTES)
                rest = unfolding.unconsumed_tail
    except zlib.error as error:
        raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, "the URL's compressed answer is damaged") from error
    if not unfolding.eof:
        raise MediaRefused(MediaCode.MEDIA_UNREACHABLE, "the URL's compressed answer is cut short")


async def _raw_pieces(response: httpx.Response, pace: Pace, max_bytes: int) -> AsyncIterator[bytes]:
    """The bytes from the network in larger pieces; the first one is long enough to detect the type."""
    gathered, size, enough = bytearray(), 0, HEAD_BYTES
    pace.start()
    async for chunk in response.aiter_raw():
        size += len(chunk)
        pace.count(len(chunk))
        gathered += chunk
        if len(gathered) >= enough or size > max_bytes:
            yield bytes(gathered)
            gathered.clear()
            enough = PIECE_BYTES
        if size > max_bytes:
            return
    if gathered:
        yield bytes(gathered)
