"""The invisible step: upload the video as private, wait until YouTube has processed it, set its thumbnail.

A video may be made public while it is processed, and is shown once that ends. So a broken file is waited out, within
`processing_patience`, but a slot is not missed for a slow one.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from munadi.channels.youtube.lookup import VISIBLE
from munadi.channels.youtube.run import Run
from munadi.channels.youtube.spec import Options, Settings
from munadi.channels.youtube.state import Prepared
from munadi.channels.youtube.thumbnail import illustrate
from munadi.channels.youtube.upload import Uploading
from munadi.channels.youtube.verdicts import gone, judge
from munadi.channels.youtube.wire import Video, thumbnail_of
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft

QUICK_FOR, SLOW_FOR = timedelta(minutes=1), timedelta(minutes=10)
# A video that was just uploaded may not be listed yet.
UNLISTED_FOR = timedelta(minutes=2)


class Preparation:
    """One run of preparing one draft."""

    def __init__(self, run: Run, draft: PublicationDraft) -> None:
        self._run = run
        self._keep = run.keep
        self._draft = draft
        self._options = Options.model_validate(draft.options)

    async def forward(self) -> Ready | Pending:
        """Go as far as is possible now. Raises ChannelError."""
        if self._keep.state.video_id is None:
            pending = await Uploading(self._run, self._draft, self._options).forward()
            if pending is not None:
                return pending
        return await self._process(self._keep.state.video_id or "")

    async def _process(self, video_id: str) -> Ready | Pending:
        video = await self._run.api.video(self._run.account, video_id)
        if video is None:
            return await self._missing(video_id)
        verdict = judge(video)
        if verdict is not None:
            return await self._replace(video, *verdict)
        left = self._patience_ends() - self._run.now()
        if not is_processed(video) and left > timedelta(0):
            after = min(processing_wait(self._keep.state, self._run.settings, self._run.now()), left)
            return Pending(after=after, note="YouTube is processing the video")
        image = thumbnail_of(self._draft, self._options)
        if image is not None and video.privacy not in VISIBLE:
            pending = await illustrate(self._run, self._draft, video_id, image)
            if pending is not None:
                return pending
        await self._keep.put(ready=True)
        return Ready()

    def _patience_ends(self) -> datetime:
        uploaded_at = self._keep.state.uploaded_at or self._run.now()
        return max(self._draft.due_at, uploaded_at + self._run.settings.processing_patience)

    async def _missing(self, video_id: str) -> Pending:
        uploaded_at = self._keep.state.uploaded_at
        if uploaded_at is None or self._run.now() - uploaded_at >= UNLISTED_FOR:
            await self._keep.begin_anew(gone(video_id))
        return Pending(after=self._run.settings.poll_quick, note="the uploaded video is not listed")

    async def _replace(self, video: Video, error: ChannelError, may_help: bool) -> Pending:
        """Remove a dead video and upload again; raise when that cannot help any more."""
        if not may_help:
            error.effect = Effect.REJECTED
            raise error
        await self._keep.begin_anew(error)
        with suppress(ChannelError):  # a leftover that nobody sees is not worth a failure
            await self._run.api.delete(self._run.account, video.id)
        return Pending(after=self._run.settings.poll_quick, note="the upload failed at YouTube and is made anew")


def is_processed(video: Video) -> bool:
    """Whether nothing is to be waited for; a video that is visible already certainly is not."""
    return video.upload == "processed" or video.processing == "succeeded" or video.privacy in VISIBLE


def processing_wait(state: Prepared, settings: Settings, now: datetime) -> timedelta:
    """Short videos take seconds, long ones hours: the older, the rarer."""
    age = now - state.uploaded_at if state.uploaded_at else timedelta(0)
    if age < QUICK_FOR:
        return settings.poll_quick
    return settings.poll_slow if age < SLOW_FOR else settings.poll_idle
