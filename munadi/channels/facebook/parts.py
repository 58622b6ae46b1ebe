"""The calls that a post is made with, and the reads that every step begins or ends with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.channels.facebook.errors import died, not_sent
from munadi.channels.facebook.graph import PageGraph
from munadi.channels.facebook.lookup import Lookup
from munadi.channels.facebook.spec import PHOTO, Kind
from munadi.channels.facebook.state import Case
from munadi.channels.facebook.stories import Stories
from munadi.channels.facebook.videos import Videos
from munadi.channels.renditions import fitting
from munadi.domain.failure import Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown


@dataclass(frozen=True)
class Parts:
    """The network's calls. Every read raises ChannelError."""

    graph: PageGraph
    videos: Videos
    lookup: Lookup
    stories: Stories

    @classmethod
    def over(cls, graph: PageGraph) -> Parts:
        """All of them with the calls of one network."""
        videos = Videos(graph)
        return cls(graph, videos, Lookup(graph), Stories(graph, videos))

    async def photo_bytes(self, asset: MediaAsset) -> bytes:
        """An image as Facebook takes photos."""
        media = self.graph.tools.media
        return await media.read(await fitting(media, PHOTO, asset))

    async def live(self, case: Case, post_id: str, at: datetime | None = None) -> Published:
        """A story or post whose id is known. Never fails."""
        if case.kind is Kind.STORY:
            return await self.stories.live(case, post_id, at)
        return await self.lookup.live(case, post_id, at)

    async def find(self, case: Case, since: datetime) -> Published | Absent | Unknown:
        """By its id, else a story or post by its list, else a video by its upload's id, a strong key."""
        upload = case.prepared.upload
        if case.prepared.post_id:
            return await self.live(case, case.prepared.post_id)
        if case.kind is Kind.STORY:
            return await self.stories.search(case, since)
        if upload is None:
            return await self.lookup.search(case, since)
        status = await self.videos.status(case.account, upload.video_id)
        if status.is_live:
            return self.videos.published(upload.video_id, status, case.kind)
        if status.is_dead or status.is_unpublished:
            return Absent()
        return Unknown(note=f"the video is {status.publish_status or status.video_status or 'in an unknown state'}")

    async def check(self, case: Case) -> Pending | Ready | Published:
        """How far an upload or an accepted publication is; a video that Facebook gave up is rejected."""
        prepared, upload = case.prepared, case.prepared.upload
        listed = prepared.post_id or case.kind in (Kind.POST, Kind.STORY)
        if listed and isinstance(found := await self.find(case, case.draft.due_at), Published):
            return found
        if not case.film:
            return Ready(expires_at=prepared.expires_at)
        if upload is None:
            return Pending(after=timedelta(0), note="to be prepared")
        status = await self.videos.status(case.account, upload.video_id)
        if status.is_live and case.kind is not Kind.STORY:
            return self.videos.published(upload.video_id, status, case.kind)
        if status.is_dead:
            raise died(status.video_status, status.error, Effect.REJECTED)
        if not prepared.finished and status.is_uploaded and status.is_unpublished:
            return Ready(expires_at=prepared.expires_at)
        # A reel may be a draft for a moment after its finish: it is published only when Facebook says so.
        since = self.graph.now() - max(case.draft.due_at, upload.uploaded_at or case.draft.due_at)
        return Pending(after=self.videos.wait(since), note=f"the video is {status.video_status or 'on its way'}")

    async def target(self, case: Case) -> str:
        """What a comment is written under. Raises ChannelError, not sent, while the post's id is not known."""
        upload = case.prepared.upload
        if known := case.prepared.post_id or (upload and upload.video_id):
            return known
        found = await self.lookup.search(case, case.draft.due_at)
        if isinstance(found, Published) and found.post_id:
            return found.post_id
        raise not_sent(Reason.PROVIDER_OUTAGE, "which post to comment on is not known yet", "POST_ID_PENDING")
