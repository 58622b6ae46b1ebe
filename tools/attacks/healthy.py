"""A brand that does nothing wrong: it publishes at a steady rate, uploads pictures and receives webhooks.

Its client behaves as clients should: it retries with the same idempotency key. Lateness is the network's own time of
receipt minus the due time that was wanted, also when the API could not take the post in time. All times are seconds.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

import httpx

from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.inbox import Inbox
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, instant, p95
from tools.attacks.attack import timed

LEAD = 3.0
GIVE_UP = 30.0
PICTURE = cache(picture)


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


@dataclass(frozen=True)
class Calls:
    """How long calls took, and how many were refused or not answered."""

    p50: float = 0.0
    p95: float = 0.0
    longest: float = 0.0
    count: int = 0
    failed: int = 0

    @classmethod
    def of(cls, seconds: Sequence[float], failed: int = 0) -> Calls:
        if not seconds:
            return cls()
        return cls(statistics.median(seconds), p95(seconds), max(seconds), len(seconds), failed)


@dataclass(frozen=True)
class Felt:
    """What the brand noticed in one phase. `webhooks` are delays after the event; `failed` there never came."""

    late: Lateness
    accepts: Calls
    webhooks: Calls
    uploads: Calls

    def as_json(self) -> dict[str, Any]:
        """Lateness at the top, as older figures have it."""
        return asdict(self.late) | {name: asdict(getattr(self, name)) for name in ("accepts", "webhooks", "uploads")}


@dataclass
class Healthy:
    """The brand, its receiver, and what became of its posts. `uploads`: it uploads a picture a second, too."""

    brand: Brand
    inbox: Inbox
    channel: str = "bluesky"
    uploads: bool = False
    rate: float = 1.0
    dues: dict[str, float] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    accepts: list[float] = field(default_factory=list)
    uploaded: list[float] = field(default_factory=list)
    refused: int = 0

    async def publish(self, seconds: float, until: asyncio.Event | None = None) -> Felt:
        """Publish for so long, and until `until` is set; wait for the last post; what was noticed meanwhile."""
        self.dues, self.ids, self.accepts, self.uploaded, self.refused = {}, set(), [], [], 0
        started, began, calls = time.time(), time.monotonic(), list[asyncio.Task[None]]()
        while time.monotonic() - began < seconds or (until is not None and not until.is_set()):
            text = f"healthy {uuid4().hex[:12]}"
            self.dues[text] = time.time() + LEAD
            calls.append(asyncio.create_task(self._submit(text, self.dues[text])))
            if self.uploads:
                calls.append(asyncio.create_task(self._upload()))
            await asyncio.sleep(1 / self.rate)
        await asyncio.gather(*calls)
        late = await self._lateness()
        webhooks = await self._webhooks(started)
        return Felt(late, Calls.of(self.accepts), webhooks, Calls.of(self.uploaded, self.refused))

    async def _submit(self, text: str, due: float) -> None:
        key = uuid4().hex
        body: dict[str, Any] = {"brandRef": self.brand.ref, "text": text, "channels": [self.channel]}
        body["scheduledAt"] = instant(due)
        while time.time() < due + GIVE_UP:
            if time.time() > due - 0.5 and body.pop("scheduledAt", None):
                key = uuid4().hex  # too late for its time: at once, then
            began = time.monotonic()
            try:
                headers = {"idempotency-key": key}
                answer = await self.brand.api.post("/v1/contents", json=body, headers=headers, timeout=20)
                if answer.status_code == 202:
                    self.ids.add(answer.json()["id"])
                    return
                late = "TIME_IN_PAST" in answer.text  # it waited at the API until then
                assert late or answer.status_code not in (400, 401, 403, 404, 422), answer.text
            except httpx.HTTPError:
                pass
            finally:
                self.accepts.append(time.monotonic() - began)
            await asyncio.sleep(0.5)

    async def _upload(self) -> None:
        upload = {"file": ("a.jpg", PICTURE(), "image/jpeg")}
        found = await timed(
            self.brand.api.post("/v1/media", files=upload, data={"brandRef": self.brand.ref}, timeout=GIVE_UP)
        )
        self.uploaded.append(found.seconds)
        self.refused += found.status != 201

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

    async def _webhooks(self, started: float) -> Calls:
        """The delays of the brand's events, once the end of each of its posts was received."""
        deadline = time.time() + GIVE_UP
        while (missing := self.ids - self._completed()) and time.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        delays = self.inbox.delays_since(started, self.brand.ref)
        return Calls.of([*delays, *[GIVE_UP] * len(missing)], len(missing))

    def _completed(self) -> set[str]:
        return {event["contentId"] for event in self.inbox.events if event["type"] == "content.completed"}

    async def _shown(self) -> dict[str, float]:
        shown = await posts_by_text(self.brand.sandbox, self.channel)
        return {text: epoch(shown[text][-1]["createdAt"]) for text in self.dues if text in shown}
