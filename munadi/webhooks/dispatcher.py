"""Sends due events to webhook endpoints, each endpoint in a queue of its own.

A queue sends the due deliveries of one endpoint in small batches, under the endpoint's lease. A slow or dead endpoint
fills its own queue only: the queues of other endpoints, and publishing, never wait for it. The database keeps the retry
schedule and the circuit breaker, so a queue reads what is due until nothing is.

A brand with many endpoints has a limited number of queues. Slow endpoints have queues apart from the others, and queues
take short turns when endpoints wait. So a healthy endpoint does not wait for the brand's slow ones. All of them
together have few writing transactions at the same time, so that publishing and other brands find the database's writer
free.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from dataclasses import dataclass
from weakref import WeakValueDictionary

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.ports import Clock
from munadi.ports.calls import calling_for
from munadi.telemetry import metrics
from munadi.webhooks.endpoint_queue import EndpointQueue
from munadi.webhooks.sender import WebhookSender

log = logging.getLogger("munadi.dispatcher")

# Endpoints of one brand that are served at the same time, and how many slow ones beside them.
LANES_PER_BRAND = 16
SLOW_LANES_PER_BRAND = 32
# Writing transactions of one brand's queues at the same time: one runs, and another is ready.
WRITES_PER_BRAND = 2
# Seconds between two reads of the waiting endpoints.
PAUSE = 0.25
ERROR_PAUSE = 5.0


@dataclass(frozen=True)
class _Running:
    brand: str
    queue: EndpointQueue
    task: asyncio.Task[None]


class EventDispatcher:
    """Runs until it is cancelled. `holder` names this process in leases."""

    def __init__(
        self, deliveries: DeliveryStore, sender: WebhookSender, clock: Clock, holder: str, *, interval: float = 0.5
    ) -> None:
        """`interval` is how often (seconds) it looks for events that other processes committed."""
        self._deliveries = deliveries
        self._sender = sender
        self._clock = clock
        self._holder = holder
        self._interval = interval
        self._woken = asyncio.Event()
        self._running: dict[str, _Running] = {}
        # Endpoints that were slow when they were last served.
        self._slow: set[str] = set()
        # By brand; kept by its queues.
        self._writes: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def wake(self) -> None:
        """Deliveries were committed: send them now."""
        self._woken.set()
        for running in self._running.values():
            running.queue.more.set()

    async def run(self) -> None:
        """Start a queue for each endpoint that waits, at each wake and every `interval`."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self._start_queues()
                except Exception:
                    log.exception("the dispatcher could not read what is due; it tries again")
                    await asyncio.sleep(1)
                await asyncio.sleep(PAUSE)
                await _wait(self._woken, self._interval - PAUSE)
        finally:
            await self._stop_queues()

    async def _start_queues(self) -> None:
        waiting = await self._deliveries.waiting(self._clock.now(), self._holder)
        # In no fixed order, so that no endpoint of a brand is always the last.
        random.shuffle(waiting)
        used = Counter((running.brand, self._is_slow(key)) for key, running in self._running.items())
        crowded: set[tuple[str, bool]] = set()
        for endpoint in waiting:
            key, brand = endpoint.endpoint_id, endpoint.brand_ref or endpoint.endpoint_id
            if key in self._running:
                # Another process committed events: a queue that waits for more knows only those of this process.
                self._running[key].queue.more.set()
                continue
            slow = self._is_slow(key)
            if not _has_room(used[brand, False], used[brand, True], slow):
                crowded.add((brand, slow))
                continue
            used[brand, slow] += 1
            writes = self._writes.setdefault(brand, asyncio.Semaphore(WRITES_PER_BRAND))
            queue = EndpointQueue(key, self._deliveries, self._sender, self._clock, self._holder, writes)
            with calling_for(brand):
                self._running[key] = _Running(brand, queue, asyncio.create_task(self._run(key, queue)))
                metrics.QUEUES.inc()
        for key, running in self._running.items():
            if (running.brand, self._is_slow(key)) in crowded:
                running.queue.make_room()

    def _is_slow(self, endpoint_id: str) -> bool:
        running = self._running.get(endpoint_id)
        return endpoint_id in self._slow or (running is not None and running.queue.is_slow)

    async def _run(self, endpoint_id: str, queue: EndpointQueue) -> None:
        try:
            await queue.run()
        except Exception:
            log.exception("sending to %s was interrupted; it is tried again", endpoint_id)
            await asyncio.sleep(ERROR_PAUSE)
        finally:
            (self._slow.add if queue.is_slow else self._slow.discard)(endpoint_id)
            del self._running[endpoint_id]
            metrics.QUEUES.dec()

    async def _stop_queues(self) -> None:
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._deliveries.close(self._holder)


def _has_room(others: int, slow: int, wanted_slow: bool) -> bool:
    """Whether a brand with so many queues may have one more. Slow ones beyond their number take room from others."""
    if wanted_slow:
        return slow < SLOW_LANES_PER_BRAND
    return others + max(slow - SLOW_LANES_PER_BRAND, 0) < LANES_PER_BRAND


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event; returns whether it came within so many seconds."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    except TimeoutError:
        return False
    return True
