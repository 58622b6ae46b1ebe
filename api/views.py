"""Response models that are not the domain's own views."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from munadi.db.contents.views import publication_view
from munadi.db.events.notify import event_of
from munadi.db.tables import ContentRow, EventRow, MediaRow, PublicationRow
from munadi.domain.channel import MediaKind
from munadi.domain.content import PublicationView
from munadi.domain.event import Event
from munadi.domain.model import WireModel
from munadi.media.facts import MediaFacts


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
