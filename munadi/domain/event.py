"""Events: one per state change, immutable, ordered per content by `sequence`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, JsonValue

from munadi.domain.model import WireModel

DEPRECATED: dict[str, JsonValue] = {"deprecated": True}


class EventType(StrEnum):
    """The types of events. The reference page *Events and states* says when each is sent."""

    CONTENT_ACCEPTED = "content.accepted"
    CONTENT_QUEUED = "content.queued"
    CONTENT_RESCHEDULED = "content.rescheduled"
    CONTENT_UPDATED = "content.updated"
    CONTENT_CANCELED = "content.canceled"
    APPROVAL_REQUESTED = "content.approval.requested"
    APPROVAL_GRANTED = "content.approval.granted"
    APPROVAL_DECLINED = "content.approval.declined"
    PREFLIGHT_FAILED = "content.preflight.failed"
    MEDIA_CONVERTING = "content.media.converting"
    PUBLISH_STARTED = "content.publish.started"
    PUBLISH_SUCCEEDED = "content.publish.succeeded"
    PUBLISH_FAILED = "content.publish.failed"
    PUBLISH_UNCONFIRMED = "content.publish.unconfirmed"
    PUBLISH_CANCELED = "content.publish.canceled"
    PUBLISH_HELD = "content.publish.held"
    PUBLISH_RESUMED = "content.publish.resumed"
    PUBLISH_WITHDRAWN = "content.publish.withdrawn"
    PUBLISH_EDITED = "content.publish.edited"
    WITHDRAWAL_REFUSED = "content.publish.withdrawal_refused"
    WITHDRAWAL_UNCONFIRMED = "content.publish.withdrawal_unconfirmed"
    PUBLISH_VANISHED = "content.publish.vanished"
    PUBLISH_LIMITED = "content.publish.limited"
    PUBLISH_RESTORED = "content.publish.restored"
    CONTENT_COMPLETED = "content.completed"
    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_EXPIRING = "account.expiring"
    ACCOUNT_REAUTH_REQUIRED = "account.reauth_required"
    ACCOUNT_DISCONNECTED = "account.disconnected"
    CONNECTION_COMPLETED = "connection.completed"
    CONNECTION_FAILED = "connection.failed"
    CONNECTION_EXPIRED = "connection.expired"
    IMPORT_COMPLETED = "import.completed"
    SERIES_ENDED = "series.ended"
    WEBHOOK_TEST = "webhook.test"
    ENDPOINT_DISABLED = "webhook.endpoint.disabled"
    ENDPOINT_FAILING = "webhook.endpoint.failing"
    DELIVERY_EXHAUSTED = "webhook.delivery.exhausted"

    @classmethod
    def stored(cls, name: str) -> EventType:
        """The type of a stored event. One that only a newer version knows, which runs beside this one, has no member
        here: it keeps its name."""
        try:
            return cls(name)
        except ValueError:
            unknown = str.__new__(cls, name)
            unknown._name_ = unknown._value_ = name
            return unknown


class Event(WireModel):
    """An event as a subscriber receives it. Every field is always there; what does not apply is null."""

    id: str = Field(description="Unique; begins with `evt_`, the same on each attempt.")
    type: EventType = Field(description="What happened.")
    timestamp: datetime = Field(description="When it happened.")
    sequence: int | None = Field(description="Counts the events of the post; null without a post.")
    brand_ref: str | None = Field(description="The brand it is about; null if it is about none.")
    test: bool = Field(description="Whether that is a test brand, whose posts are in the sandbox alone.")
    content_id: str | None = Field(description="The post it is about; null if it is about none.")
    publication_id: str | None = Field(description="The publication it is about; null if it is about none.")
    channel: str | None = Field(description="The network it is about; null if it is about none.")
    sns: str | None = Field(description="The same as `channel`, which replaces it.", json_schema_extra=DEPRECATED)
    status: str | None = Field(description="The status after the change.")
    reason: str | None = Field(description="Why, where it is about a failure or a hold; otherwise null.")
    data: dict[str, Any] = Field(description="What changed, as it is after the change.")
