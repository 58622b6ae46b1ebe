"""Many webhook endpoints of one brand: each of its events becomes as many deliveries."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import httpx

from tests.harness.inbox import subscribe
from tests.harness.web import serving
from tests.hostile.servers import silence
from tests.support.ports import free_port
from tools.attacks.attack import Attack, Scene, timed

ENDPOINTS, WITHIN, SECONDS = 2_500, 30.0, 20.0
# So many refusals in a row are a limit.
LIMIT = 20
# Endpoints at a dead port, as many as a brand gets but for the slow ones, and posts of one burst, one burst a second.
DEAD, SLOW, BURST = 12, 8, 10


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


async def _subscribe_bad(scene: Scene) -> None:
    """As many endpoints as a brand gets, none of which ever answers."""
    await scene.connect("bluesky")
    dead = f"http://127.0.0.1:{free_port()}"
    async with scene.client() as api:
        for number in range(DEAD):
            await subscribe(api, f"{dead}/{number}", brandRef=scene.ref)


async def _burst(scene: Scene) -> None:
    ends, accepted = time.monotonic() + SECONDS, 0
    async with serving(silence) as slow, scene.client() as api:
        for number in range(SLOW):
            await subscribe(api, f"{slow}/{number}", brandRef=scene.ref)

        async def post() -> bool:
            body = {"brandRef": scene.ref, "text": f"burst {uuid4().hex}", "channels": ["bluesky"]}
            return (await timed(api.post("/v1/contents", json=body))).status == 202

        while time.monotonic() < ends:
            begun = time.monotonic()
            accepted += sum(await asyncio.gather(*(post() for _ in range(BURST))))
            await asyncio.sleep(max(1 - (time.monotonic() - begun), 0))
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
    Attack(
        "27",
        "bursts to bad endpoints",
        f"{DEAD} dead and {SLOW} silent endpoints of one brand, which publishes {BURST} posts at once each second",
        "its fan-out costs the others nothing",
        _burst,
        prepare=_subscribe_bad,
        longest=90,
    ),
)
