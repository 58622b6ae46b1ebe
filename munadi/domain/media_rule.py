"""What a network asks of a file: its rule for one kind of media."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from munadi.domain.model import Duration, WireModel
from munadi.domain.video import VideoEncoding, VideoStructure


class MediaKind(StrEnum):
    """The kind of a media file."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


# The types that a rendition can be made from. Others are sent as they are, or refused.
RENDERED_FROM = ("image/jpeg", "image/png", "image/webp")


class MediaRule(WireModel):
    """The media of one kind that a network accepts. Sizes in bytes, sides in pixels, ratio = width / height.

    Images of `converted_types`, larger ones of `RENDERED_FROM` up to `max_source_bytes`, and JPEGs of several pictures
    are sent as a rendition that looks the same and fits `mime_types[0]` and `max_bytes`; one with transparency or
    animation has none.
    """

    kind: MediaKind = Field(description="Image, video or document.")
    mime_types: tuple[str, ...] = Field(description="The accepted MIME types.")
    max_bytes: int = Field(description="The largest file, in bytes.")
    min_ratio: float | None = Field(None, description="Width divided by height, at least.")
    max_ratio: float | None = Field(None, description="Width divided by height, at most.")
    min_width: int | None = Field(None, description="Pixels, at least.")
    max_width: int | None = Field(None, description="Pixels, at most.")
    min_duration: Duration | None = Field(None, description="The shortest video.")
    max_duration: Duration | None = Field(None, description="The longest video.")
    takes_alt: bool = Field(False, description="Whether alt text is published.")
    max_alt_length: int | None = Field(None, description="The longest alt text, in characters.")
    converted_types: tuple[str, ...] = Field((), description="Types that are converted to the first of `mimeTypes`.")
    max_source_bytes: int | None = Field(None, description="The most bytes of an image that is reduced; null: none is.")
    max_pages: int | None = Field(None, description="The most pages of a document.")
    encoding: VideoEncoding | None = Field(None, description="How a video must be encoded; null: in any way.")
    structure: VideoStructure | None = Field(
        None, description="What the documents ask of a video beyond what is refused; null: nothing."
    )

    def needs_rendition(self, mime_type: str, size: int, *, multi_picture: bool = False) -> bool:
        """Whether such a file is sent as a rendition, and not as it is."""
        if mime_type in self.converted_types:
            return True
        too_large = self.max_bytes < size <= self.most_bytes(mime_type)
        return mime_type in self.mime_types and (too_large or multi_picture)

    def most_bytes(self, mime_type: str) -> int:
        """The largest accepted file of a type, in bytes."""
        return (self.max_source_bytes if mime_type in RENDERED_FROM else None) or self.max_bytes
