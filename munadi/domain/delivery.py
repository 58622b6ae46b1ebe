"""An event on its way to a subscriber, and what one try of sending it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class SendResult:
    """One HTTP try at a subscriber. Never raised: remote behaviour is data."""

    ok: bool
    status_code: int | None
    duration_ms: int
    error: str | None
    response_head: str
    retry_after: timedelta | None = None
    gone: bool = False


@dataclass(frozen=True)
class DueDelivery:
    """One event to post to one endpoint, whole: nothing else needs to be read to send it."""

    delivery_id: str
    event_id: str
    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    body: bytes
    attempts: int
