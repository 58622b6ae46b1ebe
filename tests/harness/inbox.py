"""A subscriber to webhooks. Two independent libraries verify every request."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from tests.harness.times import epoch
from tests.harness.web import Call, serving
from tests.support.events import event_problems


@dataclass
class Inbox:
    """What arrived. `failures`: requests that a library refused, and bodies unlike their schema. `delays`: seconds
    from an event's own time to its first arrival, by the event's id."""

    answers: Callable[[dict[str, Any]], int] = lambda _event: 204
    secret: str = ""
    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def listening(
        self, api: httpx.AsyncClient, named: Callable[[str], str] | None = None, **endpoint: Any
    ) -> AsyncIterator[Inbox]:
        """Listen, and subscribe at the API. `named` gives the server's address another name."""
        async with serving(self._receive) as address:
            self.url = f"{named(address) if named else address}/hook"
            self.secret = (await subscribe(api, self.url, **endpoint))["secret"]
            yield self

    def of(self, content_id: str) -> list[str]:
        """The types of a post's events, by sequence, each id once."""
        unique = {event["id"]: event for event in self.events if event["contentId"] == content_id}
        return [event["type"] for event in sorted(unique.values(), key=lambda event: event["sequence"])]

    def delays_since(self, moment: float, brand: str | None = None) -> list[float]:
        """The delays of the events from that moment on: all, or those of one brand."""
        times = {event["id"]: epoch(event["timestamp"]) for event in self.events if brand in (None, event["brandRef"])}
        return [self.delays[event_id] for event_id, sent in times.items() if sent >= moment]

    async def _receive(self, call: Call) -> None:
        arrived, status = time.time(), 500
        try:
            Webhook(self.secret).verify(call.body, call.headers)
            SvixWebhook(self.secret).verify(call.body, call.headers)
            event = json.loads(call.body)
            self.failures += event_problems(event)
            if call.headers["webhook-id"] != event["id"]:
                self.failures.append(f"{event['id']} came under another id")
            self.delays.setdefault(event["id"], arrived - epoch(event["timestamp"]))
            status = self.answers(event)
            if status < 300:
                self.events.append(event)
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error}")
        await call.head(status, content_length=0)


async def subscribe(api: httpx.AsyncClient, url: str, **fields: Any) -> dict[str, Any]:
    """The endpoint that the API created for this address."""
    answer = await api.post("/v1/webhooks/endpoints", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    endpoint: dict[str, Any] = answer.json()
    return endpoint
