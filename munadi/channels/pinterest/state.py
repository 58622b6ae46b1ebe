"""What a handle of this channel holds: an uploaded video, and the live pin."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.pinterest.spec import MEDIA_LIFE
from munadi.domain.model import Model
from munadi.ports import HandleState


class Video(Model):
    """A video at Pinterest. `uploaded_at` is None until its file is there, `is_ready` once it is processed."""

    id: str
    uploaded_at: datetime | None = None
    reads: int = 0
    is_ready: bool = False


class Live(Model):
    """A pin that is live."""

    id: str
    url: str | None = None


class Prepared(HandleState):
    """The state of a handle. `board` is the board that was seen to exist, `failures` those of uploads."""

    board: str | None = None
    video: Video | None = None
    failures: int = 0
    pin: Live | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When a video that no pin uses is uploaded again."""
        return self.video.uploaded_at + MEDIA_LIFE if self.video and self.video.uploaded_at else None
