"""The pace of looks at a bot's messages: as many probes as a second may have, and none that is seen."""

from __future__ import annotations

import asyncio

import httpx

from munadi.channels.telegram.looking import PER_SECOND
from munadi.domain.withdrawal import PostedObject, Verdict
from tests.channels.cases.telegram_removals import NET
from tests.channels.network import answer
from tests.channels.scene_telegram import OWN, PROBE, WHO


async def test_a_look_asks_for_five_messages_in_a_second_at_most() -> None:
    moments = []

    def probed(request: httpx.Request) -> httpx.Response:
        moments.append(asyncio.get_running_loop().time())
        return answer(OWN.status_code, OWN.json())

    built = NET.bench()
    built.network.on("GET", PROBE, probed)
    few = [PostedObject(id=str(number)) for number in range(10, 10 + PER_SECOND)]
    began = asyncio.get_running_loop().time()
    assert {one.verdict for one in await built.channel.look(few, WHO)} == {Verdict.LIVE}
    assert moments[-1] - began < 0.9, "the few messages of one post do not wait"
    moments.clear()
    many = [PostedObject(id=str(number)) for number in range(10, 17)]
    assert len(await built.channel.look(many, WHO)) == len(moments) == 7
    assert all(later - earlier > 0.99 for earlier, later in zip(moments, moments[PER_SECOND:], strict=False))
