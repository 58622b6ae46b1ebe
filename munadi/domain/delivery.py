"""An event on its way to an endpoint, and the result of one attempt to send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from munadi.domain.model import Model
from munadi.domain.webhook import Payload


class SentRequest(Model):
    """The request of one attempt, without its body. Values of secret headers are masked."""

    url: str
    headers: dict[str, str]


class SendResult(Model):
    """The result of one attempt. `ok` is a 2xx and nothing else.

    `error` is a stable code, a colon and a text for people: `HTTP_STATUS`, `REDIRECT_REFUSED`, `TIMEOUT`,
    `CONNECT_FAILED`, `TLS_FAILED`, `CONNECTION_LOST`, `PROTOCOL_ERROR`, or a code of the guard.
    `response_head` is the start of the response body (16 KiB at most) as text; invalid bytes are replaced.
    `retry_after` is the receiver's `Retry-After`, a day at most; `gone` means 410: the endpoint wants no more.
    """

    ok: bool
    status_code: int | None
    duration_ms: int
    error: str | None
    response_head: str = ""
    retry_after: timedelta | None = None
    gone: bool = False
    request: SentRequest | None = None

    @property
    def error_code(self) -> str | None:
        """The stable part of `error`."""
        return self.error.partition(":")[0] if self.error else None


@dataclass(frozen=True)
class DueDelivery:
    """One event to post to one endpoint, complete: sending it needs no further read."""

    delivery_id: str
    event_id: str
    endpoint_id: str
    content_id: str | None
    url: str
    secrets: tuple[str, ...]
    body: bytes
    attempts: int
    due_at: datetime | None = None
    event_type: str = ""
    trace: str | None = None
    payload: Payload = Payload.FULL
    headers: Mapping[str, str] = field(default_factory=dict)
    is_ordered: bool = False
    max_per_second: int | None = None


@dataclass(frozen=True)
class WaitingEndpoint:
    """An endpoint that has deliveries due."""

    endpoint_id: str
    brand_ref: str | None


@dataclass(frozen=True)
class Attempted:
    """One delivery that was sent to `url`, with its result. `at` is when the attempt ended, `payload` what it had."""

    delivery_id: str
    result: SendResult
    at: datetime
    payload: Payload = Payload.FULL
    url: str | None = None
