"""A post: its drafts, the roll-up of its publications, and the form that the API returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel

from munadi.domain.approval import Approval
from munadi.domain.bounds import ShownId, WebAddress
from munadi.domain.edits import PostEdit
from munadi.domain.failure import Failure
from munadi.domain.fitting import Fit, FitMode, PlannedRendition, Rendition
from munadi.domain.liveness import Liveness
from munadi.domain.media import MediaAsset
from munadi.domain.metadata import Metadata
from munadi.domain.model import MAX_ZONE, BrandOf, ChannelOf, CreatedAt, UniqueId, UpdatedAt, WireModel
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.publication import Dismissal, Hold, PublicationStatus, Warning_
from munadi.domain.withdrawal import Withdrawal


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

    text: str = Field("", description="The text, or null without one.")
    link: str | None = Field(
        None, description="The attached address: a preview where the network has one, otherwise appended to the text."
    )
    media: tuple[MediaAsset, ...] = Field((), description="Pictures, videos and documents, in their order.")
    first_comment: str | None = Field(None, description="A comment that is posted beneath the post.")
    parts: tuple[str, ...] = Field((), description="The further posts of a thread, where the network has threads.")
    options: dict[str, Any] = Field(
        {}, description="Options of the network, as its `options` schema in `GET /v1/channels` describes them."
    )
    renditions: tuple[PlannedRendition, ...] = Field(
        (), description="What is made of files that the network does not take as they are, and sent instead of them."
    )

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

    total: int = Field(description="How many publications there are.")
    accepted: int = Field(0, description="How many are stored and not handed to the workflow yet.")
    queued: int = Field(0, description="How many wait for their time, or for a condition.")
    publishing: int = Field(0, description="How many are being published.")
    published: int = Field(0, description="How many are live at their network.")
    failed: int = Field(0, description="How many failed.")
    unconfirmed: int = Field(0, description="How many have an unknown outcome, which a person resolves.")
    canceled: int = Field(0, description="How many were canceled before they were published.")


# Bounded texts of a post, for every way in which one is sent.
Url = Annotated[str, Field(max_length=2_048)]
AltText = Annotated[str, Field(max_length=10_000)]
Time = Annotated[str, Field(max_length=64)]
Zone = Annotated[str, Field(max_length=MAX_ZONE)]
ClientRef = Annotated[str, Field(max_length=255)]


class StoredFields(BaseModel):
    """The fields of a post that are only stored and returned: no network sees them.

    A request and an edit inherit them; the `source` of a draft and `ContentView` have them under the same names. A
    field with a column of its own, such as `client_ref`, is not here.
    """

    metadata: Metadata | None = Field(
        None,
        description="All names and texts of your own, to list posts by: returned with the post and its events, never "
        "sent to a network. Null: none.",
    )
    fit: Literal["refuse", "convert"] | None = Field(
        None,
        description="What happens to videos that a network does not take: `refuse` the post, or `convert` them first. "
        "Null: as the brand's `fit` says. See docs/guides/files-that-fit.md.",
    )
    fit_mode: Literal["pad", "crop"] | None = Field(
        None,
        description="How a converted video gets another aspect ratio: with bars (`pad`, by default), or without its "
        "edges (`crop`).",
    )


STORED = tuple(StoredFields.model_fields)
STORED_ON_WIRE = tuple(to_camel(name) for name in STORED)


class PublicationView(WireModel):
    """A publication as the API returns it."""

    id: UniqueId
    channel: ChannelOf
    account_id: str = Field(description="The account that publishes.")
    status: PublicationStatus = Field(description="The state of the publication.")
    scheduled_at: datetime = Field(description="When it is due.")
    published_at: datetime | None = Field(description="When the network had it live.")
    lateness_ms: int | None = Field(
        description="Milliseconds from the due time to the first byte of the visible call. "
        "If the worker died in that call: to the intent recorded just before it."
    )
    provider_post_id: ShownId | None = Field(description="The network's own id of the post.")
    provider_url: WebAddress = Field(description="The public address of the post.")
    failure: Failure | None = Field(description="Why it failed, and what to do; null without a failure.")
    dismissal: Dismissal | None = Field(
        description="Set once a person has dismissed the failure, or what a live post lacks."
    )
    hold: Hold | None = Field(description="The condition that it waits for; null if it waits only for its time.")
    withdrawal: Withdrawal | None = Field(
        None, description="How far the withdrawal of the live post is; null: none was asked for."
    )
    edits: tuple[PostEdit, ...] = Field((), description="Its edits since it was published, the first one first.")
    liveness: Liveness | None = Field(
        None, description="Whether the published post is still there; null before the first look."
    )
    renditions: tuple[Rendition, ...] = Field(
        (), description="What is made of files that the network does not take as they are, and how far that is."
    )
    attempts: int = Field(description="How many attempts there were.")
    warnings: tuple[Warning_, ...] = Field(description="What the network will show or publish differently.")


class ContentView(WireModel):
    """A post as the API returns it, with all that a reader needs to see what happened and what to do."""

    id: UniqueId
    brand_ref: BrandOf
    status: ContentStatus = Field(description="Computed from the publications' statuses.")
    scheduled_at: datetime = Field(description="When it is due.")
    timezone: str | None = Field(description="The IANA time zone in which the time was given, or in which it is shown.")
    publish_by: datetime = Field(description="Nothing is published after this time.")
    text: str | None = Field(description="The text, or null without one.")
    media: tuple[MediaAsset, ...] = Field(description="Pictures, videos and documents, in their order.")
    link: str | None = Field(
        description="The attached address: a preview where the network has one, otherwise appended to the text."
    )
    withdraw_at: datetime | None = Field(None, description="When all of it that is live is withdrawn; null: never.")
    slot_id: str | None = Field(
        None, description="The slot whose next time it has taken; null: it has a time of its own."
    )
    series_id: str | None = Field(None, description="The series that made the post; null: none.")
    occurrence: date | None = Field(None, description="Its date in the series.")
    client_ref: str | None = Field(description="Your own name for the post.")
    metadata: dict[str, str] = Field({}, description="Names and texts of the client's own.")
    fit: Fit | None = Field(None, description="Whether videos are converted; null: as the brand's `fit` says.")
    fit_mode: FitMode | None = Field(None, description="How a video gets another aspect ratio; null: with bars.")
    approval: Approval | None = Field(None, description="Whether it may be published; null: it needs no approval.")
    texts_removed_at: datetime | None = Field(
        None,
        description="When its texts, files and options were deleted, by how long this installation keeps them; null: "
        "it has them.",
    )
    version: int = Field(description="Counts every change; the `ETag` for `If-Match`.")
    draft_version: int = Field(
        description="Counts the changes of what readers will see; `version` also counts those of the time, of "
        "`metadata` and of statuses. While it is equal, the post says what it said before."
    )
    created_at: CreatedAt
    updated_at: UpdatedAt
    workflow_id: str = Field(
        description="For operators: the id under which Temporal's pages and `temporal workflow show` have the post. No "
        "call of this API takes it."
    )
    publications: tuple[PublicationView, ...] = Field(description="One for each account.")
    warnings: tuple[Warning_, ...] = Field(description="What networks will show or publish differently.")
    rollup: Rollup = Field(description="How many publications have each status.")


def count(statuses: Iterable[PublicationStatus]) -> Rollup:
    """The roll-up in numbers."""
    # Counted as texts: every post of a list needs this, and members of an enum are slow to compare.
    given = Counter(status.value for status in statuses)
    return Rollup(total=given.total(), **given)


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
