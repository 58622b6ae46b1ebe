"""How far a post is, and whether it is live: a story or feed post by the Page's lists, a video by its own id.

Every call reads only. All but `live` raise ChannelError.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.facebook import feed, stories, videos
from munadi.channels.facebook.errors import died, not_sent
from munadi.channels.facebook.spec import Kind
from munadi.channels.facebook.state import Case
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown


async def live(case: Case, post_id: str, at: datetime | None = None) -> Published:
    """A story or post whose id is known. Never fails."""
    read = stories.live if case.kind is Kind.STORY else feed.live
    return await read(case, post_id, at)


async def find(case: Case, since: datetime) -> Published | Absent | Unknown:
    """By its id, else a story or post by its list, else a video by its upload's id, a strong key."""
    upload = case.state.upload
    if case.state.post_id:
        return await live(case, case.state.post_id)
    if case.kind is Kind.STORY:
        return await stories.search(case, since)
    if upload is None:
        return await feed.search(case, since)
    status = await videos.status_of(case.graph, case.account, upload.video_id)
    if status.is_live:
        return videos.published(case, upload.video_id, status)
    if status.is_dead or status.is_unpublished:
        return Absent(by_key=True)
    return Unknown(note=f"the video is {status.publish_status or status.name or 'in an unknown state'}")


async def check(case: Case) -> Pending | Ready | Published:
    """How far an upload or an accepted publication is; a video that Facebook gave up is rejected."""
    prepared, upload = case.state, case.state.upload
    listed = prepared.post_id or case.kind in (Kind.POST, Kind.STORY)
    if listed and isinstance(found := await find(case, case.draft.due_at), Published):
        return found
    if not case.film:
        return Ready(expires_at=prepared.expires_at)
    if upload is None:
        return Pending(after=timedelta(0), note="to be prepared")
    status = await videos.status_of(case.graph, case.account, upload.video_id)
    if status.is_live and case.kind is not Kind.STORY:
        return videos.published(case, upload.video_id, status)
    if status.is_dead:
        raise died(status.name, status.error, Effect.REJECTED)
    if not prepared.finished and status.is_uploaded and status.is_unpublished:
        return Ready(expires_at=prepared.expires_at)
    # A reel may be a draft for a moment after its finish: it is published only when Facebook says so.
    since = case.graph.now() - max(case.draft.due_at, upload.uploaded_at or case.draft.due_at)
    return Pending(after=videos.wait(case, since), note=f"the video is {status.name or 'on its way'}")


async def target(case: Case) -> str:
    """What a comment is written under. Not sent while the post's id is not known."""
    upload = case.state.upload
    if known := case.state.post_id or (upload and upload.video_id):
        return known
    found = await feed.search(case, case.draft.due_at)
    if isinstance(found, Published) and found.post_id:
        return found.post_id
    raise not_sent(Reason.PROVIDER_OUTAGE, "which post to comment on is not known yet", "POST_ID_PENDING")
