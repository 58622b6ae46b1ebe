"""Texts that are compared with what a network shows."""

from __future__ import annotations

import asyncio

from tests.attacks.attack import Attack, Scene, connected
from tests.attacks.watch import busy
from tests.harness.networks import plant
from tests.hostile.texts import mentions, shown_elsewhere

LONGEST = 45.0


async def _mentions(scene: Scene) -> None:
    async with scene.client() as api, scene.target.sandbox() as sandbox:
        first = await scene.submit(api, shown_elsewhere(300), "facebook")
        status, _ = await scene.ended(api, first, 30)
        assert status == "published", status
        await plant(sandbox, "facebook", "feed", "accept_then_reset")
        before, worker = asyncio.get_running_loop().time(), scene.target.attacked()["worker"]
        used = busy(worker)
        second = await scene.submit(api, mentions(9), "facebook")
        status, seconds = await scene.ended(api, second, LONGEST)
        share = (busy(worker) - used) / (asyncio.get_running_loop().time() - before)
    scene.add("post with mentions ended after", seconds, "s", at_most=40)
    scene.add("not published in the end", float(status != "published"), "", at_most=0)
    scene.add("worker's share of a core meanwhile", share, "", at_most=0.7)


ATTACKS = (
    Attack(
        "3",
        "mentions",
        "nine mentions at Facebook, the answer is lost, and the Page has a post of 300 letters",
        "the comparison takes linear time; other posts are punctual",
        _mentions,
        prepare=connected("facebook"),
        seconds=30,
    ),
)
