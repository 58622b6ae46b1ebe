"""The visible calls: a feed post, a story, the finish of an upload, a first comment. Each is one request."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.facebook.errors import LINK_UNREADABLE, codes_of, may_upload_again
from munadi.channels.facebook.graph import Graph, story_of, succeeded
from munadi.channels.facebook.lookup import Lookup
from munadi.channels.facebook.prepare import MAX_RENEWALS, cover_bytes
from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.state import Prepared
from munadi.channels.facebook.stories import Stories
from munadi.channels.facebook.videos import EDGES, Videos
from munadi.channels.facebook.wire import cover_of, feed_form, finish_form
from munadi.channels.http import ChannelTools
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Pending, Published
from munadi.ports import Gate, PublicationDraft, SaveHandle

# Before a preparation is made anew.
SOON = timedelta(seconds=2)


@dataclass(frozen=True)
class Parts:
    """What a publication is made with."""

    graph: Graph
    videos: Videos
    lookup: Lookup
    stories: Stories
    tools: ChannelTools


@dataclass(frozen=True)
class Publishing:
    """One visible call of one draft, and what came of it. Every method raises ChannelError."""

    parts: Parts
    draft: PublicationDraft
    account: ConnectedAccount
    prepared: Prepared
    save: SaveHandle
    gate: Gate

    async def post(self) -> Published:
        """POST /{page}/feed."""
        await self._require_photos()
        form = feed_form(self.draft, self._options, [photo.id for photo in self.prepared.photos])
        try:
            post_id = await self.parts.graph.make(self._path("feed"), self.account, form, self.gate)
        except ChannelError as error:
            await self._refused(error)
            raise
        await self._keep(post_id=post_id)
        return await self.parts.lookup.live(self.account, post_id, self.parts.tools.clock.now())

    async def photo_story(self) -> Published:
        """POST /{page}/photo_stories. What refuses a photo may be that it is a story already."""
        await self._require_photos()
        form = {"photo_id": self.prepared.photos[0].id}
        try:
            path = self._path("photo_stories")
            answer = await self.parts.graph.post(path, self.account, form, self.gate, proof=story_of)
        except ChannelError as error:
            found = await self._looked(Kind.STORY) if error.sorting is Sorting.REJECTED else None
            if found:
                return found
            raise
        return await self._story(story_of(answer) or "")

    async def finish(self, kind: Kind) -> Published | Pending:
        """`upload_phase=finish`: published once Facebook says so, and refused only when the video is not live."""
        upload = self.prepared.upload
        if upload is None:
            raise ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, "Facebook: nothing was uploaded")
        if not self.prepared.finished:
            form = finish_form(self.draft, self._options, kind, upload.video_id, upload.session_id)
            cover = cover_of(self.draft, self._options) if kind is Kind.VIDEO else None
            try:
                answer = await self.parts.graph.post(
                    self._path(EDGES[kind]),
                    self.account,
                    form,
                    self.gate,
                    proof=story_of if kind is Kind.STORY else succeeded,
                    files={"thumb": await cover_bytes(self.parts.tools.media, cover)} if cover else None,
                    video=kind is Kind.VIDEO,
                )
            except ChannelError as error:
                if error.sorting is Sorting.REJECTED or may_upload_again(error):
                    return await self._refused_finish(kind, error)
                raise
            if kind is Kind.STORY:
                return await self._story(story_of(answer) or "")
            await self._keep(finished=True)
        found = await self._looked(kind)
        return found or Pending(after=self.parts.videos.wait(timedelta(0)), note="Facebook is publishing the video")

    async def comment(self, target: str) -> Published:
        """POST /{post}/comments."""
        form = {"message": self.draft.first_comment or ""}
        comment_id = await self.parts.graph.make(f"{target}/comments", self.account, form, self.gate)
        return Published(post_id=comment_id, published_at=self.parts.tools.clock.now())

    @property
    def _options(self) -> Options:
        return Options.model_validate(self.draft.options)

    def _path(self, edge: str) -> str:
        return f"{self.account.external_id}/{edge}"

    async def _story(self, post_id: str) -> Published:
        await self._keep(post_id=post_id, finished=True)
        return await self.parts.stories.live(self.draft, self.account, post_id, self.parts.tools.clock.now())

    async def _looked(self, kind: Kind) -> Published | None:
        """The story or video if it is live already; a look that fails says nothing."""
        with suppress(ChannelError):
            if kind is Kind.STORY:
                story = await self.parts.stories.search(self.draft, self.account, self.prepared, self.draft.due_at)
                return story if isinstance(story, Published) else None
            video_id = self.prepared.upload.video_id if self.prepared.upload else ""
            status = await self.parts.videos.status(self.account, video_id)
            if status.is_live:
                found = self.parts.videos.published(video_id, status, kind)
                return found.model_copy(update={"published_at": found.published_at or self.parts.tools.clock.now()})
        return None

    async def _refused(self, error: ChannelError) -> None:
        """What a refused feed post means beyond the table: a link is read again once, a duplicate is looked into."""
        if LINK_UNREADABLE in codes_of(error) and self.draft.link and not self.prepared.link:
            await self._forget(self.prepared.model_copy(update={"link": "unreadable"}))
            error.reason, error.sorting, error.retry_after = Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, SOON
        # "Posted already" may be about ours after all; it is final only when an older post explains it.
        is_duplicate = error.reason is Reason.DUPLICATE_CONTENT
        if is_duplicate and await self.parts.lookup.has_older_twin(self.draft, self.account, self.draft.due_at):
            error.sorting = Sorting.REJECTED

    async def _refused_finish(self, kind: Kind, error: ChannelError) -> Published:
        """Raise the refusal, unless an earlier call published the video after all; another upload may do better."""
        found = await self._looked(kind)
        if found:
            return found
        if may_upload_again(error):
            if self.prepared.renewals >= MAX_RENEWALS:
                error.sorting = Sorting.REJECTED
            else:
                await self._forget(Prepared(renewals=self.prepared.renewals + 1))
        raise error

    async def _require_photos(self) -> None:
        """Photos that Facebook has deleted by now are uploaded anew before anything is sent."""
        if self.prepared.lapsed(self.parts.tools.clock.now()):
            await self._forget(Prepared(link=self.prepared.link))
            message = "Facebook: the unpublished photos have lapsed"
            raise ChannelError(Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, message, "PHOTOS_LAPSED", retry_after=SOON)

    async def _forget(self, prepared: Prepared) -> None:
        """Something is to be prepared anew."""
        await self.save(prepared.model_dump(mode="json"), ready=False)

    async def _keep(self, **known: object) -> None:
        """It is live or accepted: neither a lost lease nor our own database may hide that."""
        with suppress(Exception):
            state = self.prepared.model_copy(update=known)
            await self.save(state.model_dump(mode="json"), ready=True, expires_at=state.expires_at)
