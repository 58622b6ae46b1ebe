"""Response models that are not the domain's own views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from munadi.db.contents.views import publication_view
from munadi.db.events.notify import event_of
from munadi.db.tables import AttemptRow, ContentRow, DraftRow, EventRow, MediaRow, PublicationRow
from munadi.domain.channel import MediaKind, TextLength
from munadi.domain.content import Draft, PublicationView
from munadi.domain.event import Event
from munadi.domain.failure import Effect
from munadi.domain.model import WireModel
from munadi.domain.publication import ClosedBy
from munadi.media.facts import MediaFacts
from munadi.ports import AnyChannel


class AttemptView(WireModel):
    """One attempt of a visible call. `outcome` null: in progress, or not known yet."""

    id: str
    stage: str
    number: int
    intent_at: datetime
    ended_at: datetime | None
    outcome: Effect | None
    provider_code: str | None
    raw: str | None = Field(description="The network's response, redacted and shortened.")
    duration_ms: int | None


class ListedPublication(PublicationView):
    """A publication in a list, with the post and the brand it belongs to."""

    content_id: str
    brand_ref: str


def listed_publication(content: ContentRow, row: PublicationRow) -> ListedPublication:
    """A publication as a list returns it."""
    return ListedPublication(
        **publication_view(row, content.publish_by).model_dump(by_alias=False),
        content_id=content.id,
        brand_ref=content.brand_ref,
    )


class PublicationDetail(PublicationView):
    """A publication with its draft and its attempts."""

    content_id: str
    draft: Draft = Field(description="What it shows: overrides applied, media probed, link placed.")
    lengths: tuple[TextLength, ...] = Field(description="Each text measured against each limit of the network.")
    attempt_log: tuple[AttemptView, ...]


def publication_detail(
    content: ContentRow, row: PublicationRow, current: DraftRow, channel: AnyChannel, attempts: Sequence[AttemptRow]
) -> PublicationDetail:
    """A publication with its part of the post's `current` draft and its attempts, as returned."""
    draft = Draft.model_validate(current.resolved[row.id])
    return PublicationDetail(
        **publication_view(row, content.publish_by).model_dump(by_alias=False),
        content_id=row.content_id,
        draft=draft,
        lengths=tuple(channel.lengths(draft)),
        attempt_log=tuple(attempt_view(attempt) for attempt in attempts),
    )


def attempt_view(row: AttemptRow) -> AttemptView:
    """An attempt as returned."""
    took = (row.ended_at - row.intent_at).total_seconds() if row.ended_at else None
    return AttemptView(
        id=row.id,
        stage=row.stage,
        number=row.number,
        intent_at=row.intent_at,
        ended_at=row.ended_at,
        outcome=_known_outcome(row),
        provider_code=row.provider_code,
        raw=row.raw,
        duration_ms=round(took * 1000) if took is not None else None,
    )


def _known_outcome(row: AttemptRow) -> Effect | None:
    """Unknown while its call ended without an answer, and after a list that lags did not show it."""
    if row.outcome is None:
        return Effect.UNKNOWN if row.was_uncertain else None
    only_looked = row.closed_by == ClosedBy.LOOK and row.outcome == Effect.NOT_SENT
    return Effect.UNKNOWN if only_looked else Effect(row.outcome)


class LoggedEvent(Event):
    """An event in the log. `position` null: committed, not numbered yet."""

    position: int | None


def logged(row: EventRow) -> LoggedEvent:
    """An event row as answered."""
    return LoggedEvent(**event_of(row).model_dump(by_alias=False), position=row.position)


class MediaView(WireModel):
    """A stored media and what was probed. `duration` in seconds, sides in pixels (0 of a document), `codec` of its
    video stream.
    """

    id: str
    brand_ref: str | None = Field(description="Null: every brand may use it.")
    kind: MediaKind
    type: str = Field(description="The MIME type, by its own bytes.")
    bytes: int
    width: int
    height: int
    duration: float | None
    codec: str | None
    audio_codec: str | None
    fps: float | None
    pages: int | None
    name: str | None
    sha256: str
    source_url: str | None
    created_at: datetime


def media_view(row: MediaRow) -> MediaView:
    """A media row as answered."""
    facts = MediaFacts.model_validate(row.facts)
    return MediaView(
        id=row.id,
        brand_ref=row.brand_ref,
        kind=MediaKind(facts.kind),
        type=facts.mime_type,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        duration=facts.duration_ms / 1000 if facts.duration_ms is not None else None,
        codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        fps=facts.fps,
        pages=facts.pages,
        name=facts.name,
        sha256=row.sha256,
        source_url=row.source_url,
        created_at=row.created_at,
    )
