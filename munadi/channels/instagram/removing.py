"""What is left of a post. Source: docs/networks/instagram.md, section 9.

Only the log-in through a Page may remove posts; the spec has that rule. A carousel goes as a whole, with its comments.
"""

from __future__ import annotations

from munadi.channels.meta.removing import MediaObjects
from munadi.channels.steps import COMMENT
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

# The kinds whose file has an address; Meta leaves it out when the file is flagged for copyright.
FILES = ("IMAGE", "VIDEO")


class InstagramObjects(MediaObjects):
    """Media and stories, and the comments below them."""

    def fields(self, one: PostedObject) -> str:
        """With the address of the file."""
        return "id" if one.step == COMMENT else "id,media_type,media_url"

    def seen(self, one: PostedObject, answer: Answer) -> Seen:
        """Live, or limited for its copyright."""
        if answer.field("media_type") in FILES and not answer.field("media_url"):
            return Seen(verdict=Verdict.LIMITED, word="media_url is missing")
        return Seen(verdict=Verdict.LIVE)

    def edges(self, one: PostedObject) -> tuple[str, ...]:
        """Stories are listed apart from media, comments only below their post."""
        return () if one.step == COMMENT else ("media", "stories")
