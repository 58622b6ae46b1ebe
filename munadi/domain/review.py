"""Review links: one person without an account reads one proposed post, and approves or declines it once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field

from munadi.domain.approval import ApprovalStatus
from munadi.domain.durations import LONGEST_DURATION, GivenDuration
from munadi.domain.model import CreatedAt, UniqueId, WireModel

USUAL_LIFE, SHORTEST_LIFE, LONGEST_LIFE = timedelta(days=3), timedelta(minutes=1), timedelta(days=30)
# Open links of one post: each reviewer can have one of their own.
MOST_OPEN = 20

REVIEW_LINK: dict[str, Any] = {
    "id": "rvl_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "contentId": "cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "createdAt": "2027-01-14T10:00:00Z",
    "expiresAt": "2027-01-17T10:00:00Z",
    "usedAt": "2027-01-14T11:30:00Z",
    "decision": "granted",
}
REVIEW_LINK_WITH_URL: dict[str, Any] = {**REVIEW_LINK, "url": "https://munadi.acme.example/review/…"}


class ReviewLinkCreate(WireModel):
    """How long a review link may be used."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expiresIn": "P1D"}]})

    expires_in: GivenDuration = Field(
        USUAL_LIFE,
        ge=SHORTEST_LIFE,
        le=LONGEST_LIFE,
        json_schema_extra={"maxLength": LONGEST_DURATION},
        description="How long it may be used, ISO 8601: three days by default, at most 30.",
    )


class ReviewLink(WireModel):
    """A link to review one post, without its address."""

    model_config = ConfigDict(json_schema_extra={"examples": [REVIEW_LINK]})

    id: UniqueId
    content_id: str = Field(description="The post.")
    created_at: CreatedAt
    expires_at: datetime = Field(description="From then on it shows and decides nothing.")
    used_at: datetime | None = Field(description="When somebody decided by it; null: not yet.")
    decision: ApprovalStatus | None = Field(description="`granted` or `declined`; null: nothing yet.")


class ReviewLinkWithUrl(ReviewLink):
    """The response to a creation, the only one that shows the address."""

    model_config = ConfigDict(json_schema_extra={"examples": [REVIEW_LINK_WITH_URL]})

    url: str = Field(description="Whoever has it can read the post, and approve or decline it once. Shown only here.")
