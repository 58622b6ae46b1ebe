"""Webhook endpoints that are slow, dead or talkative, and replays of events that concern no one."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from uuid import uuid4

from tests.harness.inbox import Inbox, subscribe
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, instant, rank
from tests.harness.web import Call, serving
from tests.hostile.servers import silence
from tests.support.ports import free_port
from tools.attacks.attack import Attack, Scene, connected, timed
from tools.attacks.seed import add_events

# One burst of 150 posts is up to a third later than the next, with nothing else on the machine: some are judged as one.
BURST, BURSTS = 150, 4
# Seconds in which the posts are accepted, on a slow machine too.
LEAD = 12
EVENTS = 60_000
ROWS, TRIES = 100, 6


async def _burst(scene: Scene, name: str) -> tuple[list[float], list[float]]:
    """So many posts due in one second: how late each was, and how late each event reached the healthy receiver."""
    inbox = scene.shared["inbox"]
    assert isinstance(inbox, Inbox)
    due = float(int(time.time()) + LEAD)
    texts = [f"burst {uuid4().hex}" for _ in range(BURST)]
    async with scene.client() as api, scene.target.sandbox() as sandbox:
        waiting = iter(texts)

        async def create() -> None:
            for text in waiting:
                await scene.submit(api, text, scheduledAt=instant(due))

        await asyncio.gather(*(create() for _ in range(6)))
        scene.add(f"accepted after the due time ({name})", max(time.time() - due, 0), "s", at_most=0)
        # This process receives the events too, so it does not list hundreds of posts before they have come.
        for _ in range(2 * LEAD):
            await asyncio.sleep(1)
            if _completed(inbox, scene.ref, due) >= BURST:
                break
        listed = await posts_by_text(sandbox)
    shown = {text: epoch(listed[text][-1]["createdAt"]) for text in texts if text in listed}
    return [shown.get(text, time.time()) - due for text in texts], inbox.delays_since(due)


def _completed(inbox: Inbox, brand: str, due: float) -> int:
    """How many posts of a brand ended since then, by the receiver's events."""
    ended = [event for event in inbox.events[-4 * BURST :] if event["type"] == "content.completed"]
    return sum(event["brandRef"] == brand and epoch(event["timestamp"]) >= due for event in ended)


async def _one_burst(scene: Scene) -> None:
    """What the healthy brand's posts are compared with: a burst is part of both."""
    await _burst(scene, "first")


async def _beside(scene: Scene) -> None:
    """Bursts in turn without and with the two endpoints, so that what drifts on the machine counts for both."""
    dead = f"http://127.0.0.1:{free_port()}/dead"
    late: dict[str, list[float]] = {"without": [], "beside": []}
    delays: dict[str, list[float]] = {"without": [], "beside": []}
    async with serving(silence) as slow, scene.client() as api:
        endpoints = [await subscribe(api, url, brandRef=scene.ref) for url in (f"{slow}/slow", dead)]
        for name in ("without", "beside") * BURSTS:
            for endpoint in endpoints:
                path = f"/v1/webhooks/endpoints/{endpoint['id']}"
                assert (await api.patch(path, json={"enabled": name == "beside"})).is_success
            more_late, more_delays = await _burst(scene, name)
            late[name] += more_late
            delays[name] += more_delays
    without = rank(late["without"], 0.5)
    for name, at_most in (("without", None), ("beside", 1.2 * without)):
        scene.add(f"posts p50 late ({name})", rank(late[name], 0.5), "s", at_most=at_most)
        scene.add(f"last post late ({name})", max(late[name]), "s")
        limit = None if at_most is None else 1.0
        scene.add(f"healthy receiver p99 after the commit ({name})", rank(delays[name], 0.99), "s", at_most=limit)


async def _talkative(call: Call) -> None:
    await call.answer(b"<" * 400_000, "text/html", 500)


async def _list(scene: Scene) -> None:
    async with serving(_talkative) as address, scene.client() as api:
        await subscribe(api, f"{address}/hook", brandRef=scene.ref)
        for number in range(ROWS // 5):
            await scene.submit(api, f"listed {number}")
        rows = []
        for _ in range(30):
            rows = (await api.get("/v1/webhooks/deliveries", params={"limit": ROWS})).json()["data"]
            if len(rows) >= ROWS:
                break
            await asyncio.sleep(1)
        for _ in range(TRIES - 1):
            for row in rows:
                await timed(api.post(f"/v1/webhooks/deliveries/{row['id']}/redeliver"))
        listed = await timed(api.get("/v1/webhooks/deliveries", params={"limit": ROWS}))
    scene.add(f"a list of {len(rows)} rows", listed.size / 1e6, "MB", at_most=1)
    scene.add("the list took", listed.seconds, "s", at_most=1)


async def _own_endpoint(scene: Scene) -> None:
    """A post, whose event is copied by the thousand, and an endpoint that does not subscribe to it."""
    await scene.connect("bluesky")
    async with scene.client() as api:
        await scene.ended(api, await scene.submit(api, "replayed"), 20)
        url = f"http://127.0.0.1:{free_port()}/dead"
        endpoint = await subscribe(api, url, brandRef=scene.ref, types=["account.disconnected"])
        scene.shared["endpoint"] = endpoint["id"]


async def _replay(scene: Scene) -> None:
    async with scene.client() as api, scene.target.client() as other:
        path = f"/v1/webhooks/endpoints/{scene.shared['endpoint']}/replay"
        replay = asyncio.create_task(timed(api.post(path, json={"since": "2020-01-01T00:00:00Z"})))
        slowest = 0.0
        while not replay.done():
            write = await timed(other.patch("/v1/brands/healthy", json={"name": uuid4().hex}))
            slowest = max(slowest, write.seconds)
            await asyncio.sleep(0.02)
        found = replay.result()
    scene.add(f"replay over {EVENTS} events took", found.seconds, "s")
    scene.add("another tenant's slowest write meanwhile", slowest, "s", at_most=1)
    scene.add("answered with 5xx or not at all", found.failed, "", at_most=0)


def _many_events(file: Path) -> None:
    add_events(file, EVENTS)


ATTACKS = (
    Attack(
        "0",
        "slow and dead endpoints",
        f"a slow and a dead webhook endpoint while {BURST} posts are due in one second, {BURSTS} times",
        "posts' p50 ≤ 1.2 × without them; healthy receiver's p99 ≤ 1 s after the commit",
        _beside,
        prepare=connected("bluesky"),
        without=_one_burst,
        silence=3.0,
        accept=3.0,
        hears_all=True,
    ),
    Attack(
        "7",
        "delivery list",
        f"a list of {ROWS} deliveries whose receiver answers each of {TRIES} tries with 400 kB",
        "lists carry heads: ≤ 1 MB, ≤ 1 s",
        _list,
        prepare=connected("bluesky"),
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
