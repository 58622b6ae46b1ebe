"""Events: one per state change, immutable, ordered per content by `sequence`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from munadi.domain.model import WireModel


class EventType(StrEnum):
    """The types of events. The reference page *Events and states* says when each is sent."""

    CONTENT_ACCEPTED = "content.accepted"
    CONTENT_QUEUED = "content.queued"
    CONTENT_RESCHEDULED = "content.rescheduled"
    CONTENT_UPDATED = "content.updated"
    CONTENT_CANCELED = "content.canceled"
    PREFLIGHT_FAILED = "content.preflight.failed"
    PUBLISH_STARTED = "content.publish.started"
    PUBLISH_SUCCEEDED = "content.publish.succeeded"
    PUBLISH_FAILED = "content.publish.failed"
    PUBLISH_UNCONFIRMED = "content.publish.unconfirmed"
    PUBLISH_CANCELED = "content.publish.canceled"
    PUBLISH_HELD = "content.publish.held"
    PUBLISH_RESUMED = "content.publish.resumed"
    CONTENT_COMPLETED = "content.completed"
    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_EXPIRING = "account.expiring"
    ACCOUNT_REAUTH_REQUIRED = "account.reauth_required"
    ACCOUNT_DISCONNECTED = "account.disconnected"
    WEBHOOK_TEST = "webhook.test"
    ENDPOINT_DISABLED = "webhook.endpoint.disabled"
    ENDPOINT_FAILING = "webhook.endpoint.failing"
    DELIVERY_EXHAUSTED = "webhook.delivery.exhausted"


class Event(WireModel):
    """An event as a subscriber receives it. Every field is always there; what does not apply is null."""

    id: str
    type: EventType
    timestamp: datetime
    sequence: int | None
    brand_ref: str | None
    content_id: str | None
    publication_id: str | None
    sns: str | None
    status: str | None
    reason: str | None
    data: dict[str, Any]
