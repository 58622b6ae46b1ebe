"""Thousands of webhook endpoints of one brand: each of its events becomes as many deliveries."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import httpx

from tests.attacks.attack import Attack, Scene, timed
from tests.support.ports import free_port

ENDPOINTS, WITHIN, SECONDS = 2_500, 30.0, 20.0
# So many refusals in a row are a limit.
LIMIT = 20


async def _subscribe(scene: Scene) -> None:
    """As many endpoints as the brand gets, at a port where nothing listens."""
    await scene.connect("bluesky")
    url = f"http://127.0.0.1:{free_port()}/hook"
    left, ends, refused, had = iter(range(ENDPOINTS)), time.monotonic() + WITHIN, 0, 0

    async def client(api: httpx.AsyncClient) -> None:
        nonlocal refused, had
        for number in left:
            if refused >= LIMIT or time.monotonic() > ends:
                return
            body = {"url": f"{url}/{number}", "brandRef": scene.ref}
            made = await timed(api.post("/v1/webhooks/endpoints", json=body))
            had += made.status == 201
            refused += made.status != 201

    async with scene.client() as api:
        await asyncio.gather(*(client(api) for _ in range(8)))
    scene.add(f"of {ENDPOINTS} endpoints, the brand got", had)
    scene.add("endpoints that were refused", refused)


async def _publish(scene: Scene) -> None:
    ends, accepted = time.monotonic() + SECONDS, 0
    async with scene.client() as api:
        while time.monotonic() < ends:
            body = {"brandRef": scene.ref, "text": f"fan {uuid4().hex}", "channels": ["bluesky"]}
            accepted += (await timed(api.post("/v1/contents", json=body))).status == 202
            await asyncio.sleep(1)
    scene.add("posts of that brand accepted", accepted)


ATTACKS = (
    Attack(
        "27",
        "many endpoints",
        f"{ENDPOINTS} endpoints of one brand, which publishes a post each second",
        "default limits for each brand; its fan-out costs the others nothing",
        _publish,
        prepare=_subscribe,
        silence=0.5,
        longest=60,
    ),
)
