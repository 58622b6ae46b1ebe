"""Removing unused uploads: unpublished photos, and videos whose finish was never sent.

Source: the deleting sections of Meta's Photo and Video references. Each is read first, since a database restored
from a backup may not know that it was published: a photo that any post or story shows, or may show, is left alone.
Facebook deletes the rest within a day.
"""

from __future__ import annotations

from munadi.channels.facebook.graph import PageGraph
from munadi.channels.facebook.state import Photo, Prepared
from munadi.channels.facebook.videos import status_of
from munadi.channels.facebook.wire import POST_FIELDS, STORY_FIELDS, read_post, read_story
from munadi.channels.meta.lookup import SLACK
from munadi.domain.account import ConnectedAccount


async def remove(graph: PageGraph, account: ConnectedAccount, prepared: Prepared) -> None:
    """Raises ChannelError, with some of it perhaps removed already; what is gone is no error."""
    token = account.token
    if prepared.finished or prepared.post_id or prepared.lapsed(graph.now()):
        return
    if prepared.upload:
        video_id = prepared.upload.video_id
        status = await graph.unless_gone(status_of(graph, account, video_id))
        if status and status.is_unpublished:
            await graph.delete(video_id, token)
    if prepared.photos and not await _may_be_shown(graph, account, prepared.photos):
        for photo in prepared.photos:
            await graph.delete(photo.id, token)


async def _may_be_shown(graph: PageGraph, account: ConnectedAccount, photos: tuple[Photo, ...]) -> bool:
    """Whether the Page's posts and stories since then show one of these, or whether that cannot be ruled out."""
    ours, since = {photo.id for photo in photos}, min(photo.made_at for photo in photos) - SLACK
    rows, whole = await graph.recent(account, "published_posts", POST_FIELDS, since)
    posts = [read_post(row) for row in rows]
    if not whole or any(post is None or ours & post.media or (post.has_media and not post.media) for post in posts):
        return True
    rows, whole = await graph.recent(account, "stories", STORY_FIELDS, since)
    stories = [read_story(row) for row in rows]
    # Meta does not document whether a story keeps its photo's id.
    return not whole or any(story is None or story.kind != "video" for story in stories)
