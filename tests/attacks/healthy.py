"""A brand that does nothing wrong: it publishes at a steady rate, and a webhook receiver of it listens.

Its client behaves as clients should: it retries with the same idempotency key. Lateness is the network's own time of
receipt minus the due time that was wanted, also when the API could not take the post in time. All times are seconds.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from tests.attacks.target import Target
from tests.e2e.brand import Brand, epoch
from tests.hostile.servers import Call, serving

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
        return cls(statistics.median(late), rank(late, 0.95), len(late), missing)


def rank(values: Sequence[float], share: float) -> float:
    """The value below which `share` of all are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass
class Receiver:
    """A webhook receiver that answers at once. `lags`: seconds from an event's own time to its first receipt."""

    lags: list[tuple[float, float]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def listening(self, api: httpx.AsyncClient) -> AsyncIterator[Receiver]:
        """Listen to the events of every brand."""
        async with serving(self._take) as address:
            answer = await api.post("/v1/webhooks/endpoints", json={"url": f"{address}/hook"})
            assert answer.status_code == 201, answer.text
            yield self

    def since(self, begin: float) -> list[float]:
        """The lags of what was sent since then."""
        return [lag for sent, lag in self.lags if sent >= begin]

    async def _take(self, call: Call) -> None:
        now, event = time.time(), json.loads(call.body)
        if event["id"] not in self.seen:
            self.seen.add(event["id"])
            sent = epoch(event["timestamp"])
            self.lags.append((sent, now - sent))
        await call.head(204)


@dataclass
class Healthy:
    """The brand, and what became of its posts."""

    target: Target
    brand: Brand
    rate: float = 1.0
    dues: dict[str, float] = field(default_factory=dict)
    slowest_accept: float = 0.0

    @classmethod
    async def create(cls, target: Target, api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> Healthy:
        """A new brand on one network."""
        return cls(target, await Brand.create(api, sandbox, "healthy", "bluesky"))

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
        body["scheduledAt"] = datetime.fromtimestamp(due, UTC).isoformat()
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
        answer = await self.brand.sandbox.get("/control/posts", params={"channel": "bluesky"})
        return {post["text"]: epoch(post["createdAt"]) for post in answer.json() if post["text"] in self.dues}
