"""Webhook endpoints that are slow, dead or talkative, and replays of events that concern no one."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx

from tests.attacks.attack import Attack, Scene, timed
from tests.attacks.healthy import Receiver, rank
from tests.attacks.seed import add_events
from tests.e2e.brand import epoch
from tests.hostile.servers import Call, serving, silence
from tests.support.ports import free_port

BURST = 150
# Seconds in which the posts are accepted, on a slow machine too.
LEAD = 45
EVENTS = 60_000
ROWS, TRIES = 100, 6


async def _connect(scene: Scene) -> None:
    await scene.connect("bluesky")


async def _burst(scene: Scene, name: str) -> None:
    """So many posts due in one second; how late they were, and how late the healthy receiver heard of them."""
    receiver = scene.kept["receiver"]
    assert isinstance(receiver, Receiver)
    due = float(int(time.time()) + LEAD)
    texts = [f"burst {uuid4().hex}" for _ in range(BURST)]
    async with scene.client() as api, scene.target.networks() as sandbox:
        waiting = iter(texts)

        async def create() -> None:
            for text in waiting:
                await scene.submit(api, text, scheduledAt=datetime.fromtimestamp(due, UTC).isoformat())

        await asyncio.gather(*(create() for _ in range(6)))
        scene.add(f"accepted after the due time ({name})", max(time.time() - due, 0), "s")
        shown: dict[str, float] = {}
        while len(shown) < BURST and time.time() < due + 90:
            await asyncio.sleep(1)
            listed = (await sandbox.get("/control/posts", params={"channel": "bluesky"})).json()
            shown = {p["text"]: epoch(p["createdAt"]) for p in listed if p["text"] in set(texts)}
    late = [shown.get(text, time.time()) - due for text in texts]
    await asyncio.sleep(10)
    heard = receiver.since(due)
    scene.kept[name] = rank(late, 0.5)
    alone = scene.kept.get("without")
    limit = None if name == "without" else 1.2 * float(str(alone)) + 0.3
    scene.add(f"posts p50 late ({name})", rank(late, 0.5), "s", at_most=limit)
    scene.add(f"last post late ({name})", max(late), "s")
    scene.add(f"healthy receiver p99 after the commit ({name})", rank(heard, 0.99), "s", at_most=limit and 1.0)


async def _without(scene: Scene) -> None:
    await _burst(scene, "without")


async def _beside(scene: Scene) -> None:
    dead = f"http://127.0.0.1:{free_port()}/dead"
    async with serving(silence) as slow, scene.client() as api:
        for url in (f"{slow}/slow", dead):
            answer = await api.post("/v1/webhooks/endpoints", json={"url": url, "brandRef": scene.ref})
            assert answer.status_code == 201, answer.text
        await _burst(scene, "beside")


async def _talkative(call: Call) -> None:
    await call.answer(b"<" * 400_000, "text/html", 500)


async def _list(scene: Scene) -> None:
    async with serving(_talkative) as address, scene.client() as api:
        endpoint = {"url": f"{address}/hook", "brandRef": scene.ref}
        assert (await api.post("/v1/webhooks/endpoints", json=endpoint)).status_code == 201
        for number in range(ROWS // 5):
            await scene.submit(api, f"heard {number}")
        rows = []
        for _ in range(30):
            rows = (await api.get("/v1/webhooks/deliveries", params={"limit": ROWS})).json()["data"]
            if len(rows) >= ROWS:
                break
            await asyncio.sleep(1)
        for _ in range(TRIES - 1):
            for row in rows:
                await timed(api.post(f"/v1/webhooks/deliveries/{row['id']}/redeliver"))
        seconds, answer = await timed(api.get("/v1/webhooks/deliveries", params={"limit": ROWS}))
    size = len(answer.content) if isinstance(answer, httpx.Response) else 0
    scene.add(f"a list of {len(rows)} rows", size / 1e6, "MB", at_most=1)
    scene.add("the list took", seconds, "s", at_most=1)


async def _own_endpoint(scene: Scene) -> None:
    """A post, whose event is copied by the thousand, and an endpoint that does not subscribe to it."""
    await scene.connect("bluesky")
    async with scene.client() as api:
        await scene.ended(api, await scene.submit(api, "replayed"), 20)
        url = f"http://127.0.0.1:{free_port()}/dead"
        body = {"url": url, "brandRef": scene.ref, "types": ["account.disconnected"]}
        answer = await api.post("/v1/webhooks/endpoints", json=body)
        assert answer.status_code == 201, answer.text
        scene.kept["endpoint"] = answer.json()["id"]


async def _replay(scene: Scene) -> None:
    async with scene.client() as api, scene.target.client() as other:
        path = f"/v1/webhooks/endpoints/{scene.kept['endpoint']}/replay"
        asked = asyncio.create_task(timed(api.post(path, json={"since": "2020-01-01T00:00:00Z"})))
        slowest = 0.0
        while not asked.done():
            seconds, _ = await timed(other.patch("/v1/brands/healthy", json={"name": uuid4().hex}))
            slowest = max(slowest, seconds)
            await asyncio.sleep(0.02)
        seconds, answer = asked.result()
    status = answer.status_code if isinstance(answer, httpx.Response) else 0
    scene.add(f"replay over {EVENTS} events took", seconds, "s")
    scene.add("another tenant's slowest write meanwhile", slowest, "s", at_most=1)
    scene.add("answered with 5xx or not at all", float(status >= 500 or status == 0), "", at_most=0)


def _many_events(file: Path) -> None:
    add_events(file, EVENTS)


ATTACKS = (
    Attack(
        "0",
        "slow and dead endpoints",
        f"a slow and a dead webhook endpoint while {BURST} posts are due in one second",
        "posts' p50 ≤ 1.2 × without them; healthy receiver's p99 ≤ 1 s after the commit",
        _beside,
        prepare=_connect,
        without=_without,
        silence=3.0,
    ),
    Attack(
        "7",
        "delivery list",
        f"a list of {ROWS} deliveries whose receiver answers each of {TRIES} tries with 400 kB",
        "lists carry heads: ≤ 1 MB, ≤ 1 s",
        _list,
        prepare=_connect,
    ),
    Attack(
        "7",
        "replay",
        f"a replay over {EVENTS} events that the endpoint does not subscribe to",
        "another tenant's write waits ≤ 1 s",
        _replay,
        prepare=_own_endpoint,
        seed=_many_events,
    ),
)
