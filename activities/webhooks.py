"""Events to subscribers: one HTTP try per event, beside the story and never in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity

from activities.heartbeat import heartbeats
from activities.messages import ContentRef, DeliveryRef
from munadi.ports import Clock, Deliveries, DueDelivery, Sender


class WebhookActivities:
    """`deliver` sends a content's new events; `redeliver` goes on with one that failed."""

    def __init__(self, deliveries: Deliveries, sender: Sender, clock: Clock) -> None:
        self._deliveries = deliveries
        self._sender = sender
        self._clock = clock

    @activity.defn(name="deliver")
    async def deliver(self, ref: ContentRef) -> int:
        """Try each untried delivery of a content once, in order per endpoint; how many were tried.

        When an endpoint fails, the later events to it are left to the relay: no queue builds up here.
        """
        async with heartbeats():
            due = await self._deliveries.take_first(ref.content_id, self._clock.now())
            by_endpoint: dict[str, list[DueDelivery]] = {}
            for delivery in due:
                by_endpoint.setdefault(delivery.endpoint_id, []).append(delivery)
            await asyncio.gather(*(self._in_order(queue) for queue in by_endpoint.values()))
            return len(due)

    @activity.defn(name="redeliver")
    async def redeliver(self, ref: DeliveryRef) -> timedelta | None:
        """Try one delivery if it is due; the wait until the next try, or None when there is none."""
        async with heartbeats():
            due = await self._deliveries.take(ref.delivery_id, self._clock.now())
            if not isinstance(due, DueDelivery):
                return due
            return (await self._try(due))[1]

    async def _in_order(self, queue: Sequence[DueDelivery]) -> None:
        for index, delivery in enumerate(queue):
            ok, _ = await self._try(delivery)
            if not ok:
                rest = [later.delivery_id for later in queue[index + 1 :]]
                await self._deliveries.put_back(rest, self._clock.now())
                return

    async def _try(self, delivery: DueDelivery) -> tuple[bool, timedelta | None]:
        result = await self._sender.send(
            url=delivery.url,
            message_id=delivery.event_id,
            body=delivery.body,
            secrets=delivery.secrets,
            timestamp=self._clock.now(),
        )
        return result.ok, await self._deliveries.record(delivery.delivery_id, result, self._clock.now())
