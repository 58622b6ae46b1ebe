"""Contents and their events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from munadi.client.shapes import Content, Event, Fold, Json, Page, Publication, Validation
from munadi.client.transport import Transport

ENDED = frozenset({"published", "partially_published", "failed", "unconfirmed", "canceled"})
EVENTS_AT_ONCE = 100


class Contents:
    """`munadi.contents`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def publish(self, payload: Json, idempotency_key: str | None = None) -> Content:
        """Hand the work over. The answer means accepted, never published."""
        return cast(Content, self._transport.post("/v1/contents", payload, idempotency_key=idempotency_key))

    def validate(self, payload: Json) -> Validation:
        """Every problem and warning that `publish` would find, and nothing stored."""
        return cast(Validation, self._transport.post("/v1/contents/validate", payload))

    def get(self, content_id: str) -> Content:
        """A content with its publications."""
        return cast(Content, self._transport.get(f"/v1/contents/{content_id}"))

    def list(self, **filters: Any) -> Page:
        """A page of contents. Filters are the API's: brandRef, status, channel, scheduledFrom, limit, cursor …"""
        return cast(Page, self._transport.get("/v1/contents", filters))

    def update(self, content_id: str, changes: Json, version: int) -> Content:
        """Change what is not yet claimed; 412 when somebody changed it since `version`."""
        headers = {"if-match": f'"{version}"'}
        answer = self._transport.send("PATCH", f"/v1/contents/{content_id}", body=changes, headers=headers)
        return cast(Content, answer.json())

    def cancel(self, content_id: str) -> Content:
        """Withdraw what is not yet claimed; ProblemError 409 TOO_LATE when nothing could be."""
        return cast(Content, self._transport.post(f"/v1/contents/{content_id}/cancel"))

    def reschedule(
        self, content_id: str, scheduled_at: str, *, timezone: str | None = None, fold: Fold | None = None
    ) -> Content:
        """Move it to another time: with an offset, or local with an IANA zone."""
        given = {"scheduledAt": scheduled_at, "timezone": timezone, "fold": fold}
        body = {name: value for name, value in given.items() if value is not None}
        return cast(Content, self._transport.post(f"/v1/contents/{content_id}/reschedule", body))

    def publish_now(self, content_id: str) -> Content:
        """Do not wait for its time."""
        return cast(Content, self._transport.post(f"/v1/contents/{content_id}/publish-now"))

    def retry(self, content_id: str, publication_ids: Sequence[str] | None = None) -> Content:
        """Try failed publications again, all or some."""
        body = {"publicationIds": [*publication_ids]} if publication_ids else None
        return cast(Content, self._transport.post(f"/v1/contents/{content_id}/retry", body))

    def publication(self, publication_id: str) -> Publication:
        """A publication with its attempt log."""
        return cast(Publication, self._transport.get(f"/v1/publications/{publication_id}"))

    def events(self, content_id: str, after: int = 0) -> Sequence[Event]:
        """Every event of a content so far, in order; only those after that `position`, if one is given."""
        found: list[Event] = []
        cursor: str | int | None = after
        while cursor is not None:
            page = self._transport.get(f"/v1/contents/{content_id}/events", {"after": cursor, "limit": EVENTS_AT_ONCE})
            found += page["data"]
            cursor = page["nextCursor"]
        return found

    def follow(
        self,
        content_id: str,
        *,
        after: int = 0,
        interval: float = 0.4,
        pause: Callable[[float], None] = time.sleep,
    ) -> Iterator[Event]:
        """Each event as it happens, the past ones first, until every publication has ended."""
        while True:
            # Read before the events, so that the last one is never missed.
            ended = self.get(content_id)["status"] in ENDED
            for event in self.events(content_id, after):
                after = event["position"] or after
                yield event
            if ended:
                return
            pause(interval)
