"""What a file is, and why it may be refused. Shapes only."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from munadi.domain.video import VideoDetails


class MediaCode(StrEnum):
    """Stable codes, shown in problems."""

    MEDIA_EMPTY = "MEDIA_EMPTY"
    MEDIA_TYPE_UNSUPPORTED = "MEDIA_TYPE_UNSUPPORTED"
    MEDIA_CORRUPT = "MEDIA_CORRUPT"
    MEDIA_ENCRYPTED = "MEDIA_ENCRYPTED"
    MEDIA_TOO_LARGE = "MEDIA_TOO_LARGE"
    MEDIA_TOO_MANY_PIXELS = "MEDIA_TOO_MANY_PIXELS"
    MEDIA_UNREACHABLE = "MEDIA_UNREACHABLE"
    MEDIA_TIMEOUT = "MEDIA_TIMEOUT"


class MediaRefused(Exception):
    """The media cannot be used. `limit` and `actual` are in the unit that `message` names."""

    def __init__(
        self,
        code: MediaCode,
        message: str,
        *,
        limit: float | None = None,
        actual: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.limit = limit
        self.actual = actual


class MediaFacts(BaseModel):
    """Probed facts. `width` and `height` are as displayed, after EXIF orientation or a video's rotation.

    `fps` is frames per second, `bit_rate` bits per second over all streams, `duration_ms` for videos only.
    `has_alpha`: some pixels may be transparent. `multi_picture`: a JPEG with more pictures behind it
    (MPO, as phones write). `pages` of a document, or its slides; None where only its program could count them.
    `name` is the file's name where it came from, which proves nothing. `video` is None for other files, and for those
    that an older version probed. What does not apply to the kind is None, but for the sides of a document, which are 0.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["image", "video", "document"]
    mime_type: str
    bytes: int
    width: int = 0
    height: int = 0
    duration_ms: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    fps: float | None = None
    bit_rate: int | None = None
    has_alpha: bool | None = None
    animated: bool | None = None
    multi_picture: bool | None = None
    pages: int | None = None
    name: str | None = None
    video: VideoDetails | None = None
