"""What a handle of this channel holds: the uploaded media, and the live posts of a thread."""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.mastodon.spec import MEDIA_LIFE
from munadi.channels.thread import ThreadState
from munadi.domain.model import Model

# So long before its time is over, a medium is uploaded again.
SLACK = timedelta(minutes=10)


class Uploaded(Model):
    """A medium at the server; `is_ready` once it is processed."""

    id: str
    since: datetime
    is_ready: bool = False


class Prepared(ThreadState):
    """The state of a handle: `media` in the draft's order, `failures` of uploads, live posts by step."""

    media: tuple[Uploaded, ...] = ()
    failures: int = 0

    @property
    def expires_at(self) -> datetime | None:
        """When the server may delete a medium that no post uses."""
        return min(one.since for one in self.media) + MEDIA_LIFE if self.media else None

    def is_complete(self, count: int) -> bool:
        """Whether this many media are uploaded and processed."""
        return len(self.media) == count and all(one.is_ready for one in self.media)

    def without_lapsed_media(self, now: datetime) -> Prepared:
        """The same without media that may be gone before they are used."""
        ends = self.expires_at
        return self if ends is None or ends - SLACK > now else self.without_media(self.failures)

    def without_media(self, failures: int) -> Prepared:
        """The same without its uploads; what is live stays known."""
        return Prepared(posts=self.posts, failures=failures)
