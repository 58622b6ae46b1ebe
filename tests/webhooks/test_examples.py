"""The example receivers handle each event once and keep the newest state, despite repetition, disorder and crashes."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.openapi.event_examples import event_example
from munadi.domain.event import EventType
from munadi.outbound.guard import Guard
from munadi.webhooks.sender import WebhookSender
from munadi.webhooks.signing import generate_secret
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until

FOLDER = Path(__file__).parents[2] / "examples" / "webhook-receiver"
SECRET = generate_secret()
KINDS = [
    EventType.CONTENT_ACCEPTED,
    EventType.PUBLISH_STARTED,
    EventType.PUBLISH_SUCCEEDED,
    EventType.CONTENT_COMPLETED,
]


@dataclass
class Example:
    """An example as a process, which a test may kill and start again on the same data."""

    argv: list[str]
    folder: Path
    port: int
    process: Process | None = None

    async def start(self) -> None:
        environment = {
            "MUNADI_WEBHOOK_SECRET": SECRET,
            "RECEIVER_DATABASE": str(self.folder / "receiver.db"),
            "RECEIVER_INBOX": str(self.folder / "inbox.jsonl"),
            "PORT": str(self.port),
        }
        self.process = Process(self.argv, log=self.folder / "receiver.log", env=environment, cwd=FOLDER)
        self.process.start()
        await wait_until(self.listens, within=90)

    def listens(self) -> bool:
        try:
            return httpx.get(f"{self.url}/posts/none").status_code == 200
        except httpx.TransportError:
            return False

    def post(self, content_id: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/posts/{content_id}", timeout=30).json()
        return found

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def python(port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", "receiver:app", "--host", LOOPBACK, "--port", str(port)]


def node(port: int) -> list[str]:
    return ["node", "receiver.mjs"]


@pytest.fixture(params=[python, node], ids=["FastAPI", "Node"])
async def example(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Example]:
    command: Callable[[int], list[str]] = request.param
    port = free_port()
    made = Example(command(port), tmp_path, port)
    await made.start()
    yield made
    if made.process is not None:
        made.process.terminate()


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    made = WebhookSender(Guard(allow_loopback=True), timeout=timedelta(seconds=60))
    yield made
    await made.aclose()


def events_of(content_id: str) -> list[dict[str, Any]]:
    """The events of one post, in order."""
    made = []
    for sequence, kind in enumerate(KINDS, start=1):
        event = event_example(kind)
        event["data"]["content"]["id"] = content_id
        made.append(event | {"id": f"evt_{content_id}_{sequence}", "contentId": content_id, "sequence": sequence})
    return made


async def send(sender: WebhookSender, example: Example, event: dict[str, Any], secret: str = SECRET) -> int | None:
    result = await sender.send(
        url=f"{example.url}/munadi",
        message_id=event["id"],
        body=json.dumps(event).encode(),
        secrets=[secret],
        timestamp=datetime.now(UTC),
    )
    return result.status_code


async def test_repeated_and_reordered_events_are_handled_once_also_across_a_crash(
    example: Example, sender: WebhookSender
) -> None:
    last = {content_id: events_of(content_id)[-1] for content_id in ("cnt_1", "cnt_2", "cnt_3")}
    sent = [event for content_id in last for event in events_of(content_id)] * 3
    random.Random(7).shuffle(sent)
    half = len(sent) // 2
    for start in range(0, half, 4):
        await asyncio.gather(*(send(sender, example, event) for event in sent[start : start + 4]))
    assert example.process is not None
    example.process.kill()
    await example.start()
    assert {await send(sender, example, event) for event in sent[half:]} == {204}

    def handled() -> bool:
        return all(example.post(content_id)["handled"] == len(KINDS) for content_id in last)

    await wait_until(handled, within=60)
    for content_id, event in last.items():
        expected = {"status": event["status"], "sequence": len(KINDS), "handled": len(KINDS)}
        assert example.post(content_id) == expected


async def test_an_event_that_munadi_did_not_sign_is_refused(example: Example, sender: WebhookSender) -> None:
    [event, *_] = events_of("cnt_1")
    assert await send(sender, example, event, generate_secret()) == 401
    assert example.post("cnt_1")["handled"] == 0
    assert await send(sender, example, event) == 204
