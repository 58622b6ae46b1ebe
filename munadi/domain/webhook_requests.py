"""The request bodies about webhook endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from munadi.domain.brand import BrandRef
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.metadata import NewMetadata
from munadi.domain.model import WireModel
from munadi.domain.time import Instant
from munadi.domain.webhook import Ordering, Payload, Recover, SignatureScheme
from munadi.domain.webhook_headers import HEADERS_LIMIT, VALUE_LIMIT

_EXAMPLE: dict[str, Any] = {"url": "https://cms.acme.example/munadi", "types": ["content.completed"]}


class EndpointChange(WireModel):
    """What can be changed. Empty `types` and `channels` mean all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}, _EXAMPLE]})

    url: str | None = Field(None, max_length=2000, description="Where events are sent.")
    types: tuple[EventType, ...] | None = Field(
        None, max_length=len(EventType), description="Only these types of event; empty: all."
    )
    channels: tuple[ChannelName, ...] | None = Field(
        None, max_length=len(ChannelName), description="Only events about these networks; empty: all."
    )
    description: str | None = Field(None, max_length=500, description="For people.")
    payload: Payload | None = Field(
        None, description="thin: events without `data.content` and `data.publication`. full needs `contents:read`."
    )
    ordering: Ordering | None = Field(
        None, description="content: a later event of a post waits until the one before has arrived or was given up."
    )
    max_per_second: int | None = Field(None, ge=1, le=1000, description="Requests a second at most; null: no limit.")
    headers: dict[str, Annotated[str, Field(max_length=VALUE_LIMIT)]] | None = Field(
        None,
        max_length=HEADERS_LIMIT,
        description="Sent with each request, for example `Authorization`. A value of `***` keeps the one before.",
    )
    enabled: bool | None = Field(None, description="Whether events are sent.")
    metadata: NewMetadata = None


class EndpointCreate(EndpointChange):
    """A new endpoint; only `url` is required. Without `brandRef` it gets the events of all brands of the key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "brandRef": "acme"}]})

    url: str = Field(max_length=2000, description="Where events are sent.")
    brand_ref: BrandRef | None = Field(
        None, description="Only events of this brand. Null or absent: of every brand that the key may see."
    )
    signature: SignatureScheme | None = Field(None, description="v1 (default): a shared secret; v1a: a public key.")


class SecretRotation(WireModel):
    """How to rotate. Without a body the old secret also signs for 24 hours."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"revokePrevious": True}]})

    revoke_previous: bool = Field(False, description="The old secret ends at once.")
    signature: SignatureScheme | None = Field(None, description="Change the kind of signature with the secret.")


class Replay(WireModel):
    """Which events to resend: from `since` up to, but not including, `until` (default: now)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-12-01T00:00:00Z"}]})

    since: Instant = Field(description="From this time on.")
    until: Instant | None = Field(None, description="Up to this time, without it. Null: up to now.")
    types: tuple[EventType, ...] = Field(
        (), max_length=len(EventType), description="Only these types of event; empty: all."
    )


class Recovery(Replay):
    """Which events to recover: those of the range that did not arrive."""

    only: Literal[Recover.FAILED, Recover.MISSED] | None = Field(
        None, description="failed: their delivery was given up; missed: they were never sent to the endpoint"
    )


class Replayed(WireModel):
    """How many events were queued. `nextSince` is where to continue when there were too many for one call."""

    replayed: int = Field(description="How many events were queued.")
    next_since: datetime | None = Field(
        description="Where to continue when there were too many for one call; null if there were not."
    )
