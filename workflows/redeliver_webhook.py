"""`RedeliverWebhook`: kept for runs that an earlier version started. The event dispatcher retries deliveries now."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import DeliveryRef
    from activities.webhooks import WebhookActivities
    from workflows.options import DELIVER, with_summary


@workflow.defn(name="RedeliverWebhook")
class RedeliverWebhook:
    """Ends at its next round, because the activity returns that nothing is left to do."""

    @workflow.run
    async def run(self, delivery_id: str) -> str:
        """Run until the activity says to stop; returns the number of rounds in words."""
        tries = 0
        while True:
            wait = await workflow.execute_activity_method(
                WebhookActivities.redeliver,
                DeliveryRef(delivery_id=delivery_id),
                **with_summary(DELIVER, "one try"),
            )
            tries += 1
            if wait is None:
                return f"ended after {tries} rounds"
            await workflow.sleep(wait, summary="before the next try")
