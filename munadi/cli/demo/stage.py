"""What the scenarios of the demo use: a client, the sandbox's control API, a webhook subscriber, expectations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from munadi.cli.demo.footage import Footage
from munadi.cli.demo.sandbox import SandboxControl
from munadi.cli.demo.timeline import Timeline
from munadi.cli.webhooks.receiver import Received
from munadi.client import Client
from munadi.client.shapes import Content
from munadi.process.exits import CommandFailed

# Two brands, each with an account of its own at every network.
ACME, BAZAAR = "acme", "bazaar"
WEBHOOKS_WITHIN = 15.0
WITHDRAWN_WITHIN = 90.0
INTERVAL = 0.1
ALT = "An orange umbrella in the rain"


class Interrupted(Exception):
    """The demo is to stop before its end: raised in a pause."""


@dataclass
class Subscriber:
    """A webhook subscriber. It stores the events that it received, and the requests that it refused."""

    timeline: Timeline
    events: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def __call__(self, received: Received) -> None:
        if received.event is None:
            self.refused.append(received.refused or "")
            self.timeline.says("webhook", (f"refused: {received.refused}", "red"))
        elif not received.again:
            self.events[received.event["id"]] = received.event


@dataclass
class Stage:
    """Everything a scenario of the demo needs. `profiles`: brand, then channel, to the id of the account there."""

    client: Client
    networks: SandboxControl
    timeline: Timeline
    subscriber: Subscriber
    footage: Footage
    profiles: Mapping[str, Mapping[str, str]]
    stop: threading.Event

    def pause(self, seconds: float) -> None:
        """Sleep, unless the demo is to stop."""
        pause(self.stop, seconds)

    def picture(self, brand: str) -> dict[str, str]:
        """The picture, as media of a post."""
        return {"id": self._upload(brand, self.footage.picture), "alt": ALT}

    def clip(self, brand: str) -> dict[str, str]:
        """The video, as media of a post."""
        return {"id": self._upload(brand, self.footage.clip)}

    def submit(self, brand: str, **fields: Any) -> Content:
        """Submit a post of this brand; the demo fails unless it is accepted."""
        content = self.client.contents.publish(cast(Any, {"brandRef": brand, **fields}))
        expect(content["status"] == "accepted", "a new content is accepted", content["status"])
        return content

    def follow(self, content_id: str, after: int = 0) -> Content:
        """Print each status change until every publication has ended; returns the post."""
        for event in self.client.contents.follow(content_id, after=after, interval=INTERVAL):
            self.timeline.event(event)
        return self.client.contents.get(content_id)

    def await_status(self, content_id: str, status: str) -> None:
        """Wait until the post has that status."""
        self._wait(lambda: self.client.contents.get(content_id)["status"] == status)

    def await_withdrawn(self, content_id: str) -> Content:
        """The post once all that was to be withdrawn of it is; the demo fails if that does not come."""

        def statuses() -> list[str]:
            publications = self.client.contents.get(content_id)["publications"]
            return [each["status"] for publication in publications if (each := publication.get("withdrawal"))]

        self._wait(lambda: set(statuses()) == {"withdrawn"}, WITHDRAWN_WITHIN)
        expect(set(statuses()) == {"withdrawn"}, "the post is withdrawn", str(statuses()))
        return self.client.contents.get(content_id)

    def last_position(self, content_id: str) -> int:
        """The position of the newest event in the log."""
        return max(event["position"] or 0 for event in self.client.contents.events(content_id))

    def await_webhooks(self, content_id: str) -> None:
        """Wait until the subscriber has received and verified every event of the post."""
        wanted = {event["id"] for event in self.client.contents.events(content_id)}
        self._wait(lambda: wanted <= self.subscriber.events.keys())
        missing = wanted - self.subscriber.events.keys()
        expect(not missing, "every event arrives as a webhook", f"{len(missing)} of {len(wanted)} missing")
        expect(not self.subscriber.refused, "every signature is right", str(self.subscriber.refused))
        self.timeline.says("webhooks", f"{len(wanted)}, one per status change, every signature verified")

    def _upload(self, brand: str, file: Path) -> str:
        return str(self.client.media.upload(brand, file)["id"])

    def _wait(self, done: Callable[[], bool], within: float = WEBHOOKS_WITHIN) -> None:
        waited = 0.0
        while not done() and waited < within:
            self.pause(INTERVAL)
            waited += INTERVAL


def pause(stop: threading.Event, seconds: float) -> None:
    """Sleep; Interrupted as soon as the demo is to stop."""
    if stop.wait(seconds):
        raise Interrupted


def expect(holds: bool, promise: str, found: str) -> None:
    """CommandFailed unless the condition holds."""
    if not holds:
        raise CommandFailed(f"not as it should be: {promise}; found: {found}")
