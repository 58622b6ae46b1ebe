"""A Page's stories: shown on no list but their own, where only the id of its media tells one from another.

Source: Meta's page-stories-api guide (facts, sections 3 and 7). Whether a story keeps the id of the photo or video that
it was made of is seen in practice but promised nowhere, so another story that may be ours is never taken for absent.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from munadi.channels.facebook.graph import Graph, token_of
from munadi.channels.facebook.lookup import PAGE_SIZE, SLACK
from munadi.channels.facebook.spec import Settings
from munadi.channels.facebook.state import Prepared
from munadi.channels.facebook.videos import Videos
from munadi.channels.facebook.wire import STORY_FIELDS, StoryRead, read_story
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Unknown, Warning_
from munadi.ports import Clock, PublicationDraft

KINDS = {True: "video", False: "photo"}
# A story is archived after 24 hours, and then listed only when the Page keeps an archive; clocks differ.
LISTED_FOR = timedelta(hours=23)


class Stories:
    """Reads a Page's stories."""

    def __init__(self, graph: Graph, videos: Videos, settings: Settings, clock: Clock) -> None:
        self._graph = graph
        self._clock = clock
        self._videos = videos
        self._timeout = settings.permalink_timeout.total_seconds()

    async def live(
        self, draft: PublicationDraft, account: ConnectedAccount, post_id: str, at: datetime | None = None
    ) -> Published:
        """A story whose id is known, with its address when the list can be read now. Never fails."""
        found: StoryRead | None = None
        try:
            async with asyncio.timeout(self._timeout):
                stories, _ = await self._listed(account, draft.due_at)
            found = next((story for story in stories if story.id == post_id), None)
        except (ChannelError, TimeoutError):
            pass  # the story is live whatever this read says
        return _published(post_id, found, at)

    async def search(
        self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared, since: datetime
    ) -> Published | Absent | Unknown:
        """The story of the prepared photo or video. Raises ChannelError."""
        ours = {photo.id for photo in prepared.photos}
        upload = prepared.upload
        if upload is not None:
            ours.add(upload.video_id)
        start = max(since, draft.due_at)
        stories, whole = await self._listed(account, start)
        found = [story for story in stories if story.media_id in ours]
        if found:
            return _published(found[0].id, found[0]) if len(found) == 1 else Unknown(note="two stories show this")
        other = KINDS[upload is None]
        if any(story.kind != other for story in stories):
            return Unknown(note="the Page has a story that may be this one")
        if self._clock.now() - start > LISTED_FOR:
            return Unknown(note="a story of that time may not be listed any more")
        if not whole:
            return Unknown(note="the Page has more stories than one look reads")
        if upload is not None:
            status = await self._videos.status(account, upload.video_id)
            if not (status.is_dead or status.is_unpublished):
                return Unknown(note="the video may be a story that is not listed yet")
        return Absent()

    async def _listed(self, account: ConnectedAccount, since: datetime) -> tuple[list[StoryRead], bool]:
        """The stories from a little before `since` on; one without a time may be of any."""
        start = (since - SLACK).replace(microsecond=0)
        params = {"fields": STORY_FIELDS, "since": str(int(start.timestamp())), "limit": PAGE_SIZE}
        rows, whole = await self._graph.listed(f"{account.external_id}/stories", token_of(account), params)
        stories = [story for row in rows if (story := read_story(row))]
        return [story for story in stories if story.created_at is None or story.created_at >= start], whole


def _published(post_id: str, story: StoryRead | None, at: datetime | None = None) -> Published:
    message = "the story is live; its address could not be read yet"
    pending = Warning_(code="PERMALINK_PENDING", message=message, channel="facebook")
    url = story.url if story else None
    published_at = (story.created_at if story else None) or at
    return Published(post_id=post_id, url=url, published_at=published_at, warnings=() if url else (pending,))
