"""A megabyte of texts is judged beside the event loop, so that other requests are answered meanwhile."""

from __future__ import annotations

import asyncio
import time

from tests.api.desk import Desk


async def longest_gap(until: asyncio.Event) -> float:
    """The longest time that the event loop did not turn, in seconds."""
    longest, last = 0.0, time.perf_counter()
    while not until.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


async def test_a_megabyte_of_texts_does_not_hold_up_the_loop(desk: Desk) -> None:
    parts = ["Words that people wrote, été, 你好, 🙂. " * 300 for _ in range(50)]
    body = desk.content(channels=[{"channel": "bluesky", "parts": parts}])
    done = asyncio.Event()
    watching = asyncio.create_task(longest_gap(done))
    began = time.perf_counter()
    answer = await desk.client.post("/v1/contents/validate", json=body)
    whole = time.perf_counter() - began
    done.set()
    gap = await watching
    assert answer.json()["problems"]
    # Judged in the loop, half of the time is one gap.
    assert gap < whole / 4, f"{gap:.3f} s of {whole:.3f} s"
