"""A tenant's own server that does everything wrong: the first segment of the path says what.

async with hostile_server() as base:
    f"{base}/drip"    # one byte a second, for ever
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

DEPTH = 100_000
ZEROS = 1_200_000_000


def bomb(size: int = ZEROS, layers: int = 1) -> bytes:
    """`size` zeros as gzip of gzip …: two layers make 1.2 GB of about a kilobyte."""
    packed = gzip.compress(bytes(1_000_000), mtime=0) * (size // 1_000_000)
    for _ in range(layers - 1):
        packed = gzip.compress(packed, mtime=0)
    return packed


def _whole(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


DEEP = b'{"did":' + b"[" * DEPTH + b"]" * DEPTH + b"}"
ANSWERS: dict[str, Callable[[], bytes]] = {
    "bomb": lambda: _whole(bomb(), "content-encoding: gzip"),
    "stacked": lambda: _whole(bomb(layers=2), "content-encoding: gzip, gzip"),
    "stacked-lines": lambda: _whole(bomb(layers=2), "content-encoding: gzip", "content-encoding: gzip"),
    "brotli": lambda: _whole(b"\x0b\x02\x80{}\x03", "content-encoding: br"),
    "deep": lambda: _whole(DEEP),
    "huge": lambda: _whole(json.dumps({"did": "d" * 50_000_000}).encode()),
    "half": lambda: _whole(b'{"did":"did:plc:abc"}')[:-5],
    "nan": lambda: _whole(b'{"did": NaN, "n": 1e999}'),
    "digits": lambda: _whole(b'{"did": ' + b"9" * 500_000 + b"}"),
    "surrogate": lambda: _whole(b'{"did":"did:plc:\\ud800","handle":"\\u0000","accessJwt":"a","refreshJwt":"r"}'),
}
DRIPS = {
    "drip": b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
    "drip-head": b"HTTP/1.1 200 OK\r\nx-",
    "silent": b"",
}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        mode = head.split(" ")[1].split("/")[1]
        if mode in DRIPS:
            writer.write(DRIPS[mode])
            while not writer.is_closing():
                await writer.drain()
                await asyncio.sleep(0.5)
                if mode != "silent":
                    writer.write(b"x")
        else:
            writer.write(ANSWERS[mode]())
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


@asynccontextmanager
async def hostile_server() -> AsyncIterator[str]:
    """Its base address, on loopback; every connection is closed with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _answer(reader, writer)
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
