"""Posts as a client sends them: one body and one Idempotency-Key until it is answered; and what became of them.

The client's reference of a post is its key and the network shows its text, so a request, its post and what the network
shows are matched without an id of ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from temporalio.client import Client

from munadi.domain.ids import workflow_id
from tests.harness.brand import Brand
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, instant


class Observed(Protocol):
    """A running installation: a brand that sends posts, and the networks that receive them."""

    brand: Brand
    sandbox: httpx.AsyncClient


# The network's clock and the due time are given in milliseconds.
TICK = 0.002


@dataclass
class Sending:
    """A request of one client and its answers. Times are seconds since the epoch."""

    text: str
    brand_ref: str
    due: float | None = None
    media: dict[str, Any] | None = None
    fault: str = ""
    hit_at: float | None = None
    answers: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    content_ids: list[str] = field(default_factory=list)
    accepted_at: float | None = None
    slowest: float = 0.0
    posts: list[dict[str, Any]] = field(default_factory=list, repr=False)
    statuses: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.text.replace(" ", "-")

    @property
    def body(self) -> dict[str, Any]:
        at = {} if self.due is None else {"scheduledAt": instant(self.due)}
        media = {} if self.media is None else {"media": [self.media]}
        wanted = {"brandRef": self.brand_ref, "text": self.text, "channels": ["bluesky"], "clientRef": self.key}
        return {**wanted, **at, **media}

    @property
    def live_at(self) -> float | None:
        """When the network had it."""
        return min((epoch(post["createdAt"]) for post in self.posts), default=None)

    async def once(self, client: httpx.AsyncClient) -> httpx.Response | None:
        """Send the request once; None when no answer came."""
        began = time.monotonic()
        try:
            answer = await client.post("/v1/contents", json=self.body, headers={"Idempotency-Key": self.key})
        except httpx.TransportError as error:
            self.answers.append(type(error).__name__)
            return None
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers.append(str(answer.status_code))
        if answer.status_code == 202:
            self.ids.append(answer.json()["id"])
            self.accepted_at = self.accepted_at or time.time()
        return answer

    async def until_accepted(self, client: httpx.AsyncClient, within: float = 60, pause: float = 0.1) -> httpx.Response:
        """Repeat the request until it is accepted. An answer that does not invite a retry fails the test."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            answer = await self.once(client)
            if answer is not None and answer.status_code == 202:
                return answer
            assert answer is None or _may_retry(answer), f"{self}: {answer.headers} {answer.text}"
            await asyncio.sleep(pause)
        raise AssertionError(f"{self.text}: not accepted within {within} s: {self.answers}")

    def verdict(self) -> str | None:
        """What promise was broken, or None."""
        if len(self.posts) > 1:
            return "doubled"
        if len({*self.ids}) > 1 or len(self.content_ids) > 1:
            return "more than one content"
        if self.ids and self.ids[:1] != self.content_ids:
            return "an accepted content is not there"
        if self.content_ids and self.statuses != ["published"]:
            return "not published"
        if len(self.posts) != len(self.content_ids):
            return "lost" if self.content_ids else "published, and no content has it"
        if self.due is not None and self.live_at is not None and self.live_at < self.due - TICK:
            return f"early by {self.due - self.live_at:.3f} s"
        return None

    def __str__(self) -> str:
        found = f"answers {self.answers}, answered ids {self.ids}, contents {self.content_ids} {self.statuses}"
        return f"{self.text} ({self.fault}): {found}, posts {[post['id'] for post in self.posts]}"


async def collect(world: Observed, sendings: Sequence[Sending], within: float = 120) -> list[str]:
    """Wait until every post of the brand has ended, then read what the API and the network have of each request.

    Every broken promise as text. A post that has not ended in time is one.
    """
    contents = (await world.brand.all_ended(within)).values()
    posts = await posts_by_text(world.sandbox)
    for sending in sendings:
        ours = [content for content in contents if content["clientRef"] == sending.key]
        sending.content_ids = [content["id"] for content in ours]
        sending.statuses = [content["status"] for content in ours]
        sending.posts = posts[sending.text]
    return [f"{word}: {sending}" for sending in sendings if (word := sending.verdict())]


async def orphans(world: Observed, temporal: Client) -> list[str]:
    """Posts without a workflow and workflows without a post, as text."""
    contents = {workflow_id(content["id"]) for content in await world.brand.contents()}
    workflows = {one.id async for one in temporal.list_workflows("WorkflowType = 'PublishContent'")}
    return [f"{one} has no workflow" for one in contents - workflows] + [
        f"{one} has no content" for one in workflows - contents
    ]


def _may_retry(answer: httpx.Response) -> bool:
    """In flight, or temporarily unavailable: a problem document with the time to retry."""
    problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code in (409, 503) and problem and answer.headers["retry-after"].isdigit()


def soon(seconds: float) -> float:
    """A due time, to the millisecond, as it is sent."""
    return round(time.time() + seconds, 3)
