"""Forms without a key whose charset is costly to decode: they are parsed before anything counts requests."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import httpx

from tools.attacks.attack import Attack, Scene, timed

CONNECTIONS, SECONDS = 3, 20.0
# Decoding these letters inserts each of them into the text so far.
FIELD = b"x-" + b"b" * 60_000
CHARSETS = ("undefined", "idna", "utf-7", "utf-16", "base64", "zlib", "unicode_escape", "utf-8-sig", "nosuch")
PATHS = ("/connect/abc", "/sign-in")


def _form(charset: str, field: bytes) -> dict[str, object]:
    head = b'--x\r\ncontent-disposition: form-data; name="key"\r\n\r\n'
    kind = f"multipart/form-data; charset={charset}; boundary=x".encode("latin-1")
    return {"content": head + field + b"\r\n--x--\r\n", "headers": {b"content-type": kind}}


async def _forms(scene: Scene) -> None:
    ends, statuses, slowest = time.monotonic() + SECONDS, Counter[int](), 0.0

    async def connection(number: int) -> None:
        nonlocal slowest
        async with scene.target.client(key="", timeout=20) as client:
            while time.monotonic() < ends:
                found = await timed(client.post(PATHS[number % 2], **_form("punycode", FIELD)))  # type: ignore[arg-type]
                statuses[found.status] += 1
                slowest = max(slowest, found.seconds)
                await asyncio.sleep(0.1)

    await asyncio.gather(*map(connection, range(CONNECTIONS)))
    scene.add("forms answered with 5xx or not at all", sum(statuses[one] for one in statuses if _is_ours(one)), "", 0)
    scene.add("forms sent", statuses.total())
    scene.add("slowest answer to a form", slowest, "s", at_most=1)
    scene.add("charsets answered with 5xx or not at all", await _charsets(scene), "", at_most=0)


async def _charsets(scene: Scene) -> int:
    """How many charsets that are no UTF-8 make a server error, on any of the pages."""
    failed = 0
    async with scene.target.client(key="", timeout=20) as client:
        for charset in CHARSETS:
            for path in PATHS:
                try:
                    answer = await client.post(path, **_form(charset, b"+ADw-\xff"))  # type: ignore[arg-type]
                    failed += _is_ours(answer.status_code)
                except httpx.HTTPError:
                    failed += 1
    return failed


def _is_ours(status: int) -> bool:
    return status == 0 or status >= 500


ATTACKS = (
    Attack(
        "21",
        "charsets",
        f"{CONNECTIONS} connections without a key send forms of 60 kB in punycode for {SECONDS:.0f} s",
        "any charset but UTF-8 is refused before it is decoded; others' accepts ≤ 0.3 s",
        _forms,
        silence=0.5,
        longest=60,
    ),
)
