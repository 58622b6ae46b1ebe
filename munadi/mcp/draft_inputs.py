"""The arguments of the tools for drafts: a post of which anything may be missing."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from pydantic import Field

from munadi.domain.brand import BrandRef
from munadi.mcp.inputs import PAGE, TYPE_ID, Cursor, Input, Key, Limit, PostInput

DraftId = Annotated[str, Field(pattern=f"^drf{TYPE_ID}", description="A draft's id, drf_… (from create_post_draft).")]
Version = Annotated[
    int, Field(ge=1, description="The version that was read. If someone else changed the draft since, you are told.")
]


class DraftInput(PostInput):
    """An unfinished post, and the key that makes repeating safe."""

    brand_ref: Annotated[BrandRef, Field(description="Whose it is (list_brands shows the brandRefs).")]
    idempotency_key: (
        Annotated[
            Key,
            Field(description="Absent: derived from all other arguments, so that repeating this call is safe."),
        ]
        | None
    ) = None

    @property
    def key(self) -> str:
        """The given key, or one derived from the arguments."""
        if self.idempotency_key is not None:
            return self.idempotency_key
        canonical = json.dumps(self.payload, sort_keys=True, separators=(",", ":"))
        return f"mcp-draft-{hashlib.sha256(canonical.encode()).hexdigest()}"

    @property
    def payload(self) -> dict[str, Any]:
        """The draft as the API takes it."""
        return self.given("idempotency_key")


class DraftsInput(Input):
    """Which drafts to list."""

    brand_ref: BrandRef | None = None
    limit: Limit = PAGE
    cursor: Cursor | None = None


class DraftNamed(Input):
    """A draft by its id."""

    draft_id: DraftId


class DraftChange(PostInput):
    """Changes to a draft: absent fields stay, null removes one."""

    draft_id: DraftId
    version: Version

    @property
    def changes(self) -> dict[str, Any]:
        """What was given, nulls included."""
        return self.model_dump(mode="json", exclude_unset=True, exclude={"draft_id", "version"})


class DraftSubmission(DraftNamed):
    """A draft, in the version that was approved."""

    version: Version
