"""Answers of web servers that harm their clients, for `tests.harness.web.serving`."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from functools import cache

from tests.harness.web import Answering, Call

MEGABYTE = bytes(1 << 20)
# How long a server that never ends keeps a connection, in seconds: longer than any deadline that is tested.
FOREVER = 150.0
DEPTH = 100_000


@cache
def bomb(megabytes: int, layers: int) -> bytes:
    """Megabytes of zeros, compressed `layers` times over."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join([*map(packing.compress, [MEGABYTE] * megabytes), packing.flush()])
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


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


async def drip_head(call: Call) -> None:
    """A header that grows by a byte each half second."""
    await call.send(b"HTTP/1.1 200 OK\r\nx-")
    for _ in range(int(2 * FOREVER)):
        await call.send(b"x")
        await asyncio.sleep(0.5)


async def tarpit(call: Call) -> None:
    """A picture that never comes to an end."""
    await call.head(content_type="image/jpeg", content_length=1_000_000)
    await call.send(b"\xff\xd8\xff\xe0")
    for _ in range(int(FOREVER)):
        await call.send(b"\0")
        await asyncio.sleep(1)


async def silence(_call: Call) -> None:
    """A connection that is accepted and never answered."""
    await asyncio.sleep(FOREVER)


async def endless_head(call: Call) -> None:
    """Headers without an end."""
    await call.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(200_000):
        await call.send(f"x-{number}: {'y' * 100}\r\n".encode())


async def endless_body(call: Call) -> None:
    """A chunked body without an end."""
    await call.head(transfer_encoding="chunked", content_type="application/json")
    part = b"10000\r\n" + b"[" * 65536 + b"\r\n"
    for _ in range(3_000):
        await call.send(part)


async def circle(call: Call) -> None:
    """A redirect to itself."""
    await call.head(302, location=f"http://{call.headers['host']}{call.path}", content_length=0)


def film(index: bytes, megabytes: int) -> Answering:
    """`index` is a small valid MP4. A box of `megabytes` follows it, made while it is sent."""

    async def answering(call: Call) -> None:
        box = (8 + len(MEGABYTE) * megabytes).to_bytes(4) + b"free"
        await call.head(content_type="video/mp4", content_length=len(index) + 8 + len(MEGABYTE) * megabytes)
        await call.send(index + box)
        for _ in range(megabytes):
            await call.send(MEGABYTE)

    return answering


def raw(answer: bytes) -> Answering:
    """Answers every request with these bytes."""

    async def answering(call: Call) -> None:
        await call.send(answer)

    return answering


def whole(body: bytes, *headers: str, status: str = "200 OK") -> Answering:
    """A whole answer of JSON, with further header lines."""
    lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return raw("\r\n".join([*lines, "connection: close", "", ""]).encode() + body)


def deep(status: str = "200 OK") -> Answering:
    """JSON that no recursive reader survives."""
    return whole(b'{"did":' + b"[" * DEPTH + b"]" * DEPTH + b"}", status=status)


@cache
def servers() -> dict[str, Answering]:
    """Every hostile answer by what the server does. They take seconds to make, so make them before measuring."""
    zeros = bomb(600, 1)
    return {
        "unfolds once": whole(zeros, "content-encoding: gzip"),
        "unfolds twice": whole(gzip.compress(zeros), "content-encoding: gzip, gzip"),
        "unfolds twice, in two lines": whole(gzip.compress(zeros), *["content-encoding: gzip"] * 2),
        "sends brotli": whole(b"\x0b\x02\x80{}\x03", "content-encoding: br"),
        "drips": drip,
        "drips its head": drip_head,
        "is silent": silence,
        "never ends its picture": tarpit,
        "sends headers without end": endless_head,
        "sends a body without end": endless_body,
        "redirects to itself": circle,
        "nests": deep(),
        "refuses with nesting": deep("400 Bad"),
        "sends 50 MB": whole(json.dumps({"did": "d" * 50_000_000}).encode()),
        "sends NaN": whole(b'{"did": NaN, "n": 1e999}'),
        "sends a long number": whole(b'{"did": ' + b"9" * 500_000 + b"}"),
        "sends half of a pair": whole(b'{"did":"did:plc:\\ud800","handle":"\\u0000"}'),
        "sends no status": raw(b"\r\n\r\n"),
        "sends junk": raw(bytes(range(256)) * 100),
        "contradicts its length": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\n{}"),
        "cuts its answer": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"),
        "sends a number": whole(b"7"),
    }
