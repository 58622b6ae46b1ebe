"""Bodies without a key: strings that cannot be stored, names, sizes, and bodies that never end."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import httpx

from tests.hostile.bodies import broken_strings, many_names, numbers
from tools.attacks.attack import Attack, Scene, Timed

KEPT_FOR = 35.0
COUNT = 600
JSON = {"content-type": "application/json"}


async def _strings(scene: Scene, key: str = "") -> None:
    async with scene.target.client(key, timeout=25) as client:
        for kilobytes in (25, 100, 250):
            found = await _post(client, broken_strings(kilobytes * 1000))
            scene.add(f"{kilobytes} kB: answer", found.size / 1e6, "MB", at_most=0.1)
            scene.add(f"{kilobytes} kB: no answer", float(found.size == 0), "", at_most=0)
            scene.add(f"{kilobytes} kB: seconds", found.seconds, "s", at_most=1)
            await scene.healthy_again()


async def _names(scene: Scene, key: str = "") -> None:
    bodies = {
        "250 kB of names": many_names(250_000),
        "1 MB of names": many_names(990_000),
        "1 MB of numbers": numbers(990_000),
    }
    async with scene.target.client(key, timeout=25) as client:
        for name, body in bodies.items():
            scene.add(f"{name}: seconds", (await _post(client, body)).seconds, "s", at_most=1)
            await scene.healthy_again()


async def _with_key(scene: Scene) -> None:
    await _strings(scene, scene.key)
    await _names(scene, scene.key)


async def _post(client: httpx.AsyncClient, body: bytes) -> Timed:
    """The answer's bytes are counted and not stored; 0 where it did not end."""
    began, size = time.monotonic(), 0
    try:
        async with client.stream("POST", "/v1/contents", content=body, headers=JSON) as answer:
            async for part in answer.aiter_raw():
                size += len(part)
    except httpx.HTTPError:
        size = 0
    return Timed(time.monotonic() - began, size=size)


async def _half_sent(scene: Scene) -> None:
    where = urlsplit(scene.target.info["api"])
    head = f"POST /v1/contents HTTP/1.1\r\nhost: {where.netloc}\r\ncontent-type: application/json\r\n"
    both = f"{head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(both.encode())
    status = (await asyncio.wait_for(reader.readline(), 10)).split(b" ")
    writer.close()
    opened = []
    for _ in range(COUNT):
        one = await asyncio.open_connection(where.hostname, where.port)
        one[1].write(f"{head}content-length: 1000\r\n\r\n{{".encode())
        opened.append(one)
    await asyncio.sleep(KEPT_FOR)
    still = sum(not _closed(reader) for reader, _ in opened)
    for _, writer in opened:
        writer.close()
    scene.add(f"of {COUNT} half-sent bodies open after {KEPT_FOR:.0f} s", still, "", at_most=0)
    accepted = float(status[1:2] != [b"400"])
    scene.add("Content-Length with Transfer-Encoding accepted", accepted, "", at_most=0)


def _closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server has answered or closed."""
    return reader.at_eof() or bool(reader._buffer)  # type: ignore[attr-defined]


ATTACKS = (
    Attack(
        "1",
        "broken strings",
        "25, 100 and 250 kB of JSON strings that cannot be stored, sent without a key",
        "the key is checked before the body; answer ≤ 100 kB, ≤ 1 s",
        _strings,
        grows_mb=60,
    ),
    Attack(
        "1",
        "names",
        "250 kB and 1 MB of names with one twice, 1 MB of numbers, sent without a key",
        "linear time, ≤ 1 s, at most 60 MB",
        _names,
        grows_mb=60,
    ),
    Attack(
        "1",
        "bodies with a key",
        "the same two with the key of a tenant",
        "twenty problems, names and pointers bounded, linear time: answer ≤ 100 kB, ≤ 1 s, at most 60 MB",
        _with_key,
        grows_mb=60,
    ),
    Attack(
        "9",
        "half-sent bodies",
        f"{COUNT} requests without a key whose bodies never end",
        "a deadline on bodies; a length together with chunks is refused",
        _half_sent,
    ),
)
