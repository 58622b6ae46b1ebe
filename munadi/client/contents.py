"""Contents and their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from munadi.client.errors import NotEnded, NotReachable, ProblemError
from munadi.client.operations import Group, M, operation, stream
from munadi.client.shapes import (
    Content,
    DismissedAs,
    Event,
    Fold,
    Json,
    Outcome,
    Page,
    Publication,
    Submission,
    Validation,
)
from munadi.client.steps import Call, Emit, Pause, Steps, StreamSteps, given, key_or_new, post, segment

ENDED = frozenset({"published", "partially_published", "failed", "unconfirmed", "canceled"})
EVENTS_AT_ONCE = 100
# Seconds between polls of `wait`: a post is usually published within a second, one with a video takes minutes.
SOON, LATER = 0.25, 2.0


class Contents(Group[M]):
    """`munadi.contents`."""

    @operation
    def publish(self, payload: Json, idempotency_key: str | None = None) -> Call[Content]:
        """Submit a post. The answer means accepted, never published."""
        return post("/v1/contents", payload, idempotency_key)

    @operation
    def submit(self, payload: Json, idempotency_key: str | None = None) -> Call[Submission]:
        """As `publish`; the answer also has the idempotency key, and whether it replays an earlier call's answer."""
        key = key_or_new(idempotency_key)

        def read(answer: httpx.Response) -> Submission:
            replayed = answer.headers.get("idempotent-replayed") == "true"
            return Submission(content=answer.json(), idempotency_key=key, replayed=replayed)

        return Call("POST", "/v1/contents", body=payload, idempotency_key=key, read=read)

    @operation
    def validate(self, payload: Json) -> Call[Validation]:
        """Every problem and warning that `publish` would find, and nothing stored."""
        return post("/v1/contents/validate", payload)

    @operation
    def get(self, content_id: str) -> Call[Content]:
        """A content with its publications."""
        return _content(content_id)

    @operation
    def list(self, /, **filters: Any) -> Call[Page]:
        """A page of contents. Filters are the API's: brandRef, id, status, channel, metadata={…}, limit …"""
        own = filters.pop("metadata", None) or {}
        return Call("GET", "/v1/contents", filters | {f"metadata[{name}]": value for name, value in own.items()})

    @operation
    def update(self, content_id: str, changes: Json, version: int) -> Call[Content]:
        """Change a post before publishing starts; ProblemError 412 if it changed since `version`. Never repeated."""
        return Call("PATCH", _path(content_id), body=changes, headers={"if-match": f'"{version}"'})

    @operation
    def cancel(self, content_id: str) -> Call[Content]:
        """Cancel what has not started; ProblemError 409 TOO_LATE if everything has."""
        return post(_path(content_id, "cancel"))

    @operation
    def reschedule(
        self,
        content_id: str,
        scheduled_at: str,
        *,
        timezone: str | None = None,
        fold: Fold | None = None,
        publish_by: str | None = None,
    ) -> Call[Content]:
        """Move it to another time: with an offset, or local with an IANA zone."""
        body = given(scheduledAt=scheduled_at, timezone=timezone, fold=fold, publishBy=publish_by)
        return post(_path(content_id, "reschedule"), body)

    @operation
    def publish_now(self, content_id: str) -> Call[Content]:
        """Publish it now."""
        return post(_path(content_id, "publish-now"))

    @operation
    def retry(self, content_id: str, publication_ids: Sequence[str] | None = None) -> Call[Content]:
        """Retry failed publications, all or some."""
        body = {"publicationIds": [*publication_ids]} if publication_ids else None
        return post(_path(content_id, "retry"), body)

    @operation
    def publication(self, publication_id: str) -> Call[Publication]:
        """A publication with its attempt log."""
        return Call("GET", f"/v1/publications/{segment(publication_id)}")

    @operation
    def publications(self, /, **filters: Any) -> Call[Page]:
        """A page of publications. Filters are the API's: brandRef, channel, accountId, status, since, until, limit …"""
        return Call("GET", "/v1/publications", filters)

    @operation
    def resolve(
        self,
        publication_id: str,
        outcome: Outcome,
        *,
        provider_post_id: str | None = None,
        provider_url: str | None = None,
    ) -> Call[Publication]:
        """Resolve an unconfirmed publication with what a person saw at the network."""
        body = given(outcome=outcome, providerPostId=provider_post_id, providerUrl=provider_url)
        return post(f"/v1/publications/{segment(publication_id)}/resolve", body)

    @operation
    def dismiss(self, publication_id: str, because: DismissedAs = "not_needed") -> Call[Publication]:
        """Note that a failed publication needs no attention any more."""
        return post(f"/v1/publications/{segment(publication_id)}/dismiss", {"because": because})

    @operation
    def undismiss(self, publication_id: str) -> Call[Publication]:
        """Undo a dismissal."""
        return post(f"/v1/publications/{segment(publication_id)}/undismiss")

    @operation
    def events(self, content_id: str, after: int = 0) -> Steps[Sequence[Event]]:
        """Every event of a content so far, in order; only those after that `position`, if one is given."""
        return _events(content_id, after)

    @stream
    def follow(self, content_id: str, *, after: int = 0, interval: float = 0.4) -> StreamSteps[Event]:
        """Each event as it happens, the past ones first, until every publication has ended."""
        while True:
            # Read before the events, so that the last one is never missed.
            ended = (yield from _content(content_id))["status"] in ENDED
            for event in (yield from _events(content_id, after)):
                after = event["position"] or after
                yield Emit(event)
            if ended:
                return
            yield Pause(interval)

    @operation
    def wait(self, content_id: str, timeout: float = 300.0) -> Steps[Content]:
        """Wait until every publication has ended; returns the content, whose `status` says how.

        Waits while the API is away. After `timeout` seconds it raises NotEnded, with the content as it was last seen;
        if it was never seen, what the last try raised.
        """
        until, pause = self._driver.clock() + timeout, SOON
        seen: Content | None = None
        while True:
            left, asked, failed = until - self._driver.clock(), 0, None
            try:
                seen = yield from _content(content_id).once()
                if seen["status"] in ENDED:
                    return seen
            except (NotReachable, ProblemError) as error:
                asked, failed = _wait_asked(error), error
            if left <= 0:
                if seen is None:
                    assert failed is not None
                    raise failed
                raise NotEnded(seen, timeout) from failed
            yield Pause(min(max(pause, asked), left))
            pause = min(pause * 1.5, LATER)


def _path(content_id: str, *rest: str) -> str:
    return "/".join(["/v1/contents", segment(content_id), *rest])


def _content(content_id: str) -> Call[Content]:
    return Call("GET", _path(content_id))


def _wait_asked(error: NotReachable | ProblemError) -> int:
    """Seconds that the API asks to wait, if the error is a temporary one. Raises any other."""
    if isinstance(error, NotReachable):
        if error.is_no_address:
            raise error
        return 0
    if not error.is_temporary:
        raise error
    return error.retry_after or 0


def _events(content_id: str, after: int) -> Steps[list[Event]]:
    found: list[Event] = []
    cursor: str | int | None = after
    while cursor is not None:
        page: Page = yield from Call("GET", _path(content_id, "events"), {"after": cursor, "limit": EVENTS_AT_ONCE})
        found += page["data"]  # type: ignore[arg-type]
        cursor = page["nextCursor"]
    return found
