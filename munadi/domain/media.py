"""Media as a draft names them: stored, probed and addressed by the hash of their bytes."""

from __future__ import annotations

from pydantic import Field

from munadi.domain.channel import MediaKind
from munadi.domain.model import CreatedAt, UniqueId, WireModel
from munadi.domain.video import VideoDetails


class MediaAsset(WireModel):
    """One stored file with its probed facts.

    Bytes in octets, sides in pixels (0 of a document), duration in milliseconds.

    `has_alpha` and `animated` are known of images; None is unknown, and then no rendition is made. `multi_picture`:
    a JPEG with more pictures behind the one that is shown (MPO), which networks get as a rendition of that one.
    `pages` of a document, where they can be counted; `name` is the file's name where it came from.
    """

    id: UniqueId
    sha256: str = Field(description="The SHA-256 of the bytes, in hexadecimal.")
    kind: MediaKind = Field(description="Image, video or document.")
    mime_type: str = Field(description="The MIME type, by its own bytes.")
    bytes: int = Field(description="The size in bytes.")
    width: int = Field(description="Pixels; 0 for a document.")
    height: int = Field(description="Pixels; 0 for a document.")
    duration_ms: int | None = Field(None, description="The length of a video, in milliseconds; null for other files.")
    video_codec: str | None = Field(None, description="Of the video stream; null for other files.")
    audio_codec: str | None = Field(None, description="Of the sound; null without sound.")
    fps: float | None = Field(None, description="Pictures a second; null for other files than videos.")
    has_alpha: bool | None = Field(None, description="Whether an image has transparency; null is unknown.")
    animated: bool | None = Field(None, description="Whether an image moves; null is unknown.")
    multi_picture: bool | None = Field(
        None, description="Whether a JPEG holds more pictures behind the one that is shown."
    )
    pages: int | None = Field(None, description="The pages of a PDF or the slides of a PPTX; null for other files.")
    name: str | None = Field(
        None, description="The file's name, as it was uploaded or in its URL; null where there was none."
    )
    alt: str | None = Field(None, description="What the picture shows, for those who cannot see it.")
    video: VideoDetails | None = Field(None, description="How a video is encoded; null for other files.")


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
    video: VideoDetails | None = Field(None, description="How a video is encoded; null for other files.")
    sha256: str = Field(description="The SHA-256 of the bytes, in hexadecimal.")
    source_url: str | None = Field(description="Where it was fetched from; null for an uploaded file.")
    created_at: CreatedAt
