"""A brand that does nothing wrong and publishes at a steady rate.

Its client behaves as clients should: it retries with the same idempotency key. Lateness is the network's own time of
receipt minus the due time that was wanted, also when the API could not take the post in time. All times are seconds.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.harness.brand import Brand
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, instant, p95

LEAD = 3.0
GIVE_UP = 30.0


@dataclass(frozen=True)
class Lateness:
    """How late posts were. A post that never came counts with the time until it was given up."""

    p50: float
    p95: float
    count: int
    missing: int

    @classmethod
    def of(cls, late: Sequence[float], missing: int = 0) -> Lateness:
        return cls(statistics.median(late), p95(late), len(late), missing)


@dataclass
class Healthy:
    """The brand, and what became of its posts."""

    brand: Brand
    rate: float = 1.0
    dues: dict[str, float] = field(default_factory=dict)
    slowest_accept: float = 0.0

    async def publish(self, seconds: float, until: asyncio.Event | None = None) -> Lateness:
        """Publish for so long, and until `until` is set; wait for the last post; how late they were."""
        self.dues, self.slowest_accept = {}, 0.0
        began, posts = time.monotonic(), list[asyncio.Task[None]]()
        while time.monotonic() - began < seconds or (until is not None and not until.is_set()):
            text = f"healthy {uuid4().hex[:12]}"
            self.dues[text] = time.time() + LEAD
            posts.append(asyncio.create_task(self._submit(text, self.dues[text])))
            await asyncio.sleep(1 / self.rate)
        await asyncio.gather(*posts)
        return await self._lateness()

    async def _submit(self, text: str, due: float) -> None:
        began, key = time.monotonic(), uuid4().hex
        body: dict[str, Any] = {"brandRef": self.brand.ref, "text": text, "channels": ["bluesky"]}
        body["scheduledAt"] = instant(due)
        while time.time() < due + GIVE_UP:
            if time.time() > due - 0.5 and body.pop("scheduledAt", None):
                key = uuid4().hex  # too late for its time: at once, then
            try:
                headers = {"idempotency-key": key}
                answer = await self.brand.api.post("/v1/contents", json=body, headers=headers, timeout=20)
                if answer.status_code == 202:
                    break
                late = "TIME_IN_PAST" in answer.text  # it waited at the API until then
                assert late or answer.status_code not in (400, 401, 403, 404, 422), answer.text
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.5)
        self.slowest_accept = max(self.slowest_accept, time.monotonic() - began)

    async def _lateness(self) -> Lateness:
        deadline = time.time() + GIVE_UP
        while True:
            shown = await self._shown()
            missing = self.dues.keys() - shown.keys()
            if not missing or time.time() > deadline:
                break
            await asyncio.sleep(0.5)
        now = time.time()
        late = [max(shown.get(text, now) - due, 0.0) for text, due in self.dues.items()]
        return Lateness.of(late, len(missing))

    async def _shown(self) -> dict[str, float]:
        shown = await posts_by_text(self.brand.sandbox)
        return {text: epoch(shown[text][-1]["createdAt"]) for text in self.dues if text in shown}
