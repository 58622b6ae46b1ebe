"""What a handle of this channel holds: the uploaded media, and the live posts of a thread."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.thread import ThreadState
from munadi.channels.x.spec import SLACK
from munadi.domain.model import Model


class Uploaded(Model):
    """A medium at X. `sent` parts are there; `is_finalized` once all are, `is_ready` once it is processed."""

    id: str
    key: str
    expires_at: datetime
    sent: int = 0
    finalized_at: datetime | None = None
    is_ready: bool = False
    is_described: bool = False


class Prepared(ThreadState):
    """The state of a handle: `media` in the draft's order, `failures` of uploads, live posts by step.

    `keys` are those of every medium that a visible call may have used, also of earlier uploads.
    """

    media: tuple[Uploaded, ...] = ()
    keys: tuple[str, ...] = ()
    failures: int = 0

    @property
    def expires_at(self) -> datetime | None:
        """When X deletes the first medium that no post uses."""
        return min((one.expires_at for one in self.media), default=None)

    def is_complete(self, count: int) -> bool:
        """Whether this many media are uploaded, processed and described."""
        return len(self.media) == count and all(one.is_ready and one.is_described for one in self.media)

    def without_lapsed_media(self, now: datetime) -> Prepared:
        """The same without media that may be gone before they are used."""
        ends = self.expires_at
        return self if ends is None or ends - SLACK > now else self.without_media(self.failures)

    def without_media(self, failures: int) -> Prepared:
        """The same without its uploads; their keys and what is live stay known."""
        return self.model_copy(update={"media": (), "failures": failures})
