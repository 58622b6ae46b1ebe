"""Finding a feed post or a comment. A post has no key of ours: its photos' ids are one, text and time are weak.

Exactly one fitting post is bound, never the latest. Facebook shows texts a little changed, so what might be ours in
other words is never taken for absent.
"""

from __future__ import annotations

from datetime import datetime

from munadi.channels.channel import only_one
from munadi.channels.facebook.state import Case
from munadi.channels.facebook.wire import (
    COMMENT_FIELDS,
    POST_FIELDS,
    PostRead,
    read_comments,
    read_post,
    same_text,
)
from munadi.channels.meta.graph import within
from munadi.channels.meta.lookup import SLACK
from munadi.channels.meta.wire import CommentRead
from munadi.channels.posting import match
from munadi.domain.publication import Absent, Published, Unknown


async def live(case: Case, post_id: str, at: datetime | None = None) -> Published:
    """A post whose id is known, with its permalink; when that cannot be read, the address by id leads there."""
    read = case.graph.get(post_id, case.token, {"fields": "id,permalink_url,created_time"})
    answer = await within(case.graph.settings.permalink_timeout, read)
    post = read_post(answer.body) if answer else None
    return _published(case, post or PostRead(id=post_id), post_id, at)


async def search(case: Case, since: datetime) -> Published | Absent | Unknown:
    """The draft's post among the Page's. Raises ChannelError.

    Nothing is published before it is due, so an older post with the same text is another one.
    """
    posts, whole = await _posts(case, max(since, case.draft.due_at) - SLACK)
    photos = {photo.id for photo in case.state.photos}
    doubtful = [post for post in posts if _may_be(post, case, photos)]
    none: Absent | Unknown = Absent() if whole else Unknown(note="the Page has more posts than were read")
    if doubtful:
        none = Unknown(note="a post has this text with another link")
    is_keyed = any(photos & post.media for post in posts)
    return match(
        posts,
        lambda post: _of_draft(case, post),
        lambda post: post in doubtful and _has_link(post, case),
        is_keyed=(lambda post: bool(photos & post.media)) if is_keyed else None,
        none=none,
    )


def _of_draft(case: Case, post: PostRead) -> Published:
    """A film has two ids: that of its video is the one it is known by from its upload on."""
    videos = post.media if case.film else frozenset[str]()
    return _published(case, post, next(iter(videos)) if len(videos) == 1 else post.id)


async def comment(case: Case, target: str, since: datetime) -> Published | Absent | Unknown:
    """The first comment among the Page's own at its post. Raises ChannelError."""
    fields = {"fields": COMMENT_FIELDS, "filter": "stream", "limit": "100"}
    comments = read_comments(await case.graph.get(f"{target}/comments", case.token, fields))
    found = [comment.published for comment in comments if _is_ours(comment, case, since - SLACK)]
    return only_one(found, "comments have this text")


async def _posts(case: Case, since: datetime) -> tuple[list[PostRead], bool]:
    """The Page's published posts since then, and whether that is all of them. Raises ChannelError."""
    since = since.replace(microsecond=0)
    rows, whole = await case.graph.recent(case.account, "published_posts", POST_FIELDS, since)
    posts = [post for row in rows if (post := read_post(row))]
    return [one for one in posts if one.is_published and one.created_at and one.created_at >= since], whole


def _published(case: Case, post: PostRead, post_id: str, at: datetime | None = None) -> Published:
    url = post.permalink or f"{case.graph.settings.site}/{post_id}"
    return Published(post_id=post_id, url=url, published_at=post.created_at or at)


def _may_be(post: PostRead, case: Case, photos: set[str]) -> bool:
    """Same text, and media only where the draft has some; photos that can be read and are not ours rule it out."""
    if not same_text(case.draft.text, post.message):
        return False
    return not (photos and post.media) if case.draft.media else not post.has_media


def _has_link(post: PostRead, case: Case) -> bool:
    """Whether its card is the draft's, as far as that can be read."""
    link = case.draft.link
    return not link or not post.links or link.rstrip("/") in {one.rstrip("/") for one in post.links}


def _is_ours(comment: CommentRead, case: Case, since: datetime) -> bool:
    """By the Page, as far as that can be read, since then, with the draft's text."""
    is_by_page = comment.author in (None, case.account.external_id)
    is_in_time = comment.created_at is None or comment.created_at >= since
    return is_by_page and is_in_time and same_text(case.draft.first_comment or "", comment.text)
