"""Response models that are not the domain's own views."""

from __future__ import annotations

from pydantic import Field

from munadi.db.contents.views import publication_view
from munadi.db.events.notify import event_of
from munadi.db.tables import ContentRow, EventRow, MediaRow, PublicationRow
from munadi.domain.channel import MediaKind
from munadi.domain.content import PublicationView
from munadi.domain.event import Event
from munadi.domain.model import BrandOf, CreatedAt, UniqueId, WireModel
from munadi.media.facts import MediaFacts


class ListedPublication(PublicationView):
    """A publication in a list, with the post and the brand it belongs to."""

    content_id: str = Field(description="The post it belongs to.")
    brand_ref: BrandOf


def listed_publication(content: ContentRow, row: PublicationRow) -> ListedPublication:
    """A publication as a list returns it."""
    return ListedPublication(
        **publication_view(row, content.publish_by).model_dump(by_alias=False),
        content_id=content.id,
        brand_ref=content.brand_ref,
    )


class LoggedEvent(Event):
    """An event in the log, with its place there."""

    position: int | None = Field(
        description="The place in the log: the cursor of `GET /v1/events`. Null: not numbered yet."
    )


def logged(row: EventRow) -> LoggedEvent:
    """An event row as answered."""
    return LoggedEvent(**event_of(row).model_dump(by_alias=False), position=row.position)


class MediaView(WireModel):
    """A stored file that posts use, and what was probed of it."""

    id: UniqueId
    brand_ref: str | None = Field(description="Null: every brand may use it.")
    kind: MediaKind = Field(description="Image, video or document.")
    type: str = Field(description="The MIME type, by its own bytes.")
    bytes: int = Field(description="The size in bytes.")
    width: int = Field(description="Pixels; 0 for a document.")
    height: int = Field(description="Pixels; 0 for a document.")
    duration: float | None = Field(description="The length of a video, in seconds; null for other files.")
    codec: str | None = Field(description="Of the video stream; null for other files.")
    audio_codec: str | None = Field(description="Of the sound; null without sound.")
    fps: float | None = Field(description="Pictures a second; null for other files than videos.")
    pages: int | None = Field(description="The pages of a PDF or the slides of a PPTX; null for other files.")
    name: str | None = Field(
        description="The file's name, as it was uploaded or in its URL; null where there was none."
    )
    sha256: str = Field(description="The SHA-256 of the bytes, in hexadecimal.")
    source_url: str | None = Field(description="Where it was fetched from; null for an uploaded file.")
    created_at: CreatedAt


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
