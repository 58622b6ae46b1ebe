"""An event on its way to a subscriber, and what one try of sending it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.domain.model import Model


class SendResult(Model):
    """What one try came to. `ok` is a 2xx and nothing else.

    `error` is a stable code, a colon and a text for people: `HTTP_STATUS`, `REDIRECT_REFUSED`, `TIMEOUT`,
    `CONNECT_FAILED`, `TLS_FAILED`, `CONNECTION_LOST`, `PROTOCOL_ERROR`, or a code of the guard.
    `response_head` is the answer's first bytes (64 KiB at most) as text, damage replaced.
    `retry_after` is the receiver's wish, up to a day; `gone` means 410: send here no more.
    """

    ok: bool
    status_code: int | None
    duration_ms: int
    error: str | None
    response_head: str = ""
    retry_after: timedelta | None = None
    gone: bool = False

    @property
    def error_code(self) -> str | None:
        """The stable part of `error`."""
        return self.error.partition(":")[0] if self.error else None


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
