"""Removing what will not be used: unpublished photos, and videos that nobody has asked to publish.

Source: the deleting sections of Meta's Photo and Video references. Each is looked at first, since a database restored
from a backup may not know that it was published: a photo that any post or story shows, or may show, is left alone.
What is left is deleted by Facebook within a day.
"""

from __future__ import annotations

from datetime import datetime

from munadi.channels.facebook.errors import codes_of
from munadi.channels.facebook.graph import Graph, token_of
from munadi.channels.facebook.lookup import PAGE_SIZE, SLACK
from munadi.channels.facebook.state import Prepared
from munadi.channels.facebook.videos import Videos
from munadi.channels.facebook.wire import POST_FIELDS, STORY_FIELDS, read_post, read_story
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Clock

GONE = [100, 33]


class Discarding:
    """Removes the parts of one handle."""

    def __init__(self, graph: Graph, videos: Videos, clock: Clock) -> None:
        self._graph = graph
        self._videos = videos
        self._clock = clock

    async def remove(self, account: ConnectedAccount, prepared: Prepared) -> None:
        """Raises ChannelError, with some of it perhaps removed already; what is gone is no error."""
        if prepared.finished or prepared.post_id or prepared.lapsed(self._clock.now()):
            return
        if prepared.upload is not None:
            await self._video(account, prepared.upload.video_id)
        if prepared.photos and not await self._may_be_shown(
            account, {photo.id for photo in prepared.photos}, min(photo.made_at for photo in prepared.photos)
        ):
            for photo in prepared.photos:
                await self._delete(account, photo.id)

    async def _video(self, account: ConnectedAccount, video_id: str) -> None:
        try:
            status = await self._videos.status(account, video_id)
        except ChannelError as error:
            if codes_of(error) == GONE:
                return
            raise
        if status.is_unpublished:
            await self._delete(account, video_id)

    async def _may_be_shown(self, account: ConnectedAccount, photos: set[str], made_at: datetime) -> bool:
        """Whether the Page's posts and stories since then show one of these, or cannot be told not to."""
        since = str(int((made_at - SLACK).timestamp()))
        asked = {"since": since, "limit": PAGE_SIZE}
        token, page = token_of(account), account.external_id
        rows, whole = await self._graph.listed(f"{page}/published_posts", token, {**asked, "fields": POST_FIELDS})
        posts = [read_post(row) for row in rows]
        if not whole or any(
            post is None or photos & post.media or (post.has_media and not post.media) for post in posts
        ):
            return True
        rows, whole = await self._graph.listed(f"{page}/stories", token, {**asked, "fields": STORY_FIELDS})
        stories = [read_story(row) for row in rows]
        # Whether a story keeps its photo's id is promised nowhere.
        return not whole or any(story is None or story.kind != "video" for story in stories)

    async def _delete(self, account: ConnectedAccount, node: str) -> None:
        try:
            await self._graph.delete(node, account)
        except ChannelError as error:
            if codes_of(error) != GONE:
                raise
