"""`RedeliverWebhook`: one delivery that failed, tried again on the contract's schedule until it ends."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.messages import DeliveryRef
    from activities.webhooks import WebhookActivities
    from workflows.options import DELIVER, told


@workflow.defn(name="RedeliverWebhook")
class RedeliverWebhook:
    """The schedule is the database's; this workflow only sleeps it off on durable timers."""

    @workflow.run
    async def run(self, delivery_id: str) -> str:
        """Try, sleep, try again; the number of tries in words."""
        tries = 0
        while True:
            wait = await workflow.execute_activity_method(
                WebhookActivities.redeliver,
                DeliveryRef(delivery_id=delivery_id),
                **told(DELIVER, "one try"),
            )
            tries += 1
            if wait is None:
                return f"ended after {tries} rounds"
            await workflow.sleep(wait, summary="before the next try")
