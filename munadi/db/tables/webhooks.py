"""The tables of events, webhook endpoints and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, literal_column, text
from sqlmodel import Field, SQLModel, col

from munadi.db.types import instant as _at
from munadi.db.types import json_column as _json
from munadi.db.types import partial_index

# The types that every post has, which have no entry in the indexes by type: a page of them fills anyway.
FREQUENT_TYPES = (
    "content.accepted",
    "content.queued",
    "content.publish.started",
    "content.publish.succeeded",
    "content.completed",
)
HAS_A_RARE_TYPE = f"type NOT IN ({', '.join(repr(each) for each in FREQUENT_TYPES)})"
IS_NOT_DELIVERED = "status <> 'delivered'"


class EventRow(SQLModel, table=True):
    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("content_id", "sequence"),
        Index("events_by_time", "created_at"),
        # A key of one brand reads its events without reading those of the others.
        Index("events_of_brand", "brand_ref", "position"),
        partial_index("events_by_type", "type", "position", where=HAS_A_RARE_TYPE),
        partial_index("events_of_brand_by_type", "brand_ref", "type", "position", where=HAS_A_RARE_TYPE),
        Index(
            "events_to_number",
            "created_at",
            "id",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    position: int | None = Field(default=None, unique=True)
    type: str
    brand_ref: str | None = None
    content_id: str | None = Field(default=None, foreign_key="contents.id")
    publication_id: str | None = None
    sequence: int | None = None
    sns: str | None = None
    status: str | None = None
    reason: str | None = None
    data: dict[str, Any] = _json()
    is_test: bool | None = None  # about a test brand; null: about a live one, or none
    trace: str | None = None  # the span that made the change, as W3C's traceparent; null while tracing is off
    created_at: datetime = _at()


class EndpointRow(SQLModel, table=True):
    __tablename__ = "endpoints"
    # Every event reads those of its brand, and those of none.
    __table_args__ = (
        Index(
            "endpoints_of_brand",
            "brand_ref",
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    brand_ref: str | None = Field(default=None, foreign_key="brands.ref")
    url: str
    types: list[str] = _json(default_factory=list)
    channels: list[str] = _json(default_factory=list)
    description: str | None = None
    payload: str = "full"
    signature: str = "v1"
    public_key: str | None = None  # of a v1a endpoint: what its receiver verifies with
    ordering: str = "none"
    max_per_second: int | None = None
    headers: dict[str, str] = _json(default_factory=dict)  # as they are shown: the values of secret ones are masked
    sealed_headers: bytes = Field(default=b"", sa_type=LargeBinary)
    created_by_key: str | None = None
    own_metadata: dict[str, str] | None = _json(default=None)
    enabled: bool = True
    disabled_reason: str | None = None
    sealed: bytes = Field(sa_type=LargeBinary)
    failing_since: datetime | None = _at(default=None)
    # The run of failures since then, and what was reported of it: see munadi/db/webhooks/endpoint_health.py.
    failures: int = 0
    last_failure_at: datetime | None = _at(default=None)
    failing_notified_at: datetime | None = _at(default=None)
    exhausted_notified_at: datetime | None = _at(default=None)
    created_at: datetime = _at()
    updated_at: datetime = _at()
    deleted_at: datetime | None = _at(default=None)


class EndpointQueueRow(SQLModel, table=True):
    """The lease of the process that sends to an endpoint, and the endpoint's circuit breaker."""

    __tablename__ = "endpoint_queues"
    endpoint_id: str = Field(primary_key=True, foreign_key="endpoints.id")
    holder: str | None = None
    leased_until: datetime | None = _at(default=None)
    failures: int = 0  # in a row; 0 after a success
    retry_at: datetime | None = _at(default=None)  # nothing is sent before
    # The holder that lets others help, while it is the holder (munadi/db/webhooks/sharing.py).
    shared_by: str | None = None


class DeliveryRow(SQLModel, table=True):
    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index(
            "deliveries_waiting",
            "endpoint_id",
            "replayed",
            "next_attempt_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "deliveries_by_recovery",
            "recovery_id",
            "status",
            sqlite_where=text("recovery_id IS NOT NULL"),
            postgresql_where=text("recovery_id IS NOT NULL"),
        ),
        Index("deliveries_by_content", "content_id"),
        Index("deliveries_by_endpoint", "endpoint_id", "id"),
        partial_index("deliveries_by_status", "status", "id", where=IS_NOT_DELIVERED),
        Index(
            "deliveries_deferred",
            "deferred_for",
            "id",
            sqlite_where=text("deferred_for IS NOT NULL"),
            postgresql_where=text("deferred_for IS NOT NULL"),
        ),
        Index(
            "deliveries_with_bodies",
            "bodies_at",
            sqlite_where=text("bodies_at IS NOT NULL"),
            postgresql_where=text("bodies_at IS NOT NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    event_id: str = Field(foreign_key="events.id")
    endpoint_id: str = Field(foreign_key="endpoints.id")
    content_id: str | None = None
    sequence: int | None = None
    status: str = "pending"
    attempts: int = 0
    next_attempt_at: datetime | None = _at(default=None)
    replayed: bool = False  # asked for again, many at a time: sent after what is new
    recovery_id: str | None = None  # the newest recovery that asked for it
    # Counted for its brand's limit before its first attempt. Without a limit it is counted with its first attempt.
    counted: bool = False
    deferred_for: str | None = None  # the brand whose limit it waits for, until `next_attempt_at`
    log: list[dict[str, Any]] = _json(default_factory=list)
    bodies_at: datetime | None = _at(default=None)  # the time of the newest attempt whose response the log has
    created_at: datetime = _at()
    updated_at: datetime = _at()


class RecoveryRow(SQLModel, table=True):
    """A request to send an endpoint what it missed. A worker goes through its time range in steps."""

    __tablename__ = "recoveries"
    __table_args__ = (
        Index(
            "recoveries_running",
            "id",
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )
    id: str = Field(primary_key=True)
    endpoint_id: str = Field(foreign_key="endpoints.id", index=True)
    since: datetime = _at()
    until: datetime = _at()
    types: list[str] = _json(default_factory=list)
    only: str | None = None
    status: str = "running"
    total: int = 0
    scanned_at: datetime | None = _at(default=None)  # the event up to which the range was read, by time and id
    scanned_id: str | None = None
    is_scanned: bool = False
    created_at: datetime = _at()
    ended_at: datetime | None = _at(default=None)


# A condition in the words of the index `deliveries_waiting`, so that every version of SQLite may use it. For a status
# that is given as a parameter, only a SQLite that looks at its value while it plans does.
IS_PENDING = col(DeliveryRow.status) == literal_column("'pending'")
