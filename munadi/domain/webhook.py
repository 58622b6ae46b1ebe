"""Webhook endpoints and deliveries as the API returns them, and the states of a delivery."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.model import WireModel
from munadi.domain.usage import Limit


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


class SignatureScheme(StrEnum):
    """v1: HMAC-SHA256 with a shared secret (`whsec_…`) · v1a: ed25519, verified with a public key (`whpk_…`)."""

    V1 = "v1"
    V1A = "v1a"


class Ordering(StrEnum):
    """none: a later event of a post may arrive before an earlier one that is being retried · content: it waits until
    the earlier one has arrived or was given up."""

    NONE = "none"
    CONTENT = "content"


class RecoveryStatus(StrEnum):
    """running: deliveries are being sent · done: each has succeeded or was given up · canceled: its endpoint was
    deleted."""

    RUNNING = "running"
    DONE = "done"
    CANCELED = "canceled"


class Recover(StrEnum):
    """failed: events whose delivery was given up · missed: events that were never sent to the endpoint · all: every
    event, also those that arrived, as a replay sends them."""

    FAILED = "failed"
    MISSED = "missed"
    ALL = "all"


class EndpointView(WireModel):
    """A webhook endpoint. Empty `types` and `channels` mean all; no `brand_ref` means every brand."""

    id: str
    url: str
    brand_ref: str | None
    types: tuple[str, ...]
    channels: tuple[str, ...]
    description: str | None
    payload: Payload
    signature: SignatureScheme
    public_key: str | None = Field(description="Verifies `v1a` signatures; null for `v1`.")
    ordering: Ordering
    max_per_second: int | None = Field(description="Requests a second at most; null: as many as it answers well.")
    headers: dict[str, str] = Field(description="Sent with each request. The values of secret ones show as `***`.")
    created_by_key: str | None
    enabled: bool
    disabled_reason: DisabledReason | None
    health: Health
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime


class EndpointWithSecret(EndpointView):
    """The response to creation and rotation. No other response shows the secret."""

    secret: str = Field(description="What the receiver verifies with: `whsec_…`, or the public `whpk_…` for `v1a`.")


class DeliveryAttempt(WireModel):
    """One HTTP attempt; `response_head` is the start of the response, 16 kB at most."""

    number: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    response_head: str


class Deferral(WireModel):
    """A delivery that a brand's limit keeps until the next month. A raised limit sends it at once."""

    limit: Limit
    brand_ref: str


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
    deferred: Deferral | None = Field(description="Why it waits until `nextAttemptAt`, if a brand's limit is reached.")
    waits_for_endpoint: bool = Field(description="It waits until its disabled endpoint is enabled, and is sent then.")
    attempt_log: tuple[DeliveryAttempt, ...]
    created_at: datetime
    updated_at: datetime


class DeliveryRequest(WireModel):
    """The newest request of a delivery as it was sent. Values of secret headers are masked."""

    url: str
    headers: dict[str, str]
    body: str | None = Field(
        description="The bytes that were signed, as text. Null for a key that may not read it (a full event needs "
        "`contents:read`)."
    )


class DeliveryDetail(DeliveryView):
    """A delivery with its newest request. `request` is null before the first attempt."""

    request: DeliveryRequest | None


class RecoveryView(WireModel):
    """A recovery or a replay, and its progress. `total` is the number of events found when it was asked for."""

    id: str
    endpoint_id: str
    status: RecoveryStatus
    since: datetime
    until: datetime
    types: tuple[str, ...]
    only: Recover | None
    total: int
    sent: int = Field(description="Deliveries that succeeded.")
    failed: int = Field(description="Deliveries that were given up, or canceled.")
    deferred: int = Field(description="Deliveries that a brand's limit keeps until the next month.")
    created_at: datetime
    ended_at: datetime | None
