"""The visible calls: a feed post, the finish of a reel or video, a first comment. Each is one request."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from munadi.channels.facebook.errors import LINK_UNREADABLE, codes_of, may_upload_again
from munadi.channels.facebook.graph import Graph, succeeded
from munadi.channels.facebook.lookup import Lookup
from munadi.channels.facebook.prepare import MAX_RENEWALS
from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.state import Prepared
from munadi.channels.facebook.videos import EDGES, Videos
from munadi.channels.facebook.wire import feed_form, finish_form
from munadi.channels.http import ChannelTools
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Pending, Published
from munadi.ports import Gate, PublicationDraft, SaveHandle

# Before a preparation is made anew.
SOON = timedelta(seconds=2)


class Publishing:
    """Makes the visible calls and reads what came of them."""

    def __init__(self, graph: Graph, videos: Videos, lookup: Lookup, tools: ChannelTools) -> None:
        self._graph = graph
        self._videos = videos
        self._lookup = lookup
        self._clock = tools.clock

    async def post(
        self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared, save: SaveHandle, gate: Gate
    ) -> Published:
        """POST /{page}/feed. Raises ChannelError."""
        await self._require_photos(prepared, save)
        form = feed_form(draft, Options.model_validate(draft.options), [photo.id for photo in prepared.photos])
        try:
            post_id = await self._graph.make(f"{account.external_id}/feed", account, form, gate)
        except ChannelError as error:
            await self._refused(draft, account, prepared, error, save)
            raise
        await _keep(prepared.model_copy(update={"post_id": post_id}), save)
        return await self._lookup.live(account, post_id, self._clock.now())

    async def finish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        kind: Kind,
        prepared: Prepared,
        save: SaveHandle,
        gate: Gate,
    ) -> Published | Pending:
        """POST /{page}/video_reels or /videos with `upload_phase=finish`: published once Facebook says so.

        Raises ChannelError. A refusal is believed only when the video is not live.
        """
        upload = prepared.upload
        if upload is None:
            raise ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, "Facebook: nothing was uploaded")
        if not prepared.finished:
            form = finish_form(draft, Options.model_validate(draft.options), kind, upload.video_id, upload.session_id)
            path = f"{account.external_id}/{EDGES[kind]}"
            try:
                await self._graph.post(path, account, form, gate, proof=succeeded, video=kind is Kind.VIDEO)
            except ChannelError as error:
                if error.sorting is Sorting.REJECTED or may_upload_again(error):
                    return await self._refused_finish(account, kind, prepared, error, save)
                raise
            await _keep(prepared.model_copy(update={"finished": True}), save)
        found = await self._looked(account, kind, upload.video_id)
        return found or Pending(after=self._videos.wait(timedelta(0)), note="Facebook is publishing the video")

    async def comment(self, draft: PublicationDraft, account: ConnectedAccount, target: str, gate: Gate) -> Published:
        """POST /{post}/comments. Raises ChannelError."""
        form = {"message": draft.first_comment or ""}
        comment_id = await self._graph.make(f"{target}/comments", account, form, gate)
        return Published(post_id=comment_id, published_at=self._clock.now())

    async def _looked(self, account: ConnectedAccount, kind: Kind, video_id: str) -> Published | None:
        """The video if it is live already; a look that fails says nothing."""
        with suppress(ChannelError):
            status = await self._videos.status(account, video_id)
            if status.is_live:
                found = self._videos.published(video_id, status, kind)
                return found.model_copy(update={"published_at": found.published_at or self._clock.now()})
        return None

    async def _refused(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        prepared: Prepared,
        error: ChannelError,
        save: SaveHandle,
    ) -> None:
        """What a refused feed post means beyond the table: a link is read again once, a duplicate is looked into."""
        if LINK_UNREADABLE in codes_of(error) and draft.link and not prepared.link:
            await save(prepared.model_copy(update={"link": "unreadable"}).model_dump(mode="json"), ready=False)
            error.reason, error.sorting, error.retry_after = Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, SOON
        # "Posted already" may be about ours after all; it is final only when an older post explains it.
        is_duplicate = error.reason is Reason.DUPLICATE_CONTENT
        if is_duplicate and await self._lookup.has_older_twin(draft, account, draft.due_at):
            error.sorting = Sorting.REJECTED

    async def _refused_finish(
        self, account: ConnectedAccount, kind: Kind, prepared: Prepared, error: ChannelError, save: SaveHandle
    ) -> Published:
        """Raise the refusal, unless an earlier call published the video after all; another upload may do better."""
        found = await self._looked(account, kind, prepared.upload.video_id if prepared.upload else "")
        if found:
            return found
        if may_upload_again(error):
            if prepared.renewals >= MAX_RENEWALS:
                error.sorting = Sorting.REJECTED
            else:
                await save(Prepared(renewals=prepared.renewals + 1).model_dump(mode="json"), ready=False)
        raise error

    async def _require_photos(self, prepared: Prepared, save: SaveHandle) -> None:
        """Photos that Facebook has deleted by now are uploaded anew before anything is sent."""
        if prepared.lapsed(self._clock.now()):
            await save(Prepared(link=prepared.link).model_dump(mode="json"), ready=False)
            message = "Facebook: the unpublished photos have lapsed"
            raise ChannelError(Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, message, "PHOTOS_LAPSED", retry_after=SOON)


async def _keep(prepared: Prepared, save: SaveHandle) -> None:
    """It is live or accepted: neither a lost lease nor our own database may hide that."""
    with suppress(Exception):
        await save(prepared.model_dump(mode="json"), ready=True, expires_at=prepared.expires_at)
