"""Media as a draft names them: stored, probed and addressed by the hash of their bytes."""

from __future__ import annotations

from munadi.domain.channel import MediaKind
from munadi.domain.model import WireModel


class MediaAsset(WireModel):
    """One stored file with its probed facts.

    Bytes in octets, sides in pixels (0 of a document), duration in milliseconds.

    `has_alpha` and `animated` are known of images; None is unknown, and then no rendition is made. `multi_picture`:
    a JPEG with more pictures behind the one that is shown (MPO), which networks get as a rendition of that one.
    `pages` of a document, where they can be counted; `name` is the file's name where it came from.
    """

    id: str
    sha256: str
    kind: MediaKind
    mime_type: str
    bytes: int
    width: int
    height: int
    duration_ms: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    fps: float | None = None
    has_alpha: bool | None = None
    animated: bool | None = None
    multi_picture: bool | None = None
    pages: int | None = None
    name: str | None = None
    alt: str | None = None
