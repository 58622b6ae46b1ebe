"""The activity that a state change calls to have its webhooks sent. The worker's event dispatcher sends them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from temporalio import activity

from activities.messages import ContentRef, DeliveryRef


class WebhookActivities:
    """`wake` starts the sending of everything that is due. It must not wait for any endpoint."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    @activity.defn(name="deliver")
    async def deliver(self, ref: ContentRef) -> int:
        """A post has new events: have them sent. It returns at once, so no endpoint can hold a slot or a workflow.

        The process that committed the events usually sends them before this runs. This covers its death in between.
        """
        self._wake()
        return 0

    @activity.defn(name="redeliver")
    async def redeliver(self, ref: DeliveryRef) -> timedelta | None:
        """Ends `RedeliverWebhook` workflows of earlier versions: the dispatcher retries what they waited for."""
        self._wake()
        return None
