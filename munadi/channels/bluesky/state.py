"""What a handle holds: everything that preparation found and uploaded, and the posts of a thread as they go live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.domain.model import Model
from munadi.domain.publication import Handle
from munadi.ports import SaveHandle


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
    """A video that the video service has and is still at work on."""

    id: str
    since: datetime


class SentInParts(Model):
    """A video that is on its way to the video service, in `count` parts of `bytes` each."""

    id: str
    bytes: int
    count: int
    since: datetime


class Prepared(Model):
    """What preparation found and uploaded; the state of a handle.

    `mentions` maps a handle to its DID, or to None when there is no such handle; `blobs` are the media's in order, as
    `captions` are the video's; `blobs_until` is when the network may forget them; `failures` counts refused uploads;
    `posts` are the posts of a thread that are live, by stage.
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

    @classmethod
    def of(cls, handle: Handle | None) -> Prepared:
        """The state that a handle holds."""
        return cls.model_validate(handle.state) if handle else cls()

    def without_uploads(self, *, failures: int | None = None) -> Prepared:
        """The same after its uploads lapsed: what was only looked up stays true."""
        return Prepared(
            mentions=self.mentions,
            quote=self.quote,
            posts=self.posts,
            failures=self.failures if failures is None else failures,
        )


class Keeper:
    """A handle's state, saved with every change."""

    def __init__(self, state: Prepared, save: SaveHandle) -> None:
        self.state = state
        self._save = save

    async def put(self, *, ready: bool = False, **changes: object) -> None:
        """Raises StaleEpoch when this activity was overtaken."""
        self.state = self.state.model_copy(update=changes)
        await self._save(self.state.model_dump(mode="json"), ready=ready, expires_at=self.state.blobs_until)
