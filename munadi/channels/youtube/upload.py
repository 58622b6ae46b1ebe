"""A resumable upload, a bounded number of chunks at a time. Source: facts, sections 3 and 7.

The session's address is the key: as long as it lives, no second video can come of it. Every run but the first asks
it how much is stored, so a run after a crash goes on from what YouTube really has. A session that is lost after the
last byte left is followed up in the channel's list of uploads before another is opened.
"""

from __future__ import annotations

import re
from datetime import timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.youtube.api import RESUME_INCOMPLETE, SESSION_LOST, Api
from munadi.channels.youtube.lookup import Lookup
from munadi.channels.youtube.spec import Options, Settings
from munadi.channels.youtube.state import Keeper
from munadi.channels.youtube.wire import metadata, read_video
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending
from munadi.ports import Answer, PublicationDraft

_STORED = re.compile(r"^bytes=0-(\d+)$")


class Uploading:
    """One run of uploading one draft's video; never sleeps, the workflow does."""

    def __init__(
        self, api: Api, lookup: Lookup, settings: Settings, tools: ChannelTools, account: ConnectedAccount, keep: Keeper
    ) -> None:
        self._api = api
        self._lookup = lookup
        self._settings = settings
        self._tools = tools
        self._account = account
        self._keep = keep

    async def run(self, draft: PublicationDraft, options: Options) -> Pending | None:
        """None once the video's id is known. Raises ChannelError."""
        asset = draft.media[0]
        if self._keep.state.lost_at is not None:
            return await self._follow_up(draft, options)
        if self._keep.state.session is None:
            await self._begin(draft, options)
        else:
            await self._take(await self._put(b"", f"bytes */{asset.bytes}"))
        for _ in range(self._settings.chunks_per_run):
            before = self._keep.state
            if before.session is None or before.offset >= asset.bytes:
                break
            await self._send_chunk(asset, before.offset)
            if self._keep.state.offset == before.offset:
                break
        return self._pending(asset, self._keep.state.offset)

    def _pending(self, asset: MediaAsset, offset: int) -> Pending | None:
        state = self._keep.state
        if state.video_id is not None:
            return None
        # A session that has everything, or takes nothing, is given a moment.
        waiting = state.session is not None and (offset >= asset.bytes)
        after = self._settings.poll_quick if waiting or state.lost_at else timedelta(0)
        return Pending(after=after, note=f"{offset * 100 // max(asset.bytes, 1)} % uploaded")

    async def _begin(self, draft: PublicationDraft, options: Options) -> None:
        asset = draft.media[0]
        session = await self._api.start_session(
            self._account,
            metadata(draft, options),
            asset.bytes,
            asset.mime_type,
            notify=options.notify_subscribers,
        )
        await self._keep.put(session=session, started_at=self._tools.clock.now(), offset=0, finishing=False)

    async def _send_chunk(self, asset: MediaAsset, start: int) -> None:
        length = min(self._settings.chunk_bytes, asset.bytes - start)
        content = await self._read(asset, start, length)
        if start + length == asset.bytes and not self._keep.state.finishing:
            await self._keep.put(finishing=True)
        answer = await self._put(content, f"bytes {start}-{start + length - 1}/{asset.bytes}")
        await self._take(answer)

    async def _read(self, asset: MediaAsset, start: int, length: int) -> bytes:
        try:
            content = await self._tools.media.read(asset, start, length)
        except FileNotFoundError:
            content = b""
        if len(content) != length:
            message = f"YouTube: the stored file of media {asset.id} is gone or shorter than it was"
            raise ChannelError(Reason.MEDIA_UNREACHABLE, Sorting.REJECTED, message)
        return content

    async def _put(self, content: bytes, content_range: str) -> Answer:
        assert self._keep.state.session is not None
        return await self._api.put(self._account, self._keep.state.session, content, content_range)

    async def _take(self, answer: Answer) -> None:
        """What the session says: so much is stored, done, or gone."""
        if answer.status == RESUME_INCOMPLETE:
            stored = _STORED.match(answer.headers.get("range", ""))
            await self._keep.put(offset=int(stored[1]) + 1 if stored else 0)
        elif answer.status in SESSION_LOST:
            await self._lost()
        else:
            video = read_video(answer.body)
            if video is None:
                # The final answer is repeated on a probe, so the next run reads it again.
                message = "YouTube: the upload was accepted, but its answer names no video"
                raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, message)
            await self._keep.put(session=None, video_id=video.id, uploaded_at=self._tools.clock.now())

    async def _lost(self) -> None:
        """Without its last byte a session leaves nothing behind; with it, there may be a video."""
        if self._keep.state.finishing:
            await self._keep.put(session=None, lost_at=self._tools.clock.now())
            return
        message = "YouTube: the upload session was lost"
        await self._keep.begin_anew(ChannelError(Reason.PROVIDER_OUTAGE, Sorting.UNKNOWN, message))

    async def _follow_up(self, draft: PublicationDraft, options: Options) -> Pending | None:
        """Adopt the video that the lost session left, or upload anew once there certainly is none."""
        state, now = self._keep.state, self._tools.clock.now()
        assert state.lost_at is not None
        found = await self._lookup.private_uploads(draft, options, self._account, state.started_at or state.lost_at)
        if len(found) > 1:
            message = f"YouTube: {len(found)} private uploads look like this one; nobody can tell which is it"
            raise ChannelError(Reason.OUTCOME_UNKNOWN, Sorting.REJECTED, message)
        if found:
            await self._keep.put(lost_at=None, video_id=found[0].id, uploaded_at=now)
            return None
        if now - state.lost_at < self._settings.absence_grace:
            return Pending(after=self._settings.poll_slow, note="looking for the video of a lost upload session")
        message = "YouTube: the upload session was lost, and no video came of it"
        await self._keep.begin_anew(ChannelError(Reason.PROVIDER_OUTAGE, Sorting.UNKNOWN, message))
        return Pending(after=timedelta(0), note="to be uploaded anew")
