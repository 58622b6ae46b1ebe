"""A Page's stories: they have a list of their own, where only the id of its media identifies one.

In practice a story keeps the id of the photo or video that it was made of, but Meta does not document it. So another
story that may be ours is never proof that ours is absent. Source: docs/networks/facebook.md, sections 3 and 7.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.facebook.state import Case
from munadi.channels.facebook.videos import status_of
from munadi.channels.facebook.wire import STORY_FIELDS, StoryRead, read_story
from munadi.channels.meta.graph import within
from munadi.channels.meta.lookup import SLACK
from munadi.domain.channel import ChannelName
from munadi.domain.publication import Absent, Published, Unknown, Warning_

# A story is archived after 24 hours, and then listed only when the Page keeps an archive; clocks differ.
LISTED_FOR = timedelta(hours=23)


async def live(case: Case, post_id: str, at: datetime | None = None) -> Published:
    """A story whose id is known, with its address when the list can be read now. Never fails."""
    limit = case.graph.settings.permalink_timeout
    stories, _ = await within(limit, _listed(case, case.draft.due_at)) or ([], False)
    return _published(post_id, next((story for story in stories if story.id == post_id), None), at)


async def search(case: Case, since: datetime) -> Published | Absent | Unknown:
    """The story of the prepared photo or video. Raises ChannelError."""
    upload, start = case.state.upload, max(since, case.draft.due_at)
    ours = {photo.id for photo in case.state.photos} | ({upload.video_id} if upload else set())
    stories, whole = await _listed(case, start)
    found = [story for story in stories if story.media_id in ours]
    if found:
        return _published(found[0].id, found[0]) if len(found) == 1 else Unknown(note="two stories show this")
    other = "photo" if upload else "video"
    if any(story.kind != other for story in stories):
        return Unknown(note="the Page has a story that may be this one")
    if case.graph.now() - start > LISTED_FOR:
        return Unknown(note="a story of that time may not be listed any more")
    if not whole:
        return Unknown(note="the Page has more stories than were read")
    if upload:
        status = await status_of(case.graph, case.account, upload.video_id)
        if not (status.is_dead or status.is_unpublished):
            return Unknown(note="the video may be a story that is not listed yet")
    return Absent()


async def _listed(case: Case, since: datetime) -> tuple[list[StoryRead], bool]:
    """The stories from a little before `since` on; one without a time may be of any."""
    start = (since - SLACK).replace(microsecond=0)
    rows, whole = await case.graph.recent(case.account, "stories", STORY_FIELDS, start)
    stories = [story for row in rows if (story := read_story(row))]
    return [story for story in stories if story.created_at is None or story.created_at >= start], whole


def _published(post_id: str, story: StoryRead | None, at: datetime | None = None) -> Published:
    message = "the story is live; its address could not be read yet"
    pending = Warning_(code="PERMALINK_PENDING", message=message, channel=ChannelName.FACEBOOK)
    url, created_at = (story.url, story.created_at) if story else (None, None)
    return Published(post_id=post_id, url=url, published_at=created_at or at, warnings=() if url else (pending,))
