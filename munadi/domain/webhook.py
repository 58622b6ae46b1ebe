"""Webhook endpoints and deliveries as the API returns them, and the states of a delivery."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from munadi.domain.model import WireModel


class DeliveryStatus(StrEnum):
    """pending: will be tried (while its endpoint is enabled) · delivered: a 2xx came · exhausted: every try of the
    schedule failed, or the endpoint said 410 · canceled: its endpoint was deleted first."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    CANCELED = "canceled"


class DisabledReason(StrEnum):
    """Why an endpoint is disabled: it responded 410, every attempt of five days failed, or a person disabled it."""

    GONE = "GONE"
    FAILING = "FAILING"
    BY_HAND = "BY_HAND"


class Health(StrEnum):
    """ok: the last attempt succeeded, or there was none · failing: every attempt since `failingSince` failed ·
    disabled: nothing is sent until it is enabled."""

    OK = "ok"
    FAILING = "failing"
    DISABLED = "disabled"


class Payload(StrEnum):
    """full: events as they are in the log · thin: without `data.content` and `data.publication`, so without texts."""

    FULL = "full"
    THIN = "thin"


class EndpointView(WireModel):
    """A webhook endpoint. Empty `types` and `channels` mean all; no `brand_ref` means every brand."""

    id: str
    url: str
    brand_ref: str | None
    types: tuple[str, ...]
    channels: tuple[str, ...]
    description: str | None
    payload: Payload
    created_by_key: str | None
    enabled: bool
    disabled_reason: DisabledReason | None
    health: Health
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime


class EndpointWithSecret(EndpointView):
    """The response to creation and rotation. No other response shows the secret."""

    secret: str


class DeliveryAttempt(WireModel):
    """One HTTP attempt; `response_head` is the first 64 kB of the response."""

    number: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    response_head: str


class DeliveryView(WireModel):
    """The delivery of one event to one endpoint, with every attempt."""

    id: str
    event_id: str
    event_type: str
    endpoint_id: str
    content_id: str | None
    sequence: int | None
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    attempt_log: tuple[DeliveryAttempt, ...]
    created_at: datetime
    updated_at: datetime
