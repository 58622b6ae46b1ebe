"""Erasures: the removal of everything that Munadi has of a brand or of an account."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.model import UniqueId, WireModel


class ErasureStatus(StrEnum):
    """How far an erasure is."""

    RUNNING = "running"
    DONE = "done"


class ErasureWait(StrEnum):
    """What a running erasure waits for."""

    REQUESTS = "requests"
    PUBLISHING = "publishing"
    WORKFLOWS = "workflows"
    MEDIA = "media"
    DATABASE = "database"


class ErasureCounts(WireModel):
    """How much was erased so far."""

    posts: int = Field(0, description="Posts, with all that belongs to them.")
    publications: int = Field(0, description="Publications, of these posts and of posts that stay for other accounts.")
    accounts: int = Field(0, description="Accounts, with their tokens.")
    media: int = Field(0, description="Media files that nothing else needs.")
    left_at_networks: int = Field(
        0, description="Publications that were live at their networks. They stay there: an erasure withdraws nothing."
    )
    uncertain: int = Field(
        0, description="Publications whose outcome was not certain, so that they may be live at their networks."
    )


class ErasureView(WireModel):
    """An erasure as the API returns it."""

    id: UniqueId
    status: ErasureStatus = Field(description="`done` once nothing is left.")
    brand_ref: str | None = Field(description="The brand; null if a network asked about somebody who has no account.")
    account_id: str | None = Field(description="The account; null for a whole brand.")
    counts: ErasureCounts = Field(description="What is gone, and what stays at networks.")
    waits_for: ErasureWait | None = Field(
        description="`requests` that were under way, what is `publishing` now, `workflows` in Temporal, `media` in the "
        "store, readers of the `database`; null while it works, and at its end."
    )
    requested_at: datetime = Field(description="When it was requested.")
    ended_at: datetime | None = Field(description="When nothing was left; null before.")
