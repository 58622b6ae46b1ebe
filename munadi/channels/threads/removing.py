"""What is left of a thread, and the day's quota of removals. Source: docs/networks/threads.md, section 9.

Every part and the first comment are posts of their own: without its first post a thread stays.
"""

from __future__ import annotations

from munadi.channels.meta.removing import MediaObjects
from munadi.domain.publication import POST
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer


class ThreadsObjects(MediaObjects):
    """Posts, and the replies that continue them."""

    @property
    def control(self) -> str:
        """The profile."""
        return "me"

    def fields(self, one: PostedObject) -> str:
        """No field says that a post is limited."""
        return "id"

    def seen(self, one: PostedObject, answer: Answer) -> Seen:
        """What can be read is live."""
        return Seen(verdict=Verdict.LIVE)

    def edges(self, one: PostedObject) -> tuple[str, ...]:
        """Replies are listed apart from posts, for whom the owner lets us read them."""
        return ("threads",) if one.step == POST else ("replies",)
