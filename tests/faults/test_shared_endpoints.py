"""A receiver that cannot keep up, and two workers: both send to it, each event once, and a post's events in order."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.harness.brand import until
from tests.harness.inbox import subscribe
from tests.harness.web import Call, serving
from tests.harness.world import QUICK, World, open_plain

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
POSTS, ANSWERS_AFTER = 120, 1.5


@dataclass
class SlowInbox:
    """Takes each event after a while. `spans`: by event, when its requests began and ended."""

    url: str = ""
    endpoint: str = ""
    spans: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def receive(self, call: Call) -> None:
        event, began = json.loads(call.body), time.monotonic()
        await asyncio.sleep(ANSWERS_AFTER)
        self.events[event["id"]] = event
        self.spans[event["id"]].append((began, time.monotonic()))
        await call.head(204, content_length=0)

    @asynccontextmanager
    async def open(self, world: World, ordering: str) -> AsyncIterator[SlowInbox]:
        """Listen, as an endpoint that is disabled."""
        async with serving(self.receive) as self.url:
            made = await subscribe(world.api, self.url, ordering=ordering, enabled=False)
            self.endpoint = made["id"]
            yield self

    def out_of_order(self) -> list[str]:
        """Events whose request began before that of the one before, of the same post, had ended."""
        posts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self.events.values():
            posts[event["contentId"]].append(event)
        wrong = []
        for found in posts.values():
            found.sort(key=lambda event: int(event["sequence"]))
            for before, after in pairwise(found):
                if self.spans[after["id"]][0][0] < self.spans[before["id"]][0][1]:
                    wrong.append(after["id"])
        return wrong


async def test_two_workers_send_to_an_endpoint_that_is_behind(tmp_path: Path, postgres_url: str) -> None:
    async with open_plain(tmp_path, QUICK | {"MUNADI_DATABASE_URL": postgres_url}) as world:
        async with (
            world.stack.another_worker() as second,
            SlowInbox().open(world, "none") as free,
            SlowInbox().open(world, "content") as ordered,
        ):
            posts = [await world.brand.submit(f"slow receiver {number}") for number in range(POSTS)]
            await world.brand.all_ended(120)
            for inbox in (free, ordered):
                answer = await world.api.patch(f"/v1/webhooks/endpoints/{inbox.endpoint}", json={"enabled": True})
                assert answer.status_code == 200, answer.text

            async def all_there() -> bool:
                return await delivered(world, free) and await delivered(world, ordered)

            began = time.monotonic()
            await until(all_there, 150, 1.0)
            print(f"{sum(map(len, free.spans.values()))} events to each in {time.monotonic() - began:.0f} s")
            logs = world.stack.log_of("worker") + second.output
        for inbox in (free, ordered):
            assert len({event["contentId"] for event in inbox.events.values()}) == len(posts)
            assert {each: len(spans) for each, spans in inbox.spans.items() if len(spans) > 1} == {}
            assert f"helping another process to send to {inbox.endpoint}" in logs
        assert ordered.out_of_order() == []


async def delivered(world: World, inbox: SlowInbox) -> bool:
    """Whether nothing waits for the endpoint any more."""
    query = {"endpointId": inbox.endpoint, "status": "pending", "limit": 1}
    answer = await world.api.get("/v1/webhooks/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return not answer.json()["data"]
