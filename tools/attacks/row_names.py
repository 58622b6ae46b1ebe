"""Names of a tenant whose name server never answers. Everything of the healthy brand is reached by names, too."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import httpx

from tools.attacks.attack import Attack, Scene, timed
from tools.attacks.names import SLOW

SECONDS = 25.0
ENDPOINTS, IMPORTS, PICTURES = 20, 8, 8
# Seconds between two posts, and between two other calls of a client: refusals must not be a load of their own.
BETWEEN_POSTS, BETWEEN_CALLS = 2.0, 1.0


def _slow(path: str = "") -> str:
    """An address whose name nothing has ever been asked about."""
    return f"https://h{uuid4().hex[:10]}.{SLOW}{path}"


async def _endpoints(scene: Scene) -> None:
    await scene.connect("bluesky")
    refused = 0
    async with scene.client() as api:
        for _ in range(ENDPOINTS):
            made = await timed(api.post("/v1/webhooks/endpoints", json={"url": _slow("/hook"), "brandRef": scene.ref}))
            refused += made.status != 201
    scene.add(f"of {ENDPOINTS} endpoints refused", refused)


async def _ask(scene: Scene) -> None:
    """Endpoints, imports, media and link previews at such names, all at once."""
    assert scene.names is not None
    scene.names.swallowed = True
    ends = time.monotonic() + SECONDS

    async def repeat(api: httpx.AsyncClient, path: str) -> None:
        while time.monotonic() < ends:
            credentials = {"accessToken": "t1"}
            given = {"channel": "mastodon", "serviceUrl": _slow(), "credentials": credentials}
            body = given if path.endswith("accounts") else {"brandRef": scene.ref, "url": _slow("/a.jpg")}
            await timed(api.post(path, json=body))
            await asyncio.sleep(BETWEEN_CALLS)

    async def publish(api: httpx.AsyncClient) -> None:
        while time.monotonic() < ends:
            body = {"brandRef": scene.ref, "text": f"x {uuid4().hex}", "channels": ["bluesky"], "link": _slow("/page")}
            await timed(api.post("/v1/contents", json=body))
            await asyncio.sleep(BETWEEN_POSTS)

    async with scene.client(30) as api:
        imports = [repeat(api, f"/v1/brands/{scene.ref}/accounts") for _ in range(IMPORTS)]
        pictures = [repeat(api, "/v1/media") for _ in range(PICTURES)]
        await asyncio.gather(*imports, *pictures, publish(api))
    scene.add("queries to the name server", scene.names.queries)


ATTACKS = (
    Attack(
        "23",
        "slow names",
        f"{ENDPOINTS} endpoints, imports, media and links of a tenant whose name server never answers",
        "names of one brand delay no other: its posts, accepts and webhooks are not felt",
        _ask,
        prepare=_endpoints,
        silence=0.5,
        seconds=SECONDS,
        longest=60,
        names=True,
    ),
)
