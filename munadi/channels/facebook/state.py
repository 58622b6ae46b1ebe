"""What a preparation stores between calls, and one post with what is known of it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from munadi.channels.facebook.errors import MAX_RENEWALS
from munadi.channels.facebook.graph import PageGraph
from munadi.channels.facebook.spec import UPLOAD_LIFE, Kind, Options
from munadi.channels.facebook.wire import film_of, kind_of
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import PreparedState, Publication


class Photo(Model):
    """A photo that was uploaded and is in no post yet."""

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


class Prepared(PreparedState):
    """The state of a preparation. `link` is empty, `unreadable` (to be scraped again) or `scraped`."""

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

    def without_upload(self, error: ChannelError) -> Prepared | None:
        """For another upload; None, and the error is final, when that was tried often enough."""
        if self.renewals >= MAX_RENEWALS:
            error.effect = Effect.REJECTED
            return None
        return self.model_copy(update={"upload": None, "has_cover": False, "renewals": self.renewals + 1})

    def lapsed(self, now: datetime) -> bool:
        """Whether Facebook has deleted a part by now."""
        return self.expires_at is not None and self.expires_at <= now


class Case(Publication[Options, Prepared]):
    """A publication with what it becomes, and the calls of its network."""

    def __init__(self, publication: Publication[Options, Prepared], graph: PageGraph) -> None:
        super().__init__(publication.draft, publication.account, publication.store, publication.models)
        self.graph = graph

    @cached_property
    def kind(self) -> Kind:
        """What the draft becomes: a post, reel, video or story."""
        return kind_of(self.draft, self.options)

    @property
    def film(self) -> MediaAsset | None:
        """The video that is uploaded in phases."""
        return film_of(self.draft, self.kind)

    @property
    def cover(self) -> MediaAsset | None:
        """The image that the options name as the cover."""
        return None if self.options.cover_index is None else self.draft.media[self.options.cover_index]

    @property
    def is_complete(self) -> bool:
        """Whether only the visible call is left."""
        if self.film:
            return self.state.upload is not None and self.state.upload.uploaded_at is not None
        return len(self.state.photos) == len(self.draft.media) and self.state.link != "unreadable"

    def path(self, edge: str) -> str:
        """An edge of the Page."""
        return f"{self.account.external_id}/{edge}"
