"""Sends a batch of due deliveries to one endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from munadi.domain.delivery import Attempted, DueDelivery
from munadi.domain.webhook_schedule import BREAK_AFTER
from munadi.ports import Clock
from munadi.telemetry import metrics, tracing
from munadi.telemetry.tracing import OpenSpan
from munadi.webhooks.sender import WebhookSender

# How many requests one endpoint gets at the same time: at first, and at most once it has taken some without a failure.
SENDS_AT_FIRST = 8
SENDS_PER_ENDPOINT = 32


class Pace:
    """Spaces the requests to one endpoint evenly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next = 0.0

    async def turn(self, per_second: int | None) -> None:
        """Wait for the next moment at which a request may start. None: at once."""
        if per_second is None:
            return
        now = self._clock.monotonic()
        start = max(self._next, now)
        self._next = start + 1 / per_second
        await asyncio.sleep(start - now)


class DeliveryBatch:
    """Sends the events of one post in their order, and those of different posts side by side.

    `attempted` are the deliveries that were sent, in the order in which they ended; `blocked` those that wait because
    an earlier event of the same post failed.
    """

    def __init__(
        self,
        due: Sequence[DueDelivery],
        sender: WebhookSender,
        clock: Clock,
        at_once: int = SENDS_AT_FIRST,
        pace: Pace | None = None,
    ) -> None:
        self._due = due
        self._sender = sender
        self._clock = clock
        self._pace = pace or Pace(clock)
        self._slots = asyncio.Semaphore(at_once)
        self._failures = 0
        self.attempted: list[Attempted] = []
        self.blocked: list[str] = []

    @property
    def stopped(self) -> bool:
        """Whether so many attempts failed in a row that the rest of the batch was not sent."""
        return self._failures >= BREAK_AFTER

    @property
    def is_ordered(self) -> bool:
        """Whether a later event of a post waits until the earlier one has arrived."""
        return any(delivery.is_ordered for delivery in self._due)

    async def send(self) -> None:
        """Send all, but stop after some failures in a row. The circuit breaker decides when the rest is sent."""
        by_post: dict[str, list[DueDelivery]] = {}
        for delivery in self._due:
            by_post.setdefault(delivery.content_id or delivery.delivery_id, []).append(delivery)
        async with asyncio.TaskGroup() as tasks:
            for queue in by_post.values():
                tasks.create_task(self._in_order(queue))

    async def _in_order(self, queue: list[DueDelivery]) -> None:
        for index, delivery in enumerate(queue):
            async with self._slots:
                await self._pace.turn(delivery.max_per_second)
                if self.stopped:
                    return
                if delivery.due_at is not None:
                    metrics.DELIVERY_WAIT.observe(max((self._clock.now() - delivery.due_at).total_seconds(), 0.0))
                with _span(delivery) as span:
                    result = await self._sender.send(
                        url=delivery.url,
                        message_id=delivery.event_id,
                        body=delivery.body,
                        secrets=delivery.secrets,
                        timestamp=self._clock.now(),
                        headers=delivery.headers,
                    )
                    span.note(status=result.status_code)
                    if result.error is not None:
                        span.fail(result.error.partition(":")[0])
            at = self._clock.now()
            self.attempted.append(Attempted(delivery.delivery_id, result, at, delivery.payload, delivery.url))
            self._failures = 0 if result.ok else self._failures + 1
            if not result.ok:
                self.blocked += [later.delivery_id for later in queue[index + 1 :]]
                return


def _span(delivery: DueDelivery) -> OpenSpan:
    """Inside what made the event, in this process or in another."""
    return tracing.span(
        "deliver event",
        "CLIENT",
        parent=delivery.trace,
        method="POST",
        event_type=delivery.event_type,
        event_id=delivery.event_id,
        content_id=delivery.content_id,
        endpoint_id=delivery.endpoint_id,
        delivery_id=delivery.delivery_id,
    )
