"""Webhook endpoints and deliveries as the API returns them, and the states of a delivery."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.metadata import OwnMetadata
from munadi.domain.model import CreatedAt, UniqueId, UpdatedAt, WireModel
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
    """A webhook endpoint as it is stored. It shows no secret."""

    id: UniqueId
    url: str = Field(description="Where events are sent.")
    brand_ref: str | None = Field(description="Only events of this brand; null: of every brand.")
    types: tuple[str, ...] = Field(description="Only these types of event; empty: all.")
    channels: tuple[str, ...] = Field(description="Only events about these networks; empty: all.")
    description: str | None = Field(description="For people.")
    payload: Payload = Field(description="Whether events carry the texts of posts.")
    signature: SignatureScheme = Field(description="How requests are signed.")
    public_key: str | None = Field(description="Verifies `v1a` signatures; null for `v1`.")
    ordering: Ordering = Field(description="Whether the events of a post keep their order.")
    max_per_second: int | None = Field(description="Requests a second at most; null: as many as it answers well.")
    headers: dict[str, str] = Field(description="Sent with each request. The values of secret ones show as `***`.")
    created_by_key: str | None = Field(description="The id of the API key that made it.")
    metadata: OwnMetadata = {}
    enabled: bool = Field(description="Whether events are sent.")
    disabled_reason: DisabledReason | None = Field(description="Why it is disabled; null while it is enabled.")
    health: Health = Field(description="How the last attempts went.")
    failing_since: datetime | None = Field(
        description="When the first of the failed attempts in a row was; null if the last one succeeded."
    )
    created_at: CreatedAt
    updated_at: UpdatedAt


class EndpointWithSecret(EndpointView):
    """The response to creation and rotation. No other response shows the secret."""

    secret: str = Field(description="What the receiver verifies with: `whsec_…`, or the public `whpk_…` for `v1a`.")


class DeliveryAttempt(WireModel):
    """One HTTP attempt of a delivery, and what came back."""

    number: int = Field(description="Counts from 1.")
    at: datetime = Field(description="When it happened.")
    duration_ms: int = Field(description="How long it took, in milliseconds.")
    status_code: int | None = Field(description="The HTTP status of the response; null if none came.")
    error: str | None = Field(description="Why no response came; null if one did.")
    response_head: str = Field(description="The start of the response, 16 kB at most.")


class Deferral(WireModel):
    """A delivery that a brand's limit keeps until the next month. A raised limit sends it at once."""

    limit: Limit = Field(description="The limit that is used up.")
    brand_ref: str = Field(description="The brand whose limit it is.")


class DeliveryView(WireModel):
    """The delivery of one event to one endpoint, with every attempt."""

    id: UniqueId
    event_id: str = Field(description="The event that is delivered.")
    event_type: str = Field(description="The type of the event.")
    endpoint_id: str = Field(description="The endpoint it belongs to.")
    content_id: str | None = Field(description="The post it belongs to.")
    sequence: int | None = Field(description="The event's `sequence`.")
    status: DeliveryStatus = Field(description="Whether the event has arrived.")
    attempts: int = Field(description="How many attempts there were.")
    next_attempt_at: datetime | None = Field(
        description="When it is tried again; null if it is not, or while `waitsForEndpoint`."
    )
    deferred: Deferral | None = Field(description="Why it waits until `nextAttemptAt`, if a brand's limit is reached.")
    waits_for_endpoint: bool = Field(description="It waits until its disabled endpoint is enabled, and is sent then.")
    attempt_log: tuple[DeliveryAttempt, ...] = Field(description="Every attempt, the first one first.")
    created_at: CreatedAt
    updated_at: UpdatedAt


class DeliveryRequest(WireModel):
    """The newest request of a delivery as it was sent. Values of secret headers are masked."""

    url: str = Field(description="The address that it was sent to.")
    headers: dict[str, str] = Field(description="The headers, secret values hidden.")
    body: str | None = Field(
        description="The bytes that were signed, as text. Null for a key that may not read it (a full event needs "
        "`contents:read`)."
    )


class DeliveryDetail(DeliveryView):
    """A delivery with its newest request. `request` is null before the first attempt."""

    request: DeliveryRequest | None = Field(
        description="The last request as it was sent; null if it is not stored any more."
    )


class RecoveryView(WireModel):
    """A recovery or a replay, and its progress. `total` is the number of events found when it was asked for."""

    id: UniqueId
    endpoint_id: str = Field(description="The endpoint it belongs to.")
    status: RecoveryStatus = Field(description="Whether it is still running.")
    since: datetime = Field(description="From this time on.")
    until: datetime = Field(description="Up to this time, without it. Null: up to now.")
    types: tuple[str, ...] = Field(description="Only these types of event; empty: all.")
    only: Recover | None = Field(
        description="Only failed deliveries, only missed ones, or all events (a replay); null: failed and missed ones."
    )
    total: int = Field(description="How many deliveries it covers.")
    sent: int = Field(description="Deliveries that succeeded.")
    failed: int = Field(description="Deliveries that were given up, or canceled.")
    deferred: int = Field(description="Deliveries that a brand's limit keeps until the next month.")
    created_at: CreatedAt
    ended_at: datetime | None = Field(description="When it ended; null while it has not.")
