"""What is left of a Page's post. Source: docs/networks/facebook.md, section 9.

A post is removed by its own id, a reel or video by that of the video. No call removes a story; the spec has that rule.
"""

from __future__ import annotations

from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.facebook.wire import STORY_FIELDS, VIDEO_FIELDS, read_post, read_status, read_story
from munadi.channels.meta.removing import LiveObjects
from munadi.channels.steps import COMMENT
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer

POSTS, STORIES = "published_posts", "stories"
FIELDS = "id,is_published,is_hidden,is_expired,timeline_visibility,privacy"


class PageObjects(LiveObjects):
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

    def row_fields(self, edge: str) -> str:
        """With the ids of what a post or story shows."""
        return STORY_FIELDS if edge == STORIES else "id,attachments{target{id},subattachments{target{id}}}"

    def ids_in(self, edge: str, row: Any) -> set[str | None]:
        """A film is known by the id of its video."""
        if edge == STORIES:
            story = read_story(row)
            return {story.id, story.media_id} if story else set()
        post = read_post(row)
        return {post.id, *post.media} if post else set()

    def _is_post(self, one: PostedObject) -> bool:
        """`{page}_{number}`; a video and a story have a number alone."""
        return one.id.startswith(f"{self.account.external_id}_")


def _post(answer: Answer) -> Seen:
    privacy = text_in(answer.body, "privacy", "value")
    limits = {
        "unpublished": answer.field("is_published") is False,
        "hidden": answer.field("is_hidden") is True or answer.field("timeline_visibility") == "hidden",
        "expired": answer.field("is_expired") is True,
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
        return Seen(verdict=Verdict.LIVE)
    phase = text_in(object_in(answer.field("status")), "publishing_phase", "status")
    is_waiting = status.is_processing or phase == "in_progress"
    return Seen(verdict=Verdict.PROCESSING if is_waiting else Verdict.LIMITED, word=status.name or "unpublished")
