"""A tenant's network server that takes each call and never ends its answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from tests.harness.web import Call, serving
from tests.hostile.servers import drip
from tools.attacks.attack import Attack, Scene
from tools.attacks.tenant import Mastodon, add_accounts, reply, submit_all

ACCOUNTS, POSTS, ALONE, SECONDS = 40, 320, 60.0, 40.0


async def _at_once(call: Call) -> None:
    await reply(call, {"id": uuid4().hex, "url": "https://a.example/1", "visibility": "public"})


async def _burst(scene: Scene, server: Mastodon, seconds: float) -> tuple[int, int]:
    """Connect the accounts and publish the posts, and wait for the calls; how many of each were taken."""
    async with serving(server) as address:
        began = time.monotonic()
        ids = await add_accounts(scene, address, ACCOUNTS)
        posts = await submit_all(scene, ids, POSTS)
        while time.monotonic() - began < seconds and server.posts < len(posts):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return len(ids), len(posts)


async def _honest(scene: Scene) -> None:
    """The same posts to a server that answers: so many posts are some work for all. They end before the attack."""
    server = Mastodon(_at_once)
    await _burst(scene, server, ALONE)
    scene.add(f"of {POSTS} posts to a server that answers, published", server.posts)


async def _drip(scene: Scene) -> None:
    server = Mastodon(drip)
    accounts, posts = await _burst(scene, server, SECONDS)
    scene.add(f"of {ACCOUNTS} accounts and {POSTS} posts refused", ACCOUNTS - accounts + POSTS - posts)
    scene.add("visible calls that the server got", server.posts)
    holds = await _holds(scene)
    for reason, count in sorted(holds.items()):
        scene.add(f"posts that wait with {reason}", count)


async def _holds(scene: Scene) -> Counter[str]:
    """The reasons for which posts of the attacker wait, on all pages of its list."""
    found: Counter[str] = Counter()
    query: dict[str, Any] = {"brandRef": scene.ref, "limit": 100, "status": ["accepted", "queued", "publishing"]}
    async with scene.client() as api:
        while True:
            page = (await api.get("/v1/contents", params=query)).json()
            rows = [one for content in page["data"] for one in content["publications"]]
            found.update(one["hold"]["reason"] for one in rows if one["hold"])
            if page["nextCursor"] is None:
                return found
            query["cursor"] = page["nextCursor"]


ATTACKS = (
    Attack(
        "24",
        "tarpit networks",
        f"{ACCOUNTS} Mastodon accounts at a server that answers a byte each second, {POSTS} posts due at once",
        "calls at once are bounded for each brand and host; others notice no more than of a server that answers",
        _drip,
        without=_honest,
        silence=0.5,
        seconds=SECONDS,
        longest=100,
    ),
)
