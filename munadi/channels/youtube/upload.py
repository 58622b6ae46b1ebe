"""A resumable upload, a bounded number of chunks at a time. Source: docs/networks/youtube.md, sections 3 and 7.

The session's address is the key: as long as it is valid, no second video can come of it. Every run but the first reads
how much the session has stored, so a run after a crash continues from what YouTube really has. When a session is lost
after the last byte was sent, the channel's list of uploads is checked before another session is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.youtube.api import RESUME_INCOMPLETE, SESSION_LOST
from munadi.channels.youtube.lookup import private_uploads
from munadi.channels.youtube.state import Run
from munadi.channels.youtube.wire import metadata, read_video, video_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending
from munadi.ports import Answer

_STORED = re.compile(r"^bytes=0-(\d+)$")


@dataclass(frozen=True)
class ResumableUpload:
    """Uploads one post's video, as far as one run gets."""

    run: Run

    @property
    def _asset(self) -> MediaAsset:
        return video_of(self.run.publication.draft, self.run.publication.options)

    async def forward(self) -> Pending | None:
        """None once the video's id is known. Raises ChannelError."""
        run, total = self.run, self._asset.bytes
        if run.state.lost_at is not None:
            return await self._follow_up()
        if run.state.session is None:
            await self._begin()
        else:
            await self._take(await self._put(b"", f"bytes */{total}"))
        for _ in range(run.settings.chunks_per_run):
            before = run.state
            if before.session is None or before.offset >= total:
                break
            await self._send_chunk(before.offset)
            if run.state.offset == before.offset:
                break
        state = run.state
        if state.video_id is not None:
            return None
        # A session that has every byte needs a moment.
        waiting = state.lost_at or (state.session is not None and state.offset >= total)
        after = run.settings.poll_quick if waiting else timedelta(0)
        return Pending(after=after, note=f"{state.offset * 100 // max(total, 1)} % uploaded")

    async def _begin(self) -> None:
        run, asset, options = self.run, self._asset, self.run.publication.options
        body = metadata(run.publication.draft, options)
        session = await run.api.start_session(
            run.publication.account, body, asset.bytes, asset.mime_type, notify=options.notify_subscribers
        )
        await run.publication.save(session=session, started_at=run.now(), offset=0, finishing=False)

    async def _send_chunk(self, start: int) -> None:
        total = self._asset.bytes
        length = min(self.run.settings.chunk_bytes, total - start)
        content = await self.run.media.read(self._asset, start, length)
        if start + length == total and not self.run.state.finishing:
            await self.run.publication.save(finishing=True)
        await self._take(await self._put(content, f"bytes {start}-{start + length - 1}/{total}"))

    async def _put(self, content: bytes, content_range: str) -> Answer:
        assert self.run.state.session is not None
        return await self.run.api.put(self.run.publication.account, self.run.state.session, content, content_range)

    async def _take(self, answer: Answer) -> None:
        """What the session reports: how much is stored, done, or gone."""
        publication = self.run.publication
        if answer.status == RESUME_INCOMPLETE:
            stored = _STORED.match(answer.headers.get("range", ""))
            await publication.save(offset=int(stored[1]) + 1 if stored else 0)
        elif answer.status not in SESSION_LOST:
            video = read_video(answer.body)
            if video is None:
                # The final answer is repeated on a probe, so the next run reads it again.
                message = "YouTube: the upload was accepted, but its answer names no video"
                raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, message)
            await publication.save(session=None, video_id=video.id, uploaded_at=self.run.now())
        elif publication.state.finishing:
            await publication.save(session=None, lost_at=self.run.now())
        else:  # without its last byte a session leaves nothing behind
            await self.run.upload_again(_vanished("YouTube: the upload session was lost"))

    async def _follow_up(self) -> Pending | None:
        """Adopt the video that the lost session left, or upload again once there certainly is none."""
        run, state, now = self.run, self.run.state, self.run.now()
        assert state.lost_at is not None
        found = await private_uploads(run.api, run.publication, state.started_at or state.lost_at)
        if len(found) > 1:
            message = f"YouTube: {len(found)} private uploads fit this post, and nothing shows which one is its video"
            raise ChannelError(Reason.OUTCOME_UNKNOWN, Effect.REJECTED, message)
        if found:
            await run.publication.save(lost_at=None, video_id=found[0].id, uploaded_at=now)
            return None
        if now - state.lost_at < run.settings.absence_grace:
            return Pending(
                after=run.settings.poll_slow, note="waiting until the video of a lost upload session is listed"
            )
        await run.upload_again(_vanished("YouTube: the upload session was lost, and no video came of it"))
        return Pending(after=timedelta(0), note="to be uploaded again")


def _vanished(message: str) -> ChannelError:
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, message)
