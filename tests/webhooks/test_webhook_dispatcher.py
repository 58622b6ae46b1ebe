"""The event dispatcher: a queue per endpoint, so that one endpoint never waits for another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from munadi.clock import SystemClock
from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import SendResult
from munadi.domain.webhook_schedule import BREAK_AFTER
from munadi.ports import Attempted, DueDelivery, WaitingEndpoint
from munadi.webhooks.batch import SENDS_AT_FIRST, SENDS_PER_ENDPOINT, DeliveryBatch
from munadi.webhooks.dispatcher import LANES_PER_BRAND, SLOW_LANES_PER_BRAND, EventDispatcher
from munadi.webhooks.endpoint_queue import EndpointQueue
from tests.support.waiting import wait_until

OK = SendResult(ok=True, status_code=204, duration_ms=1, error=None)
BROKEN = SendResult(ok=False, status_code=500, duration_ms=1, error="HTTP_STATUS: 500")


def due(endpoint: str, number: int, post: str | None = None) -> DueDelivery:
    return DueDelivery(
        delivery_id=f"{endpoint}-{number}",
        event_id=f"evt_{number}",
        endpoint_id=endpoint,
        content_id=post,
        url=f"https://{endpoint}.example/",
        secrets=("whsec_x",),
        body=b"{}",
        attempts=0,
    )


@dataclass
class Receiver:
    """Answers at once, or never, or with an error. Counts concurrent requests."""

    silent: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    sent: list[str] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    async def send(
        self,
        *,
        url: str,
        message_id: str,
        body: bytes,
        secrets: Sequence[str],
        timestamp: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> SendResult:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await asyncio.sleep(3600 if url in self.silent else 0.5 if url in self.slow else 0.005)
        finally:
            self.open -= 1
        self.sent.append(message_id)
        return BROKEN if url in self.broken else OK


@dataclass
class Queue:
    """Deliveries in memory, by endpoint."""

    pending: dict[str, list[DueDelivery]]
    brands: dict[str, str] = field(default_factory=dict)
    recorded: list[Attempted] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    failing_takes: int = 0

    async def waiting(self, now: datetime, holder: str) -> list[WaitingEndpoint]:
        return [WaitingEndpoint(key, self.brands.get(key)) for key, queue in self.pending.items() if queue]

    async def open(self, endpoint_id: str, holder: str, now: datetime) -> Access:
        return Access.HOLDER

    async def renew(self, endpoint_id: str, holder: str, now: datetime) -> Access:
        return Access.HOLDER

    async def take(self, endpoint_id: str, now: datetime, limit: int) -> list[DueDelivery]:
        if self.failing_takes:
            self.failing_takes -= 1
            raise OSError("the database is away")
        return self.pending[endpoint_id][:limit]

    async def record(
        self,
        endpoint_id: str,
        holder: str,
        attempted: Sequence[Attempted],
        blocked: Sequence[str],
        now: datetime,
        unsent: Collection[str] = (),
    ) -> None:
        done = {each.delivery_id for each in attempted}
        self.recorded += attempted
        self.pending[endpoint_id] = [each for each in self.pending[endpoint_id] if each.delivery_id not in done]

    async def close(self, holder: str) -> None:
        self.closed.append(holder)


@asynccontextmanager
async def running(queue: Queue, receiver: Receiver) -> AsyncIterator[EventDispatcher]:
    dispatcher = EventDispatcher(queue, receiver, SystemClock(), "me", interval=0.3)
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_silent_endpoint_delays_no_other() -> None:
    queue = Queue({"dead": [due("dead", n) for n in range(200)], "good": [due("good", n) for n in range(100)]})
    receiver = Receiver(silent=frozenset({"https://dead.example/"}))
    async with running(queue, receiver):
        await wait_until(lambda: len(receiver.sent) == 100)
        assert receiver.open == SENDS_AT_FIRST  # the share of a silent endpoint
    assert queue.pending["good"] == []
    assert queue.closed == ["me"]


async def test_events_committed_here_are_sent_without_waiting_for_the_interval() -> None:
    queue = Queue({"good": []})
    receiver = Receiver()
    dispatcher = EventDispatcher(queue, receiver, SystemClock(), "me", interval=3600)
    task = asyncio.create_task(dispatcher.run())
    await asyncio.sleep(0.3)
    for number in range(3):
        queue.pending["good"].append(due("good", number))
        dispatcher.wake()
        await wait_until(lambda sent=number + 1: len(receiver.sent) == sent)  # type: ignore[misc]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_endpoint_that_answers_gets_more_at_the_same_time() -> None:
    queue = Queue({"good": [due("good", n) for n in range(600)]})
    receiver = Receiver()
    async with running(queue, receiver):
        await wait_until(lambda: len(receiver.sent) == 600)
    assert receiver.most_open == SENDS_PER_ENDPOINT


def of_brand(count: int) -> dict[str, list[DueDelivery]]:
    """So many endpoints with an event each."""
    return {f"n{n}": [due(f"n{n}", n)] for n in range(count)}


def silent(noisy: dict[str, list[DueDelivery]]) -> Receiver:
    return Receiver(silent=frozenset(f"https://{key}.example/" for key in noisy))


async def test_one_brand_cannot_take_all_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.webhooks.endpoint_queue.SLOW_AFTER", 0.2)
    most = LANES_PER_BRAND + SLOW_LANES_PER_BRAND
    noisy = of_brand(most + 10)
    queue = Queue({**noisy, "good": [due("good", 999)]}, brands={**dict.fromkeys(noisy, "noisy"), "good": "acme"})
    receiver = silent(noisy)
    async with running(queue, receiver):
        await wait_until(lambda: receiver.sent == ["evt_999"])
        await wait_until(lambda: receiver.open == most)
        await asyncio.sleep(0.5)
        assert receiver.open == most


async def test_a_healthy_endpoint_does_not_wait_for_its_brands_slow_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.webhooks.endpoint_queue.SLOW_AFTER", 0.2)
    noisy = of_brand(LANES_PER_BRAND + 4)
    queue = Queue({**noisy, "good": []}, brands=dict.fromkeys([*noisy, "good"], "noisy"))
    receiver = silent(noisy)
    async with running(queue, receiver):
        await wait_until(lambda: receiver.open >= LANES_PER_BRAND)
        queue.pending["good"].append(due("good", 999))
        await wait_until(lambda: receiver.sent == ["evt_999"])


async def test_slow_endpoints_are_known_when_they_are_due_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """They keep to their own queues from the start then, and an endpoint that is quick again leaves them."""
    monkeypatch.setattr("munadi.webhooks.endpoint_queue.SLOW_AFTER", 0.2)
    monkeypatch.setattr("munadi.webhooks.endpoint_queue.LINGER", 0.0)
    monkeypatch.setattr("munadi.webhooks.dispatcher.LANES_PER_BRAND", 1)
    monkeypatch.setattr("munadi.webhooks.dispatcher.SLOW_LANES_PER_BRAND", 1)
    queue = Queue({"slow": [due("slow", 1)], "good": []}, brands={"slow": "acme", "good": "acme"})
    receiver = Receiver(slow=frozenset({"https://slow.example/"}))
    async with running(queue, receiver):
        await wait_until(lambda: receiver.sent == ["evt_1"] and not queue.pending["slow"])
        receiver.silent, receiver.slow = receiver.slow, frozenset()
        queue.pending["slow"].append(due("slow", 2))
        await wait_until(lambda: receiver.open == 1)
        queue.pending["good"].append(due("good", 3))
        await wait_until(lambda: receiver.sent == ["evt_1", "evt_3"])


async def test_idle_lanes_make_room_for_an_endpoint_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.webhooks.endpoint_queue.LINGER", 3600.0)
    monkeypatch.setattr("munadi.webhooks.endpoint_queue.TURN", 3600.0)
    many = of_brand(LANES_PER_BRAND * 2)
    queue = Queue(many, brands=dict.fromkeys(many, "many"))
    receiver = Receiver()
    async with running(queue, receiver):
        await wait_until(lambda: len(receiver.sent) == len(many))


async def test_an_error_of_the_database_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.webhooks.dispatcher.ERROR_PAUSE", 0.05)
    queue = Queue({"good": [due("good", 1)]}, failing_takes=2)
    receiver = Receiver()
    async with running(queue, receiver):
        await wait_until(lambda: receiver.sent == ["evt_1"])


async def test_a_failed_event_blocks_the_later_ones_of_its_post() -> None:
    receiver = Receiver(broken=frozenset({"https://a.example/"}))
    batch = DeliveryBatch([due("a", 1, "cnt_1"), due("a", 2, "cnt_1"), due("a", 3, "cnt_2")], receiver, SystemClock())
    await batch.send()
    assert sorted(each.delivery_id for each in batch.attempted) == ["a-1", "a-3"]
    assert batch.blocked == ["a-2"]


async def test_an_endpoint_gets_no_more_requests_a_second_than_it_wants() -> None:
    slow = [replace(due("slow", n), max_per_second=20) for n in range(5)]
    receiver = Receiver()
    started = asyncio.get_running_loop().time()
    async with running(Queue({"slow": slow}), receiver):
        await wait_until(lambda: len(receiver.sent) == 5)
    # Four spaces of 1/20 s: a loaded machine only makes them longer.
    assert asyncio.get_running_loop().time() - started >= 4 / 20
    assert receiver.most_open == 1


async def test_an_ordered_queue_records_a_failure_before_it_reads_on() -> None:
    queue = Queue({"a": [replace(due("a", n, f"cnt_{n}"), is_ordered=True) for n in range(2)]})
    receiver = Receiver(broken=frozenset({"https://a.example/"}))
    sending = EndpointQueue("a", queue, receiver, SystemClock(), "me", asyncio.Semaphore())
    await sending._send(DeliveryBatch(queue.pending["a"], receiver, SystemClock()))
    assert {each.delivery_id for each in queue.recorded} == {"a-0", "a-1"}


async def test_a_batch_stops_after_some_failures_in_a_row() -> None:
    receiver = Receiver(broken=frozenset({"https://a.example/"}))
    batch = DeliveryBatch([due("a", n) for n in range(32)], receiver, SystemClock())
    await batch.send()
    assert BREAK_AFTER <= len(batch.attempted) <= SENDS_AT_FIRST + BREAK_AFTER
    assert batch.blocked == []
    assert receiver.most_open == SENDS_AT_FIRST
