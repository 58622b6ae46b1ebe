"""What a preparation of this channel holds: what preparation found and uploaded, and the live posts of a thread."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from munadi.domain.model import Model
from munadi.ports import PreparedState

# So long before the server may delete a blob, it is uploaded again.
BLOB_SLACK = timedelta(minutes=5)


class Ref(Model):
    """A record as others name it (com.atproto.repo.strongRef): where it is, and which version of it."""

    uri: str
    cid: str


class Card(Model):
    """An external card as prepared; `thumb` is an uploaded blob.

    `picture_missing`: the page names a picture, and the card is without it.
    """

    title: str
    description: str = ""
    thumb: dict[str, Any] | None = None
    picture_missing: bool = False


class RunningVideo(Model):
    """A video that the video service is processing."""

    id: str
    since: datetime


class SentInParts(Model):
    """A video on its way to the video service, in `count` parts of `bytes` each."""

    id: str
    bytes: int
    count: int
    since: datetime


class Prepared(PreparedState):
    """The state of a preparation.

    `mentions` maps a handle to its DID, or to None when there is no such handle; `blobs` are the media's in order, as
    `captions` are the video's; `blobs_until` is when the network may delete them; `failures` counts refused uploads;
    `posts` are the posts of a thread that are live, by step.
    """

    mentions: dict[str, str | None] = {}
    quote: Ref | None = None
    blobs: tuple[dict[str, Any], ...] = ()
    captions: tuple[dict[str, Any], ...] = ()
    parts: SentInParts | None = None
    video: RunningVideo | None = None
    card: Card | None = None
    blobs_until: datetime | None = None
    failures: int = 0
    posts: dict[str, Ref] = {}

    @property
    def expires_at(self) -> datetime | None:
        """When the network may delete a blob that no record names."""
        return self.blobs_until

    def without_lapsed_uploads(self, now: datetime) -> Prepared:
        """This state without blobs that may be gone before they are used."""
        lapsed = self.blobs_until is not None and self.blobs_until - BLOB_SLACK <= now
        return self.without_media(self.failures) if lapsed else self

    def without_media(self, failures: int) -> Prepared:
        """This state without its uploads: mentions, quote and posts are still true."""
        return Prepared(mentions=self.mentions, quote=self.quote, posts=self.posts, failures=failures)
