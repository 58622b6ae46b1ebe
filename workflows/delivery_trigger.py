"""Runs the `deliver` activity beside publishing: once per batch of new events, within the workflow's own task."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, CancelledError

with workflow.unsafe.imports_passed_through():
    from activities.messages import ContentRef
    from activities.webhooks import WebhookActivities
    from workflows.options import DELIVER


class DeliveryTrigger:
    """Runs `deliver` while there is something to deliver; one at a time, so that events keep their order."""

    def __init__(self) -> None:
        self._waiting = False
        self._round: asyncio.Task[None] | None = None

    def post(self, ref: ContentRef, deliveries: int) -> None:
        """Have deliveries sent that were just written."""
        if deliveries:
            self._waiting = True
            if self._round is None or self._round.done():
                self._round = asyncio.create_task(self._deliver(ref))

    async def rest(self) -> None:
        """Wait until `deliver` has run for everything posted so far."""
        if self._round is not None:
            await self._round

    async def _deliver(self, ref: ContentRef) -> None:
        while self._waiting:
            self._waiting = False
            try:
                await workflow.execute_local_activity_method(WebhookActivities.deliver, ref, **DELIVER)
            except ActivityError as error:
                if isinstance(error.cause, CancelledError):
                    raise
                # The deliveries stay in the database; the dispatcher reads what is due.
                workflow.logger.warning("deliver gave up: %s", error.cause)
