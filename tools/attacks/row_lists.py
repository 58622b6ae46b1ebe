"""Lists of one brand that cost much: searches through long texts, and pages of long drafts, posts and events."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import httpx

from tests.harness.times import instant, p95
from tools.attacks.attack import Attack, Scene, new_tenant, timed

# Posts with a text of 100 kB, searches at once, and seconds of them.
LONG_POSTS, SEARCHES, SECONDS = 300, 30, 20.0
# Drafts of a megabyte, and clients that ask for a page of them and read nothing.
DRAFTS, DEAF = 100, 12
PAGES = ("/v1/drafts?limit=100", "/v1/contents?limit=100", "/v1/events?after=0&limit=100")
TEXT = "long text " * 10_000


async def _long_posts(scene: Scene) -> None:
    """Posts far ahead with long texts, of which the account gets a short one."""
    await scene.connect("bluesky")
    scene.shared["other"] = await new_tenant(scene.target, "other")
    left = iter(range(LONG_POSTS))
    at = instant(time.time() + 30 * 86_400)
    channels = [{"channel": "bluesky", "text": "hi"}]
    body = {"brandRef": scene.ref, "text": TEXT, "scheduledAt": at, "channels": channels}

    async def client(api: httpx.AsyncClient) -> None:
        for _ in left:
            await timed(api.post("/v1/contents", json=body))

    async with scene.client() as api:
        await asyncio.gather(*(client(api) for _ in range(4)))


async def _search(scene: Scene) -> None:
    ends, others, refused = time.monotonic() + SECONDS, list[float](), 0

    async def searching(api: httpx.AsyncClient) -> None:
        while time.monotonic() < ends:
            await timed(api.get("/v1/contents", params={"q": "zzz"}))

    async def other() -> None:
        nonlocal refused
        async with scene.target.client(scene.shared["other"], 30) as api:
            while time.monotonic() < ends:
                found = await timed(api.get("/v1/contents"))
                others.append(found.seconds)
                refused += found.status != 200
                await asyncio.sleep(0.2)

    async with scene.client(60) as api:
        await asyncio.gather(other(), *(searching(api) for _ in range(SEARCHES)))
    scene.add("another brand's lists, p95", p95(others), "s", at_most=1)
    scene.add("another brand's lists refused", refused, "", at_most=0)


async def _long_drafts(scene: Scene) -> None:
    await _long_posts(scene)
    content = {"brandRef": scene.ref, "channels": ["bluesky"], "text": "x" * 900_000}
    async with scene.client() as api:
        made = [(await timed(api.post("/v1/drafts", json=content))).status for _ in range(DRAFTS)]
    scene.add(f"of {DRAFTS} drafts taken", made.count(201))


async def _deaf(scene: Scene) -> None:
    """Ask for the longest pages, and read nothing of the answers."""
    where = urlsplit(scene.target.info["api"])
    head = f"HTTP/1.1\r\nhost: {where.netloc}\r\nauthorization: Bearer {scene.key}\r\n\r\n"
    open_ = []
    for page in PAGES:
        for _ in range(DEAF):
            _, writer = await asyncio.open_connection(where.hostname, where.port, limit=1024)
            writer.write(f"GET {page} {head}".encode())
            open_.append(writer)
    others = []
    async with scene.target.client(scene.shared["other"], 30) as api:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            others.append((await timed(api.get("/v1/contents"))).seconds)
            await asyncio.sleep(0.2)
    for writer in open_:
        writer.transport.abort()
    scene.add("another brand's lists, p95", p95(others), "s", at_most=1)


ATTACKS = (
    Attack(
        "31",
        "searches",
        f"{SEARCHES} searches at once for {SECONDS:.0f} s through {LONG_POSTS} posts with texts of 100 kB",
        "connections for reading are shared among brands: another brand's lists ≤ 1 s, none refused",
        _search,
        prepare=_long_posts,
        longest=90,
    ),
    Attack(
        "32",
        "long pages",
        f"{3 * DEAF} clients ask for pages of {DRAFTS} drafts of 900 kB, of {LONG_POSTS} long posts and their events",
        "a page ends after 2 MB: API grows by ≤ 250 MB; another brand's lists ≤ 1 s",
        _deaf,
        prepare=_long_drafts,
        grows_mb=250,
        longest=90,
    ),
)
