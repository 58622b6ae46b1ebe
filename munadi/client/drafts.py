"""Saved drafts: posts that are not finished."""

from __future__ import annotations

from munadi.client.directory import nothing
from munadi.client.operations import Group, M, operation
from munadi.client.shapes import Content, Json, Page
from munadi.client.steps import Call, key_or_new, post, segment


class Drafts(Group[M]):
    """`munadi.drafts`."""

    @operation
    def create(self, content: Json, idempotency_key: str | None = None) -> Call[Json]:
        """Keep an unfinished post. `problems` lists what `contents.publish` would refuse; only a brand is needed."""
        return post("/v1/drafts", content, idempotency_key)

    @operation
    def list(self, brand_ref: str | None = None, limit: int | None = None, cursor: str | None = None) -> Call[Page]:
        """A page of drafts, the newest first."""
        return Call("GET", "/v1/drafts", {"brandRef": brand_ref, "limit": limit, "cursor": cursor})

    @operation
    def get(self, draft_id: str) -> Call[Json]:
        """A draft with the problems of its last check."""
        return Call("GET", _path(draft_id))

    @operation
    def update(self, draft_id: str, changes: Json, version: int) -> Call[Json]:
        """Change a draft, null removes a field; ProblemError 412 if it changed since `version`. Never repeated."""
        return Call("PATCH", _path(draft_id), body=changes, headers={"if-match": f'"{version}"'})

    @operation
    def delete(self, draft_id: str) -> Call[None]:
        """Delete a draft."""
        return Call("DELETE", _path(draft_id), read=nothing)

    @operation
    def submit(self, draft_id: str, idempotency_key: str | None = None, *, version: int | None = None) -> Call[Content]:
        """Submit it as a post; the answer means accepted. ProblemError 409 DRAFT_SUBMITTED if it is one already.

        With `version` only that version is submitted: ProblemError 412 if the draft has changed since.
        """
        headers = {} if version is None else {"if-match": f'"{version}"'}
        key = key_or_new(idempotency_key)
        return Call("POST", f"{_path(draft_id)}/submit", headers=headers, idempotency_key=key)


def _path(draft_id: str) -> str:
    return f"/v1/drafts/{segment(draft_id)}"
