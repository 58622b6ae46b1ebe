"""What is left of a Page's post. Source: docs/networks/facebook.md, section 9.

A post is removed by its own id, a reel or video by that of the video. No call removes a story; the spec has that rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.facebook.wire import STORY_FIELDS, VIDEO_FIELDS, read_post, read_status, read_story
from munadi.channels.meta.claims import COPYRIGHT, limited_by_copyright
from munadi.channels.meta.looking import row_answer
from munadi.channels.meta.removing import RemovableObjects
from munadi.channels.steps import COMMENT
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

POSTS, STORIES = "published_posts", "stories"
# Films, each with its own status; a list may lack those of the other kind.
FILMS = ("videos", "video_reels")
TARGETS = "attachments{target{id},subattachments{target{id}}}"
FIELDS = "id,is_published,is_hidden,is_expired,timeline_visibility,privacy"


class PageObjects(RemovableObjects):
    """Posts, videos, stories and comments of a Page."""

    def fields(self, one: PostedObject) -> str:
        """A post says who sees it, a video how far it is."""
        if one.step == COMMENT:
            return "id"
        return FIELDS if self._is_post(one) else f"id,{VIDEO_FIELDS}"

    def seen(self, one: PostedObject, answer: Answer) -> Seen:
        """Live, unless the Page's owner or Facebook hides it."""
        if one.step == COMMENT:
            return Seen(verdict=Verdict.LIVE)
        return _post(answer) if self._is_post(one) else _video(answer)

    def edges(self, one: PostedObject) -> tuple[str, ...]:
        """A post's list shows videos too. An id without that of its Page may be a story's."""
        if one.step == COMMENT:
            return ()
        return (POSTS,) if self._is_post(one) else (POSTS, STORIES)

    def sights(self, one: PostedObject) -> tuple[str, ...]:
        """The list of posts shows nothing of a film's status."""
        return self.edges(one) if one.step == COMMENT or self._is_post(one) else (*FILMS, STORIES)

    def row_fields(self, edge: str) -> str:
        """With the ids of what a post or story shows."""
        if edge in FILMS:
            return f"id,{VIDEO_FIELDS}"
        return STORY_FIELDS if edge == STORIES else f"{FIELDS},{TARGETS}"

    def extra_of(self, one: PostedObject) -> str:
        """The copyright check of a film."""
        return "" if one.step == COMMENT or self._is_post(one) else COPYRIGHT

    def extra_in(self, edge: str) -> str:
        """The same."""
        return COPYRIGHT if edge in FILMS else ""

    def ids_in(self, edge: str, row: Any) -> set[str | None]:
        """A film is known by the id of its video."""
        if edge == STORIES:
            story = read_story(row)
            return {story.id, story.media_id} if story else set()
        post = read_post(row)
        return {post.id, *post.media} if post else set()

    def seen_in(self, edge: str, row: Any) -> Mapping[str | None, Seen]:
        """A row of a post or film is as good as itself."""
        if edge == STORIES:
            return super().seen_in(edge, row)
        seen = _video(row_answer(row)) if edge in FILMS else _post(row_answer(row))
        return {text_in(row, "id"): seen}

    def _is_post(self, one: PostedObject) -> bool:
        """`{page}_{number}`; a video and a story have a number alone."""
        return one.id.startswith(f"{self.account.external_id}_")


def _post(answer: Answer) -> Seen:
    privacy = text_in(answer.body, "privacy", "value")
    limits = {
        "expired": answer.field("is_expired") is True,
        "hidden": answer.field("is_hidden") is True or answer.field("timeline_visibility") == "hidden",
        "unpublished": answer.field("is_published") is False,
        privacy or "": privacy not in (None, "EVERYONE"),
    }
    word = next((name for name, holds in limits.items() if holds), None)
    return Seen(verdict=Verdict.LIVE) if word is None else Seen(verdict=Verdict.LIMITED, word=word)


def _video(answer: Answer) -> Seen:
    """A video may still fail after Facebook has accepted its finish."""
    status = read_status(answer)
    if status.is_dead:
        return Seen(verdict=Verdict.REJECTED, word=status.error or status.name)
    if status.is_live:
        return limited_by_copyright(answer) or Seen(verdict=Verdict.LIVE)
    phase = text_in(object_in(answer.field("status")), "publishing_phase", "status")
    is_waiting = status.is_processing or phase == "in_progress"
    return Seen(verdict=Verdict.PROCESSING if is_waiting else Verdict.LIMITED, word=status.name or "unpublished")
