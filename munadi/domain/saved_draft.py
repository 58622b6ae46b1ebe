"""A saved draft: a post that is not finished, kept on the server until it is submitted or deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from munadi.domain.model import BrandOf, CreatedAt, UniqueId, UpdatedAt, WireModel
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.publication import Warning_


class DraftCheck(WireModel):
    """What `POST /v1/contents` would have reported when the draft was last saved."""

    valid: bool = Field(description="Whether it could be submitted as it is.")
    problems: tuple[Problem, ...] = Field(
        description=f"The first {MAX_PROBLEMS} at most, with pointers into `content`. None of them refuses the draft."
    )
    more_problems: int = Field(0, description="How many further problems there are, which are not listed.")
    warnings: tuple[Warning_, ...] = Field(description="What the network will show or publish differently.")


class SavedDraft(DraftCheck):
    """A draft with the result of its last check."""

    id: UniqueId
    brand_ref: BrandOf
    content: dict[str, Any] = Field(description="The post as far as it was written, exactly as it was sent.")
    version: int = Field(description="Counts every change; the `ETag` for `If-Match`.")
    checked_at: datetime = Field(description="When `problems` and `warnings` were found. Submitting checks again.")
    created_at: CreatedAt
    updated_at: UpdatedAt
