"""What a preparation of this channel holds: the creator's settings, an upload, what was sent."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from munadi.channels.tiktok.spec import CREATOR_LIFE, UPLOAD_LIFE
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import PreparedState


class Creator(Model):
    """What the creator's own settings allow, from creator_info."""

    username: str | None = None
    nickname: str | None = None
    privacy_options: tuple[str, ...] = ()
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_seconds: int | None = None
    asked_at: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether it still counts as read before this post."""
        return self.asked_at is not None and now < self.asked_at + CREATOR_LIFE


class Upload(Model):
    """A file upload under way: `url` is a secret; the first `sent` of its `chunks` are stored at TikTok."""

    publish_id: str
    url: str = Field(repr=False)
    size: int
    chunk_bytes: int
    chunks: int
    sent: int = 0
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When the upload's address expires."""
        return self.created_at + UPLOAD_LIFE

    @property
    def is_prepared(self) -> bool:
        """Whether all but the last chunk is stored: the last one makes the post public."""
        return self.sent == self.chunks - 1

    def part(self, index: int) -> tuple[int, int]:
        """Start and length of a chunk; the last one takes the remainder."""
        start = index * self.chunk_bytes
        return start, self.size - start if index == self.chunks - 1 else self.chunk_bytes


class Prepared(PreparedState):
    """The state of a preparation. `sent_at`: when TikTok took the visible call; `publish_id`: of a pull or of photos.

    `photos` are the files that TikTok fetches: the draft's, or renditions where TikTok does not take those.
    """

    creator: Creator | None = None
    upload: Upload | None = None
    photos: tuple[MediaAsset, ...] = ()
    publish_id: str | None = None
    sent_at: datetime | None = None
    failures: int = 0

    def without_media(self, failures: int) -> Prepared:
        """That of a new post, whose uploads failed so often."""
        return Prepared(failures=failures)

    @property
    def key(self) -> str | None:
        """The publish_id to read the status by."""
        return self.publish_id or (self.upload.publish_id if self.upload else None)

    @property
    def expires_at(self) -> datetime | None:
        """When it lapses; never once something was sent, since the status of that is read before anything else."""
        if self.sent_at is not None:
            return None
        if self.upload is not None:
            return self.upload.expires_at
        return self.creator.asked_at + CREATOR_LIFE if self.creator and self.creator.asked_at else None
