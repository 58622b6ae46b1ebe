"""A post: its drafts, the roll-up of its publications, and the form that the API returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from munadi.domain.bounds import ShownId, WebAddress
from munadi.domain.failure import Failure
from munadi.domain.media import MediaAsset
from munadi.domain.model import WireModel
from munadi.domain.publication import Dismissal, Hold, PublicationStatus, Warning_


class ContentStatus(StrEnum):
    """The status of a post, computed from its publications."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    PARTIALLY_PUBLISHED = "partially_published"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    CANCELED = "canceled"


class Draft(WireModel):
    """What one publication will show at its network: overrides applied, media probed, link placed."""

    text: str = ""
    link: str | None = None
    media: tuple[MediaAsset, ...] = ()
    first_comment: str | None = None
    parts: tuple[str, ...] = ()
    options: dict[str, Any] = {}

    @property
    def media_bytes(self) -> int:
        """The size of all its media."""
        return sum(media.bytes for media in self.media)


class PublicationDraft(Draft):
    """A draft with the constant facts of its publication, from which a channel may derive a key."""

    publication_id: str
    created_at: datetime
    due_at: datetime


class Rollup(WireModel):
    """The number of publications in each status."""

    total: int
    accepted: int = 0
    queued: int = 0
    publishing: int = 0
    published: int = 0
    failed: int = 0
    unconfirmed: int = 0
    canceled: int = 0


class PublicationView(WireModel):
    """A publication as the API returns it."""

    id: str
    channel: str
    account_id: str
    status: PublicationStatus
    scheduled_at: datetime
    published_at: datetime | None
    lateness_ms: int | None
    provider_post_id: ShownId | None
    provider_url: WebAddress
    failure: Failure | None
    dismissal: Dismissal | None
    hold: Hold | None
    attempts: int
    warnings: tuple[Warning_, ...]


class ContentView(WireModel):
    """A post as the API returns it, with all that a reader needs to see what happened and what to do."""

    id: str
    brand_ref: str
    status: ContentStatus
    scheduled_at: datetime
    timezone: str | None
    publish_by: datetime
    text: str | None
    media: tuple[MediaAsset, ...]
    link: str | None
    client_ref: str | None
    metadata: dict[str, str] = Field({}, description="Names and texts of the client's own.")
    version: int
    draft_version: int
    created_at: datetime
    updated_at: datetime
    workflow_id: str
    publications: tuple[PublicationView, ...]
    warnings: tuple[Warning_, ...]
    rollup: Rollup


def count(statuses: Iterable[PublicationStatus]) -> Rollup:
    """The roll-up in numbers."""
    # Counted as texts: every post of a list needs this, and members of an enum are slow to compare.
    given = Counter(status.value for status in statuses)
    return Rollup(total=given.total(), **given)
