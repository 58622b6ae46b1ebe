"""Long and dangerous texts that a tenant's network server returns, which lists would repeat."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.harness.networks import VISIBLE, plant
from tests.harness.web import Call, serving
from tools.attacks.attack import Attack, Scene, Timed, timed
from tools.attacks.tenant import Mastodon, add_accounts, reply, submit_all

LONG = 940_000
POSTS, LISTS = 48, 4
SCRIPT = "javascript:alert(document.domain)"
URL_LIMIT = 2_048


def _status(number: int) -> dict[str, Any]:
    """An answer to the visible call with one long text, or a link that runs a script."""
    made = {"id": str(number), "url": "https://a.example/1", "visibility": "public", "created_at": None}
    others = [{"url": "https://a.example/" + "x" * LONG}, {"visibility": "v" * LONG}, {"url": SCRIPT}]
    return made | others[number % len(others)]


async def _answers(scene: Scene) -> None:
    numbers = iter(range(1, 10_000))

    async def publishes(call: Call) -> None:
        await reply(call, _status(next(numbers)))

    async with serving(Mastodon(publishes, {"display_name": "d" * (LONG // 2)})) as address:
        ids = await add_accounts(scene, address, 2)
        posts = await submit_all(scene, ids, POSTS)
        posts += await _long_cids(scene)
        await _ended(scene, posts)
    listed = [await _read(scene, "/v1/contents") for _ in range(LISTS)]
    scene.add(f"list of {POSTS} posts", max(one.size for one in listed) / 1e6, "MB", at_most=1)
    scene.add("list took", max(one.seconds for one in listed), "s", at_most=1)
    events, accounts = await _read(scene, "/v1/events"), await _read(scene, "/v1/accounts")
    scene.add("list of 100 events", events.size / 1e6, "MB", at_most=1)
    scene.add("list of accounts", accounts.size / 1e6, "MB", at_most=0.1)
    await _links(scene)


async def _long_cids(scene: Scene) -> list[str]:
    """Posts at Bluesky whose answer has a long `cid`."""
    await scene.connect("bluesky")
    async with scene.client() as api, scene.target.sandbox() as sandbox:
        profiles = (await sandbox.get("/control/profiles")).json()
        mine = next(one["id"] for one in profiles if one["channel"] == "bluesky" and one["name"].startswith(scene.ref))
        body = json.dumps({"uri": f"at://{mine}/app.bsky.feed.post/3kabc", "cid": "b" * LONG})
        answer = {"status": 200, "body": body, "headers": {"content-type": "application/json"}}
        await plant(sandbox, "bluesky", VISIBLE["bluesky"], "live_but_error", profile=mine, times=4, **answer)
        return [await scene.submit(api, f"cid {number}") for number in range(4)]


async def _ended(scene: Scene, posts: list[str]) -> None:
    async with scene.client() as api:
        for _ in range(30):
            address = f"/v1/contents?brandRef={scene.ref}&status=accepted&status=queued&status=publishing&limit=1"
            if not (await api.get(address, timeout=20)).json()["data"]:
                break
            await asyncio.sleep(0.5)
    scene.add("posts", len(posts))


async def _read(scene: Scene, path: str) -> Timed:
    async with scene.client(30) as api:
        return await timed(api.get(path, params={"brandRef": scene.ref, "limit": 100}))


async def _links(scene: Scene) -> None:
    """The addresses of posts that a page would link to."""
    async with scene.client(30) as api:
        listed = (await api.get("/v1/contents", params={"brandRef": scene.ref, "limit": 100})).json()["data"]
    urls = [one["providerUrl"] or "" for content in listed for one in content["publications"]]
    scene.add("longest address of a post", max(map(len, urls), default=0), "characters", at_most=URL_LIMIT)
    unsafe = sum(bool(url) and not url.startswith(("https://", "http://")) for url in urls)
    scene.add("addresses that are no web page's", unsafe, "", at_most=0)


ATTACKS = (
    Attack(
        "25",
        "long answers",
        f"a tenant's server answers {POSTS} posts with addresses and names of {LONG // 1000} kB, and with scripts",
        "texts of networks are bounded where they enter: lists ≤ 1 MB, API grows by ≤ 60 MB",
        _answers,
        grows_mb=60,
        silence=0.5,
        longest=70,
    ),
)
