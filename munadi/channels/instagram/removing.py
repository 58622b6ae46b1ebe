"""What is left of a post, and whether people see it. Source: docs/networks/instagram.md, section 9.

Only the log-in through a Page may remove posts; the spec has that rule. A carousel goes as a whole, with its comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.instagram.spec import Login, login_of
from munadi.channels.meta.claims import COPYRIGHT, limited_by_copyright
from munadi.channels.meta.looking import row_answer
from munadi.channels.meta.removing import MediaObjects
from munadi.channels.steps import COMMENT
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

# The kinds whose file has an address; Meta leaves it out when the file is flagged for copyright.
FILES = ("IMAGE", "VIDEO")
FIELDS = "id,media_type,media_url"


MEDIA, STORIES = "media", "stories"


class InstagramObjects(MediaObjects):
    """Media and stories, and the comments below them."""

    def fields(self, one: PostedObject) -> str:
        """With the address of the file."""
        return "id" if one.step == COMMENT else FIELDS

    def seen(self, one: PostedObject, answer: Answer) -> Seen:
        """Live, or limited for its copyright."""
        return Seen(verdict=Verdict.LIVE) if one.step == COMMENT else _seen(answer)

    def edges(self, one: PostedObject) -> tuple[str, ...]:
        """Stories are listed apart from media, comments only below their post."""
        return () if one.step == COMMENT else (MEDIA, STORIES)

    def row_fields(self, edge: str) -> str:
        """The same as of a medium itself."""
        return FIELDS

    def extra_of(self, one: PostedObject) -> str:
        """The copyright check, which the log-in through a Page alone shows."""
        return COPYRIGHT if one.step != COMMENT and login_of(self.account) is Login.PAGE else ""

    def extra_in(self, edge: str) -> str:
        """Stories end before a check matters."""
        return COPYRIGHT if edge == MEDIA and login_of(self.account) is Login.PAGE else ""

    def seen_in(self, edge: str, row: Any) -> Mapping[str | None, Seen]:
        """A row is as good as the medium itself."""
        return {text_in(row, "id"): _seen(row_answer(row))}


def _seen(answer: Answer) -> Seen:
    if answer.field("media_type") in FILES and not answer.field("media_url"):
        return Seen(verdict=Verdict.LIMITED, word="media_url is missing")
    return limited_by_copyright(answer) or Seen(verdict=Verdict.LIVE)
