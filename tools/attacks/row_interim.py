"""Servers of a tenant that send interim answers (103) without an end."""

from __future__ import annotations

import asyncio
import time

from tests.harness.inbox import subscribe
from tests.harness.web import Call, serving
from tools.attacks.attack import Attack, Scene, timed
from tools.attacks.tenant import Mastodon, add_accounts, submit_all
from tools.attacks.watch import busy

HINT = b"HTTP/1.1 103 Early Hints\r\n\r\n"
# Two thousand answers each hundredth of a second are more than any client reads.
PART, PAUSE, ENDLESS = HINT * 2_000, 0.01, 120.0
LONGEST = 45.0


async def endless_hints(call: Call) -> None:
    """Interim answers only."""
    ends = time.monotonic() + ENDLESS
    while time.monotonic() < ends:
        await call.send(PART)
        await asyncio.sleep(PAUSE)


async def _ways(scene: Scene) -> None:
    """Each way on which Munadi calls such a server, one after the other; then posts and webhooks together."""
    async with serving(endless_hints) as address, scene.client(LONGEST) as api:
        credentials = {"accessToken": "t1"}
        given = {"channel": "mastodon", "serviceUrl": address, "credentials": credentials}
        ways = {"import": (f"/v1/brands/{scene.ref}/accounts", given)}
        ways["media"] = ("/v1/media", {"brandRef": scene.ref, "url": f"{address}/a.jpg"})
        for name, (path, body) in ways.items():
            used, pid = busy(scene.target.attacked()["api"]), scene.target.attacked()["api"]
            found = await timed(api.post(path, json=body))
            scene.add(f"{name}: seconds", found.seconds, "s", at_most=20)
            scene.add(f"{name}: seconds of CPU", busy(pid) - used, "s", at_most=1)
            scene.add(f"{name}: answered with 500 or not at all", float(found.status in (0, 500)), "", at_most=0)
        await _worker(scene, address)


async def _worker(scene: Scene, address: str) -> None:
    """Posts to such a server, and webhooks to it."""
    pid = scene.target.attacked()["worker"]
    used = busy(pid)
    async with serving(Mastodon(endless_hints)) as server, scene.client() as api:
        ids = await add_accounts(scene, server, 2)
        endpoint = await subscribe(api, f"{address}/hook", brandRef=scene.ref)
        await submit_all(scene, ids, 4)
        await asyncio.sleep(15)
        await timed(api.patch(f"/v1/webhooks/endpoints/{endpoint['id']}", json={"enabled": False}))
    # The healthy brand and starting each call cost the worker up to a fifth of a core.
    scene.add("posts and webhooks: the worker's seconds of CPU in 15 s", busy(pid) - used, "s", at_most=4)


ATTACKS = (
    Attack(
        "26",
        "interim answers",
        "an import, a picture, posts and webhooks at servers that send 103 without an end",
        "interim answers are bounded on every way: ≤ 1 s of CPU; others' accepts ≤ 0.3 s",
        _ways,
        silence=0.5,
        longest=85,
    ),
)
