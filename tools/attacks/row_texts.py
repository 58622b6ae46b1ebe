"""Texts that are long to count, and texts that are compared with what a network shows."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

import psutil

from tests.harness.networks import plant
from tests.hostile.texts import mentions, shown_elsewhere
from tools.attacks.attack import Attack, Scene, Timed, connected, timed
from tools.attacks.watch import busy

LONGEST = 45.0
# A search for addresses may begin at every bracket of this text, and end nowhere.
BRACKETS, PIECE = "https://a.com/((", 16
SHORT, LONG, AT_ONCE, TARGETS = 49_900, 100_000, 8, 50
GIVE_UP = 12.0


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


async def _check(scene: Scene, length: int, targets: int = 1, path: str = "/v1/contents/validate") -> Timed:
    """Let a text of brackets be checked for X."""
    text = BRACKETS * (length // PIECE)
    target: Any = {"channel": "x", "accountId": scene.shared["account"]}
    body = {"brandRef": scene.ref, "text": text, "channels": [target] * targets}
    async with scene.client(GIVE_UP) as api:
        return await timed(api.post(path, json=body))


async def _brackets(scene: Scene) -> None:
    found = {
        f"{SHORT} characters": await _check(scene, SHORT),
        "as a post": await _check(scene, SHORT, 1, "/v1/contents"),
    }
    found[f"to {TARGETS} targets"] = await _check(scene, 10_000, TARGETS)
    for name, one in found.items():
        scene.add(f"{name}: seconds", one.seconds, "s", at_most=1)
    together = await asyncio.gather(*(_check(scene, LONG) for _ in range(AT_ONCE)))
    scene.add(f"{AT_ONCE} of {LONG // 1000} kB at once: slowest", max(one.seconds for one in together), "s", at_most=2)
    failed = sum(one.failed for one in [*found.values(), *together])
    scene.add("answered with 5xx or not at all", failed, "", at_most=0)


async def _x_account(scene: Scene) -> None:
    await scene.connect("x")
    async with scene.client() as api:
        listed = (await api.get("/v1/accounts", params={"brandRef": scene.ref})).json()["data"]
    scene.shared["account"] = listed[0]["id"]


async def _terminate(scene: Scene) -> None:
    """SIGTERM while such texts are checked: the seconds until the process has ended."""
    pid = scene.target.attacked()["api"]
    checks = [asyncio.create_task(_check(scene, LONG)) for _ in range(AT_ONCE)]
    await asyncio.sleep(1)
    os.kill(pid, signal.SIGTERM)
    began = time.monotonic()
    while psutil.pid_exists(pid) and time.monotonic() - began < 30:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    scene.add("API ended after SIGTERM within", time.monotonic() - began, "s", at_most=10)
    for check in checks:
        check.cancel()
    await asyncio.gather(*checks, return_exceptions=True)


ATTACKS = (
    Attack(
        "22",
        "brackets",
        f"X texts of `{BRACKETS}` repeated: {SHORT} characters, to {TARGETS} targets, {AT_ONCE} of {LONG // 1000} kB",
        "linear time, ≤ 1 s; others' uploads and accepts are not felt; SIGTERM ends the process",
        _brackets,
        prepare=_x_account,
        after=_terminate,
        silence=0.5,
        uploads=True,
        longest=60,
    ),
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
