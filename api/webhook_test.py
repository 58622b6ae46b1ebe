"""Sends a test event to an endpoint while the caller waits for the result."""

from __future__ import annotations

from api.process.services import Services
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryLog
from munadi.domain.webhook import DeliveryView


async def send_test(services: Services, endpoint_id: str) -> DeliveryView:
    """Create the event, send it once and record the result. A failed test is not retried."""
    log = DeliveryLog(services.database)
    store = DeliveryStore(services.database, services.keyring)
    async with services.database.write() as session:
        delivery_id = await log.test(session, endpoint_id, services.clock.now())
    due = await store.take_test(delivery_id, services.clock.now())
    if due is not None:
        result = await services.sender.send(
            url=due.url,
            message_id=due.event_id,
            body=due.body,
            secrets=due.secrets,
            timestamp=services.clock.now(),
            headers=due.headers,
        )
        await store.record_test(due, result, services.clock.now())
    found = await log.find(delivery_id)
    assert found is not None
    return found[0]
