"""`make bench`: first figures of this machine over real processes, printed as a table.

Ratios mean more than numbers: machines are noisy. The sandbox answers at once, so what is measured is ours.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.e2e.stack import Brand, Stack

ACCEPTS, CLIENTS = 240, 8
SPREAD, PER_SECOND = 60, 5
BURST = 60


async def accepted_per_second(brand: Brand) -> float:
    """Contents for in an hour, by eight clients at once."""
    waiting = iter(range(ACCEPTS))

    async def client() -> None:
        for number in waiting:
            await brand.submit(f"accept {number}", seconds=3600)

    began = time.monotonic()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return ACCEPTS / (time.monotonic() - began)


async def lateness(brand: Brand, count: int, spacing: float, lead: float) -> list[int]:
    """Milliseconds between due time and visible call, per content; none may be early or missing."""
    made = [await brand.submit(f"late {spacing} {n}", seconds=lead + n * spacing) for n in range(count)]
    ended = [await brand.ended(content["id"], 120) for content in made]
    late = [publication["latenessMs"] for content in ended for publication in content["publications"]]
    assert all(content["status"] == "published" for content in ended)
    assert len(late) == count
    assert min(late) >= 0
    return sorted(late)


def row(name: str, late: list[int]) -> str:
    """One line: median, 99th percentile, longest."""
    p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
    return f"{name:<36} p50 {statistics.median(late):7.0f} ms   p99 {p99:7.0f} ms   max {late[-1]:7.0f} ms"


async def measure(stack: Stack) -> None:
    """Run everything once, one after the other."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite, Temporal dev server"
    )
    async with stack.client() as api, stack.sandbox() as sandbox:
        for kind in ("pointsPerHour", "pointsPerDay"):
            limit = {"channel": "bluesky", "kind": kind, "value": 1_000_000}
            answer = await sandbox.put("/control/limits", json=limit)
            assert answer.status_code < 300, answer.text
        brand = await Brand.create(api, sandbox, "bench", "bluesky")
        print(row(f"lateness at {PER_SECOND}/s, {SPREAD} posts", await lateness(brand, SPREAD, 1 / PER_SECOND, 3)))
        print(row(f"lateness, {BURST} due at once", await lateness(brand, BURST, 0.0, 5)))
        print(f"{f'accepted per second, {CLIENTS} clients':<36} {await accepted_per_second(brand):7.0f}")


def main() -> None:
    """Start a stack in a folder of its own, measure, stop it."""
    with tempfile.TemporaryDirectory(prefix="munadi-bench-") as folder:
        stack = Stack(Path(folder)).start()
        try:
            asyncio.run(measure(stack))
        except httpx.HTTPError as error:
            print(f"the stack does not answer: {error}", file=sys.stderr)
            raise
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
