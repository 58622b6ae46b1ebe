"""A tenant's own server, named as `serviceUrl` or linked from a post, answers with what its caller cannot bear."""

from __future__ import annotations

import asyncio

from tests.harness.files import clip
from tests.harness.networks import VISIBLE, hits, plant, posts_by_text
from tests.harness.web import Answering, Call, serving
from tests.hostile.servers import DEPTH, bomb, deep, drip, film, unfolding
from tools.attacks.attack import Attack, Scene, Timed, connected, timed

LONGEST = 58.0
MEGABYTES = 600


async def _import(scene: Scene, answering: Answering) -> Timed:
    """Import an account that lives at such a server."""
    credentials = {"identifier": "attacker.example", "password": "abcd-abcd-abcd-abcd"}
    async with serving(answering) as address, scene.client(LONGEST) as api:
        body = {"channel": "bluesky", "serviceUrl": address, "credentials": credentials}
        return await timed(api.post(f"/v1/brands/{scene.ref}/accounts", json=body))


async def _pack(_scene: Scene) -> None:
    await asyncio.to_thread(bomb, 1200, 3)


async def _bomb(scene: Scene) -> None:
    found = await _import(scene, unfolding(1200, 3))
    scene.add("sent by the server", len(bomb(1200, 3)), "bytes")
    scene.add("import took", found.seconds, "s", at_most=10)
    # A server that gives no usable answer is an outage: 503.
    scene.add("answered with 500 or not at all", float(found.status in (0, 500)), "", at_most=0)


async def _drip(scene: Scene) -> None:
    scene.add("import held for", (await _import(scene, drip)).seconds, "s", at_most=40)


async def _deep(scene: Scene) -> None:
    found = await _import(scene, deep())
    # 503 says that the network is out of order and the request may be retried; 500 would be our error.
    scene.add("import answered with 500 or not at all", float(found.status in (0, 500)), "", at_most=0)
    scene.add("import answered", found.status, "")


async def _deep_after_the_post(scene: Scene) -> None:
    text = "answered with depth"
    async with scene.client() as api, scene.target.sandbox() as sandbox:
        profiles = (await sandbox.get("/control/profiles")).json()
        mine = next(one["id"] for one in profiles if one["channel"] == "bluesky" and one["name"].startswith(scene.ref))
        answer = {"status": 200, "body": "[" * DEPTH + "]" * DEPTH}
        await plant(sandbox, "bluesky", VISIBLE["bluesky"], "live_but_error", profile=mine, **answer)
        content_id = await scene.submit(api, text)
        status, seconds = await scene.ended(api, content_id, 50)
        posts = (await posts_by_text(sandbox))[text]
        assert await hits(sandbox) or status != "published", "the answer was never given"
    scene.add("posts at the network", len(posts), "", at_most=1)
    scene.add("not published in the end", float(status != "published"), "", at_most=0)
    scene.add("ended after", seconds, "s", at_most=50)


async def _shoot(scene: Scene) -> None:
    await scene.connect("bluesky")
    scene.shared["index"] = await asyncio.to_thread(clip, 1)


async def _film(scene: Scene) -> None:
    index = scene.shared["index"]
    assert isinstance(index, bytes)
    sent = [0]
    feature = film(index, MEGABYTES)

    async def answering(call: Call) -> None:
        if call.path == "/film.mp4":
            sent[0] += 1
            await feature(call)
            return
        page = (
            f'<title>x</title><meta property="og:title" content="x"><meta property="og:image" content="{own}/film.mp4">'
        )
        await call.answer(page.encode(), "text/html")

    async with serving(answering) as own, scene.client() as api:
        content_id = await scene.submit(api, "look at this film", link=f"{own}/page")
        status, seconds = await scene.ended(api, content_id, LONGEST)
    scene.add("film requested", sent[0], "times")
    scene.add("post ended after", seconds, "s", at_most=30)
    scene.add("not published in the end", float(status != "published"), "", at_most=0)


ATTACKS = (
    Attack(
        "2",
        "gzip bomb",
        "an import from a tenant's server whose kilobyte unfolds to 1.2 GB",
        "bounded reads; at most 60 MB, ≤ 10 s",
        _bomb,
        prepare=_pack,
        grows_mb=60,
    ),
    Attack("2", "drip", "the same server sends a byte each second", "a deadline on the whole call (≤ 40 s)", _drip),
    Attack(
        "5",
        "film as preview",
        f"a link whose og:image is a film of {MEGABYTES} MB",
        "at most 100 MB",
        _film,
        _shoot,
        grows_mb=100,
    ),
    Attack(
        "6",
        "deep answer",
        f"an import answered with JSON nested {DEPTH} deep",
        "a problem that says why, never a 500",
        _deep,
    ),
    Attack(
        "6",
        "deep answer after the post",
        "the same as the answer to the visible call",
        "outcome unknown, reconciled: exactly one post, published",
        _deep_after_the_post,
        prepare=connected("bluesky"),
        seconds=30,
    ),
)
