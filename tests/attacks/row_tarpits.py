"""A tenant's network server that takes each call and never ends its answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from tests.attacks.attack import Attack, Scene
from tests.attacks.tenant import Mastodon, add_accounts, submit_all
from tests.harness.web import serving
from tests.hostile.servers import drip

ACCOUNTS, POSTS, SECONDS = 40, 320, 40.0


async def _drip(scene: Scene) -> None:
    server = Mastodon(drip)
    async with serving(server) as address:
        began = time.monotonic()
        ids = await add_accounts(scene, address, ACCOUNTS)
        posts = await submit_all(scene, ids, POSTS)
        scene.add("posts accepted after", time.monotonic() - began, "s")
        await asyncio.sleep(max(SECONDS - (time.monotonic() - began), 5))
        scene.add("visible calls that the server got", server.posts)
        holds = await _holds(scene)
    scene.add("posts of the attacker that wait with a reason", sum(holds.values()))
    scene.add("posts of the attacker", len(posts))


async def _holds(scene: Scene) -> Counter[str]:
    found: Counter[str] = Counter()
    async with scene.client() as api:
        listed = (await api.get("/v1/contents", params={"brandRef": scene.ref, "limit": 100})).json()["data"]
    for content in listed:
        found.update(one["hold"]["reason"] for one in content["publications"] if one["hold"])
    return found


ATTACKS = (
    Attack(
        "24",
        "tarpit networks",
        f"{ACCOUNTS} Mastodon accounts at a server that answers a byte each second, {POSTS} posts due at once",
        "calls at once are bounded for each brand and host; another's posts are not felt",
        _drip,
        silence=0.5,
        seconds=SECONDS,
        longest=75,
    ),
)
