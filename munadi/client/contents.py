"""Posts, their drafts and their files: what is more than one plain request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Unpack

import httpx

from munadi.client import generated
from munadi.client.answers import BatchResults, Content, ListedPublication, Media, MunadiEvent, Page
from munadi.client.generated import PlainContents, PlainDrafts, PlainMedia, PlainPublications
from munadi.client.metadata import json_of
from munadi.client.operations import Driver, M, every, operation, stream
from munadi.client.requests import ContentFilters, ContentRequest, PublicationFilters
from munadi.client.shapes import Submission
from munadi.client.steps import Call, Steps, StreamSteps, Upload, key_or_new, segment
from munadi.client.waiting import events_of, events_until_ended, wait_until_ended


class Publications(PlainPublications[M]):
    """`munadi.publications`: posts, each at one account."""

    @operation
    def list(self, /, **filters: Unpack[PublicationFilters]) -> Call[Page[ListedPublication]]:
        """A page of publications. Filters have the API's names: brandRef, channel, accountId, status, since, limit …"""
        return Call("GET", "/v1/publications", filters)

    list_all = every(list)


class PostEvents(generated.PostEvents[M]):
    """`munadi.contents.events`: the events of a post. Itself it may be called, as formerly."""

    @operation
    def __call__(self, content_id: str, after: int = 0) -> Steps[Sequence[MunadiEvent]]:
        """Every event of a post so far, in order; only those after that `position`, if one is given."""
        return events_of(content_id, after)


class Contents(PlainContents[M]):
    """`munadi.contents`: posts."""

    # Former names of what is about one publication.
    publications = Publications.list
    publication = Publications.get
    edit_publication = Publications.edit
    withdraw_publication = Publications.withdraw
    receipt = Publications.receipt
    resolve = Publications.resolve
    dismiss = Publications.dismiss
    undismiss = Publications.undismiss

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self.events: PostEvents[M] = PostEvents(driver)
        self.review_links: generated.ReviewLinks[M] = generated.ReviewLinks(driver)

    @operation
    def submit(self, payload: ContentRequest, idempotency_key: str | None = None) -> Call[Submission]:
        """Submit a post; the answer has the post, its idempotency key, and whether it repeats an earlier answer."""
        key = key_or_new(idempotency_key)

        def read(answer: httpx.Response) -> Submission:
            replayed = answer.headers.get("idempotent-replayed") == "true"
            return Submission(content=json_of(answer), idempotency_key=key, replayed=replayed)

        return Call("POST", "/v1/contents", body=payload, idempotency_key=key, read=read)

    @operation
    def approve(self, content_id: str, version: int, note: str | None = None) -> Call[Content]:
        """Let this version of a proposed post be published. ProblemError 412 if it has changed since."""
        headers, body = {"if-match": f'"{version}"'}, {"note": note} if note else None
        path = f"/v1/contents/{segment(content_id)}/approve"
        return Call("POST", path, body=body, headers=headers, idempotency_key=key_or_new(None))

    @operation
    def create_batch(
        self, contents: Sequence[ContentRequest], idempotency_key: str | None = None
    ) -> Call[BatchResults]:
        """Submit up to 100 posts in one request. The answer's `results` has one entry for each, in their order: its
        `status` (202: accepted), and the `content` or the `problem`. A repeat with the same key accepts no post twice.
        """
        body = {"contents": [*contents]}
        return Call("POST", "/v1/contents/batch", body=body, idempotency_key=key_or_new(idempotency_key))

    @operation
    def list(self, /, **filters: Unpack[ContentFilters]) -> Call[Page[Content]]:
        """A page of posts. Filters have the API's names: brandRef, id, status, channel, metadata={…}, limit …"""
        own = filters.pop("metadata", None) or {}
        return Call("GET", "/v1/contents", {**filters, **{f"metadata[{name}]": value for name, value in own.items()}})

    list_all = every(list)

    @stream
    def follow(self, content_id: str, *, after: int = 0, interval: float = 0.4) -> StreamSteps[MunadiEvent]:
        """Each event as it happens, the past ones first, until every publication has ended."""
        return events_until_ended(content_id, after, interval, self._driver.clock)

    @operation
    def wait(self, content_id: str, timeout: float = 300.0) -> Steps[Content]:
        """Wait until every publication has ended; returns the content, whose `status` says how.

        Waits while the API is away. After `timeout` seconds it raises NotEnded, with the content as it was last seen;
        if it was never seen, what the last try raised.
        """
        return wait_until_ended(content_id, timeout, self._driver.clock)


class Drafts(PlainDrafts[M]):
    """`munadi.drafts`: posts that are not finished."""

    @operation
    def submit(self, draft_id: str, idempotency_key: str | None = None, *, version: int | None = None) -> Call[Content]:
        """Submit it as a post; the answer means accepted. ProblemError 409 DRAFT_SUBMITTED if it is one already.

        With `version` only that version is submitted: ProblemError 412 if the draft has changed since.
        """
        headers = {} if version is None else {"if-match": f'"{version}"'}
        key = key_or_new(idempotency_key)
        return Call("POST", f"/v1/drafts/{segment(draft_id)}/submit", headers=headers, idempotency_key=key)


class MediaFiles(PlainMedia[M]):
    """`munadi.media`: files that posts use."""

    @operation
    def upload(self, brand_ref: str, file: Path, on_bytes: Callable[[int], None] | None = None) -> Call[Media]:
        """Store a local file; the answer has its `id` and what was probed.

        `on_bytes` gets the number of bytes sent so far; it starts at 0 again if the upload is repeated.
        """
        return Call("POST", "/v1/media", fields={"brandRef": brand_ref}, upload=Upload(file, on_bytes))
