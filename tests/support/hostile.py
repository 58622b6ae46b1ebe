"""A tenant's own server that does everything wrong: the first segment of the path says what.

async with hostile_server() as base:
    f"{base}/drip"    # one byte a second, for ever
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any

DEPTH = 100_000
ZEROS = 600_000_000


@cache
def bomb(size: int = ZEROS) -> bytes:
    """`size` zeros as gzip, a thousandth of them; gzip of that is about a kilobyte."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    piece = bytes(10_000_000)
    return b"".join([*(packer.compress(piece) for _ in range(size // len(piece))), packer.flush()])


def _whole(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


DEEP = b'{"did":' + b"[" * DEPTH + b"]" * DEPTH + b"}"
ANSWERS: dict[str, Callable[[], bytes]] = {
    "bomb": lambda: _whole(bomb(), "content-encoding: gzip"),
    "stacked": lambda: _whole(gzip.compress(bomb()), "content-encoding: gzip, gzip"),
    "stacked-lines": lambda: _whole(gzip.compress(bomb()), "content-encoding: gzip", "content-encoding: gzip"),
    "brotli": lambda: _whole(b"\x0b\x02\x80{}\x03", "content-encoding: br"),
    "deep": lambda: _whole(DEEP),
    "huge": lambda: _whole(json.dumps({"did": "d" * 50_000_000}).encode()),
    "rejected": lambda: _whole(DEEP).replace(b"200 OK", b"400 Bad", 1),
    "half": lambda: _whole(b'{"did":"did:plc:abc"}')[:-5],
    "nan": lambda: _whole(b'{"did": NaN, "n": 1e999}'),
    "digits": lambda: _whole(b'{"did": ' + b"9" * 500_000 + b"}"),
    "surrogate": lambda: _whole(b'{"did":"did:plc:\\ud800","handle":"\\u0000"}'),
}
DRIPS = {
    "drip": b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
    "drip-head": b"HTTP/1.1 200 OK\r\nx-",
    "silent": b"",
}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stopping: asyncio.Event) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    mode = head.split(" ")[1].split("/")[1]
    if mode not in DRIPS:
        writer.write(ANSWERS[mode]())
        await writer.drain()
        return
    writer.write(DRIPS[mode])
    while not stopping.is_set() and not writer.is_closing():
        await writer.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 0.5)
        if mode != "silent":
            writer.write(b"x")


@asynccontextmanager
async def hostile_server() -> AsyncIterator[str]:
    """Its base address, on loopback; every connection is closed with it."""
    stopping, open_now = asyncio.Event(), set[asyncio.Task[Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _answer(reader, writer, stopping)
        writer.close()
        open_now.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        stopping.set()
        await asyncio.gather(*open_now)
