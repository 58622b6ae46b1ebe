"""What a handle holds between the steps, and what Facebook says of a video's way. Only parses, calls nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.channels.facebook.spec import UPLOAD_LIFE
from munadi.channels.facebook.wire import instant
from munadi.domain.model import Model
from munadi.domain.publication import Handle
from munadi.ports import Answer

VIDEO_FIELDS = "status,published,permalink_url,post_id,created_time"
DONE = frozenset({"complete", "completed"})
DEAD = frozenset({"upload_failed", "expired", "error"})


class Photo(Model):
    """An unpublished photo."""

    id: str
    made_at: datetime


class Upload(Model):
    """A video's upload. `session_id` and `until` (the part's end) are a plain video's, `url` is the others'."""

    video_id: str
    started_at: datetime
    url: str | None = None
    session_id: str | None = None
    offset: int = 0
    until: int = 0
    uploaded_at: datetime | None = None


class Prepared(Model):
    """The state of a handle. `link` is empty, `unreadable` (to be scraped again) or `scraped`."""

    photos: tuple[Photo, ...] = ()
    upload: Upload | None = None
    renewals: int = 0
    link: str = ""
    has_cover: bool = False
    finished: bool = False
    post_id: str | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When the first part lapses."""
        made = [photo.made_at for photo in self.photos] + ([self.upload.started_at] if self.upload else [])
        return min(made) + UPLOAD_LIFE if made else None

    def lapsed(self, now: datetime) -> bool:
        """Whether Facebook has deleted a part by now."""
        return self.expires_at is not None and self.expires_at <= now


def prepared_of(handle: Handle | None) -> Prepared:
    """The handle's state; empty when there is no handle."""
    return Prepared.model_validate(handle.state) if handle else Prepared()


class VideoStatus(Model):
    """`status` and the fields beside it, of GET /{video}. Words that are not known are neither done, dead nor live."""

    video_status: str = ""
    uploading: str = ""
    received: int = 0
    processing: str = ""
    publishing: str = ""
    publish_status: str = ""
    published: bool | None = None
    error: str | None = None
    permalink: str | None = None
    post_id: str | None = None
    created_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Published, and said so: a draft is not, nor is a video whose publishing has not ended."""
        if self.publish_status:
            return self.publish_status == "published" and self.publishing in DONE
        return self.published is True and self.video_status == "ready" and self.publishing in ("", *DONE)

    @property
    def is_dead(self) -> bool:
        """It failed for good or expired."""
        phases = (self.uploading, self.processing, self.publishing, self.publish_status)
        return self.video_status in DEAD or "error" in phases

    @property
    def is_unpublished(self) -> bool:
        """Nobody has asked to publish it, or it is a draft: the same finish may be sent again."""
        return not self.is_live and (
            self.publishing in ("", "not_started") or (self.publish_status == "draft" and self.publishing in DONE)
        )

    @property
    def is_uploaded(self) -> bool:
        """Every byte has arrived."""
        return self.uploading in DONE or self.video_status in ("upload_complete", "processing", "ready")


def read_status(answer: Answer) -> VideoStatus:
    """Fields of another type than documented read as absent; the key really is spelled `bytes_transfered`."""
    status = _object(answer.field("status"))
    uploading, processing = _object(status.get("uploading_phase")), _object(status.get("processing_phase"))
    publishing = _object(status.get("publishing_phase"))
    received, published, post_id = uploading.get("bytes_transfered"), answer.field("published"), answer.field("post_id")
    errors = (_object(phase.get("error")).get("message") for phase in (processing, uploading, publishing))
    return VideoStatus(
        video_status=_word(status.get("video_status")),
        uploading=_word(uploading.get("status")),
        received=received if isinstance(received, int) else 0,
        processing=_word(processing.get("status")),
        publishing=_word(publishing.get("status")),
        publish_status=_word(publishing.get("publish_status")),
        published=published if isinstance(published, bool) else None,
        error=next((error for error in errors if isinstance(error, str)), None),
        permalink=_word(answer.field("permalink_url")) or None,
        post_id=str(post_id) if post_id else None,
        created_at=instant(answer.field("created_time")),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
