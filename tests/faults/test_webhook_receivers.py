"""Receivers that misbehave in every way: each event arrives at least once, under one id, once they are well."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from munadi.webhooks.signing import verify
from tests.faults.evidence import prove, two_sizes
from tests.harness.inbox import subscribe
from tests.harness.times import instant
from tests.harness.web import Call, serving
from tests.harness.world import LATER, World, open_plain

RETRY_AFTER = 3600
BIG = b"x" * 65536
# What the log of a delivery shows of its first attempt; None: it succeeds.
EXPECTED = {
    "500": "HTTP_STATUS", "429": "HTTP_STATUS", "302": "REDIRECT_REFUSED", "410": "HTTP_STATUS",
    "silent": "TIMEOUT", "slow-loris": "TIMEOUT", "10 MB": None, "TLS error": "TLS_FAILED",
}  # fmt: skip


@dataclass
class Receiver:
    """One that misbehaves until it is `healed`. `arrived`: the ids of verified events that it took."""

    kind: str
    canary: str
    healed: bool = False
    endpoint: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    arrived: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def answer(self, call: Call) -> None:
        """Answer one request in this receiver's way."""
        event = verify(call.body, call.headers, self.endpoint["secret"])
        if call.headers["webhook-id"] != event["id"]:
            self.failures.append(f"{self.kind}: {event['id']} came under another id")
        if self.healed or self.kind == "10 MB":
            self.arrived.append(event["id"])
        if self.healed:
            await call.head(204)
        elif self.kind in ("500", "410"):
            await call.head(int(self.kind))
        elif self.kind == "429":
            await call.head(429, retry_after=RETRY_AFTER)
        elif self.kind == "302":
            await call.head(302, location=self.canary)
        elif self.kind == "silent":
            await asyncio.sleep(LATER)
        elif self.kind == "slow-loris":
            await _drip(call)
        else:
            await _flood(call)


async def _drip(call: Call) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000:
        await call.send(bytes([letter]))
        await asyncio.sleep(0.5)


async def _flood(call: Call) -> None:
    await call.head(200, content_length=160 * len(BIG))
    for _ in range(160):
        await call.send(BIG)


@asynccontextmanager
async def without_tls() -> AsyncIterator[str]:
    """An https address at which something else answers."""

    async def answer(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            out.write(b"this is not TLS\r\n")
            out.close()
            await out.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@asynccontextmanager
async def receiving(api: httpx.AsyncClient, kind: str, canary: str) -> AsyncIterator[Receiver]:
    """A receiver of accepted posts, until the block ends."""
    made = Receiver(kind, canary)

    async def answer(call: Call) -> None:
        with contextlib.suppress(ConnectionError):  # Munadi may close first
            await made.answer(call)

    async with serving(answer) as url, without_tls() as insecure:
        made.url = url
        at = insecure if kind == "TLS error" else url
        made.endpoint = await subscribe(api, at, types=["content.accepted"])
        yield made


async def first_deliveries(api: httpx.AsyncClient, receiver: Receiver) -> list[dict[str, Any]]:
    """The receiver's deliveries with an attempt, the oldest first."""
    answer = await api.get("/v1/webhooks/deliveries", params={"endpointId": receiver.endpoint["id"], "limit": 100})
    return [each for each in reversed(answer.json()["data"]) if each["attemptLog"]]


async def wait(condition: Callable[[], Awaitable[object]], within: float, what: str) -> None:
    """Wait until the condition holds; the API may be asked for it."""
    deadline = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.3)


async def judge_first_attempt(api: httpx.AsyncClient, receiver: Receiver) -> list[str]:
    """What is wrong with the log of the first attempt, or with the time of the next."""

    async def is_tried() -> bool:
        return bool(await first_deliveries(api, receiver))

    await wait(is_tried, 60, f"{receiver.kind}: nothing was tried")
    # The newest attempt may be a second one by now; the first stands in the log all the same.
    delivery = (await first_deliveries(api, receiver))[0]
    error = delivery["attemptLog"][0]["error"]
    code = error.partition(":")[0] if error else None
    wrong = [] if code == EXPECTED[receiver.kind] else [f"{receiver.kind}: {error}"]
    wrong += [f"{receiver.kind}: a long head"] if len(delivery["attemptLog"][0]["responseHead"]) > 1024 else []
    if delivery["nextAttemptAt"] and delivery["attempts"] == 1:
        tried, again = (datetime.fromisoformat(delivery[name]) for name in ("updatedAt", "nextAttemptAt"))
        least = RETRY_AFTER if receiver.kind == "429" else 5
        wait_seconds = (again - tried).total_seconds()
        # Up to a tenth more, and a moment between the attempt and its record.
        wrong += [] if least - 1 <= wait_seconds <= least * 1.1 + 1 else [f"{receiver.kind}: again in {wait_seconds} s"]
    if receiver.kind == "410":
        shown = (await api.get(f"/v1/webhooks/endpoints/{receiver.endpoint['id']}")).json()
        wrong += [] if shown["disabledReason"] == "GONE" else ["410 did not disable the endpoint"]
    return wrong


async def heal(api: httpx.AsyncClient, receiver: Receiver, since: str) -> None:
    """Let the receiver take events, and ask for what it missed."""
    receiver.healed = True
    path = f"/v1/webhooks/endpoints/{receiver.endpoint['id']}"
    answers = [
        await api.patch(path, json={"url": receiver.url, "enabled": True}),
        await api.post(f"{path}/replay", json={"since": since}),
    ]
    assert [answer.status_code for answer in answers] == [200, 202], [answer.text for answer in answers]


async def submit_while_killing(world: World, posts: int, kills: int) -> set[str]:
    """Submit posts while the sender is killed; the ids of their first events."""
    for number in range(posts):
        await world.prepare("bluesky", f"post {number}")
        if number % (posts // kills) == 1:
            await world.stack.replaced("worker", world.stack.kill("worker"))
    answer = await world.api.get("/v1/events", params={"type": "content.accepted", "limit": 100})
    return {event["id"] for event in answer.json()["data"]}


@two_sizes(timeout=1200)
async def test_every_receiver_gets_each_event_whatever_it_did(tmp_path: Path, large: bool) -> None:
    posts, kills = (80, 10) if large else (6, 2)
    since, visits = instant(time.time() - 1), []

    async def visited(call: Call) -> None:
        visits.append(call.path)
        await call.head(204)

    async with open_plain(tmp_path) as world, serving(visited) as canary, AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving(world.api, kind, canary)) for kind in EXPECTED]
        events = await submit_while_killing(world, posts, kills)
        failures = [each for one in receivers for each in await judge_first_attempt(world.api, one)]
        failures += ["the target of a redirect was called"] if visits else []
        for receiver in receivers:
            await heal(world.api, receiver, since)

        async def everything_arrived() -> bool:
            return all(events <= set(receiver.arrived) for receiver in receivers)

        try:
            await wait(everything_arrived, 120, "not everything arrived")
        except AssertionError:
            failures += [f"{one.kind}: {len(events - set(one.arrived))} events are missing" for one in receivers]
        failures += [failure for receiver in receivers for failure in receiver.failures]
    measured = {"receivers": len(receivers), "kills": kills, "events": len(events)}
    prove(
        "18", "misbehaving receivers, sender killed", trials=len(receivers) * len(events), failures=failures,
        measured=measured, large=large,
    )  # fmt: skip
    assert len(events) == posts
