"""Open streams of the dashboard with one key, and /metrics without any."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.harness.inbox import Inbox
from tests.harness.times import p95
from tools.attacks.attack import Attack, Scene, timed
from tools.attacks.seed import add_deliveries

STREAMS = 1_100
ROWS = 60_000
# Large, and for anyone.
DOCUMENTS = ("/openapi.json", "/docs/api", "/openapi.json", "/docs/reference/problems")


async def sign_in(scene: Scene, key: str) -> str:
    """The cookie of a session."""
    headers = {"origin": scene.target.info["api"], "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(base_url=scene.target.info["api"], timeout=20) as client:
        answer = await client.post("/sign-in", data={"key": key, "next": "/contents"}, headers=headers)
    assert answer.status_code == 303, answer.status_code
    return answer.headers["set-cookie"].partition(";")[0]


async def open_stream(scene: Scene, cookie: str) -> tuple[int, asyncio.StreamWriter | None]:
    """Status of a new stream, and its open connection."""
    where = urlsplit(scene.target.info["api"])
    try:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(f"GET /live HTTP/1.1\r\nhost: {where.netloc}\r\ncookie: {cookie}\r\n\r\n".encode())
        line = await asyncio.wait_for(reader.readline(), 30)
        return int(line.split(b" ")[1]), writer
    except (OSError, TimeoutError, IndexError):
        return 0, None


async def _flood(scene: Scene) -> None:
    cookie = await sign_in(scene, scene.key)
    found: list[tuple[int, asyncio.StreamWriter | None]] = []
    for _ in range(STREAMS // 100):
        found += await asyncio.gather(*(open_stream(scene, cookie) for _ in range(100)))
    held = sum(status == 200 for status, _ in found)
    other = await sign_in(scene, str(scene.target.info["apiKey"]))
    status, writer = await open_stream(scene, other)
    for each in [writer, *(writer for _, writer in found)]:
        if each is not None:
            each.close()
    scene.add("streams that one key holds", held, "", at_most=100)
    scene.add("another key's stream refused", float(status != 200), "", at_most=0)


async def _delivered(scene: Scene) -> None:
    """A post whose events a receiver has accepted: what is copied by the thousand has ended, and is not due."""
    await scene.connect("bluesky")
    async with scene.client() as api, Inbox().listening(api, brandRef=scene.ref):
        await scene.ended(api, await scene.submit(api, "counted"), 20)
        for _ in range(40):
            rows = (await api.get("/v1/webhooks/deliveries", params={"limit": 100})).json()["data"]
            if rows and all(row["status"] != "pending" for row in rows):
                return
            await asyncio.sleep(0.5)
    raise AssertionError("the deliveries did not end")


async def _scrape(scene: Scene) -> None:
    seconds, statuses = list[float](), set[int]()
    ends = time.monotonic() + 20

    async def client() -> None:
        async with scene.target.client(key="", timeout=20) as api:
            while time.monotonic() < ends:
                found = await timed(api.get("/metrics"))
                seconds.append(found.seconds)
                statuses.add(found.status)

    await asyncio.gather(*(client() for _ in range(4)))
    scene.add("answered to anyone", float(200 in statuses), "", at_most=0)
    scene.add("p95 of an answer, four clients at once", p95(seconds), "s", at_most=0.5)


async def _read_documents(scene: Scene) -> None:
    seconds, statuses, ends = list[float](), set[int](), time.monotonic() + 20

    async def client(number: int) -> None:
        async with scene.target.client(key="", timeout=20) as api:
            while time.monotonic() < ends:
                found = await timed(api.get(DOCUMENTS[number % len(DOCUMENTS)]))
                seconds.append(found.seconds)
                statuses.add(found.status)

    await asyncio.gather(*(client(number) for number in range(8)))
    scene.add("documents read", len(seconds))
    scene.add("p95 of an answer, eight clients at once", p95(seconds), "s", at_most=0.5)
    scene.add("answers that were not 200", float(statuses != {200}), "", at_most=0)


def _many_deliveries(file: Path) -> None:
    add_deliveries(file, ROWS)


ATTACKS = (
    Attack("8", "live streams", f"{STREAMS} streams of one key", "bounded per key; others get theirs", _flood),
    Attack(
        "10",
        "metrics",
        f"/metrics without a key by four clients for 20 s, over {ROWS} deliveries",
        "closed by default, or cheap",
        _scrape,
        prepare=_delivered,
        seed=_many_deliveries,
    ),
    Attack(
        "30",
        "documents",
        "eight clients without a key read the OpenAPI document and pages made of it for 20 s",
        "built once; others' accepts ≤ 0.3 s",
        _read_documents,
    ),
)
