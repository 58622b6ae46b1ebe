"""A resumable upload, a bounded number of chunks at a time. Source: facts, sections 3 and 7.

The session's address is the key: as long as it lives, no second video can come of it. Every run but the first asks
it how much is stored, so a run after a crash goes on from what YouTube really has. A session that is lost after the
last byte left is followed up in the channel's list of uploads before another is opened.
"""

from __future__ import annotations

import re
from datetime import timedelta

from munadi.channels.youtube.api import RESUME_INCOMPLETE, SESSION_LOST
from munadi.channels.youtube.run import Run
from munadi.channels.youtube.spec import Options
from munadi.channels.youtube.wire import metadata, read_video, video_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending
from munadi.ports import Answer, PublicationDraft

_STORED = re.compile(r"^bytes=0-(\d+)$")


class Uploading:
    """Uploads one draft's video, as far as one run goes."""

    def __init__(self, run: Run, draft: PublicationDraft, options: Options) -> None:
        self._run = run
        self._keep = run.keep
        self._draft = draft
        self._options = options
        self._asset = video_of(draft, options)

    async def forward(self) -> Pending | None:
        """None once the video's id is known. Raises ChannelError."""
        total = self._asset.bytes
        if self._keep.state.lost_at is not None:
            return await self._follow_up()
        if self._keep.state.session is None:
            await self._begin()
        else:
            await self._take(await self._put(b"", f"bytes */{total}"))
        for _ in range(self._run.settings.chunks_per_run):
            before = self._keep.state
            if before.session is None or before.offset >= total:
                break
            await self._send_chunk(before.offset)
            if self._keep.state.offset == before.offset:
                break
        state = self._keep.state
        if state.video_id is not None:
            return None
        # A session that has everything is given a moment.
        waiting = state.lost_at or (state.session is not None and state.offset >= total)
        after = self._run.settings.poll_quick if waiting else timedelta(0)
        return Pending(after=after, note=f"{state.offset * 100 // max(total, 1)} % uploaded")

    async def _begin(self) -> None:
        run, asset, options = self._run, self._asset, self._options
        body = metadata(self._draft, options)
        session = await run.api.start_session(
            run.account, body, asset.bytes, asset.mime_type, notify=options.notify_subscribers
        )
        await self._keep.put(session=session, started_at=run.now(), offset=0, finishing=False)

    async def _send_chunk(self, start: int) -> None:
        total = self._asset.bytes
        length = min(self._run.settings.chunk_bytes, total - start)
        content = await self._run.read(self._asset, start, length)
        if start + length == total and not self._keep.state.finishing:
            await self._keep.put(finishing=True)
        await self._take(await self._put(content, f"bytes {start}-{start + length - 1}/{total}"))

    async def _put(self, content: bytes, content_range: str) -> Answer:
        assert self._keep.state.session is not None
        return await self._run.api.put(self._run.account, self._keep.state.session, content, content_range)

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
                raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, message)
            await self._keep.put(session=None, video_id=video.id, uploaded_at=self._run.now())

    async def _lost(self) -> None:
        """Without its last byte a session leaves nothing behind; with it, there may be a video."""
        if self._keep.state.finishing:
            await self._keep.put(session=None, lost_at=self._run.now())
            return
        await self._keep.begin_anew(_vanished("YouTube: the upload session was lost"))

    async def _follow_up(self) -> Pending | None:
        """Adopt the video that the lost session left, or upload anew once there certainly is none."""
        state, now = self._keep.state, self._run.now()
        assert state.lost_at is not None
        found = await self._run.lookup.private_uploads(
            self._draft, self._options, self._run.account, state.started_at or state.lost_at
        )
        if len(found) > 1:
            message = f"YouTube: {len(found)} private uploads look like this one; nobody can tell which is it"
            raise ChannelError(Reason.OUTCOME_UNKNOWN, Effect.REJECTED, message)
        if found:
            await self._keep.put(lost_at=None, video_id=found[0].id, uploaded_at=now)
            return None
        if now - state.lost_at < self._run.settings.absence_grace:
            return Pending(after=self._run.settings.poll_slow, note="looking for the video of a lost upload session")
        await self._keep.begin_anew(_vanished("YouTube: the upload session was lost, and no video came of it"))
        return Pending(after=timedelta(0), note="to be uploaded anew")


def _vanished(message: str) -> ChannelError:
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, message)
