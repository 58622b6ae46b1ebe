"""The invisible step of a video: registered, uploaded, processed. Source: docs/networks/pinterest.md, section 3.

Nothing waits here; the workflow calls again. An upload that was cut off is registered again: a video that no pin uses
is never shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from munadi.channels.http import ChannelTools
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.errors import failure
from munadi.channels.pinterest.spec import Options, Settings
from munadi.channels.pinterest.state import Prepared, Video
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending
from munadi.ports import Publication

REGISTERED, PROCESSING, SUCCEEDED, FAILED = "registered", "processing", "succeeded", "failed"
# A video that Pinterest fails on so often is not taken.
MAX_FAILURES = 3
QUICK_READS = 12


@dataclass(frozen=True)
class Uploading:
    """One run for one pin; it continues where the handle's state ends."""

    api: Api
    settings: Settings
    tools: ChannelTools
    publication: Publication[Options, Prepared]

    async def run(self) -> Pending | None:
        """None once the video is ready for a pin. Raises ChannelError."""
        video = self.publication.state.video
        if video is not None and video.is_ready:
            return None
        try:
            if video is None or video.uploaded_at is None:
                video = await self._send()
            return await self._judge(video, await self.api.media_status(self._token, video.id))
        except ChannelError as error:
            if error.reason is Reason.MEDIA_PROCESSING_FAILED:
                await self._count_failure(error)
            raise

    async def _send(self) -> Video:
        upload = await self.api.register(self._token)
        await self.publication.save(video=Video(id=upload.media_id))
        await self.api.upload(upload, self.publication.draft.media[0])
        video = Video(id=upload.media_id, uploaded_at=self.tools.clock.now())
        await self.publication.save(video=video)
        return video

    async def _judge(self, video: Video, status: str) -> Pending | None:
        if status == SUCCEEDED:
            await self.publication.save(video=video.model_copy(update={"is_ready": True}))
            return None
        if status in (FAILED, REGISTERED):
            # `registered`: Pinterest has not seen the file, so it is sent again.
            message = f"the video {self.publication.draft.media[0].id} is {status} after its upload"
            raise failure(Reason.MEDIA_PROCESSING_FAILED, message, code=status)
        age = self.tools.clock.now() - (video.uploaded_at or self.tools.clock.now())
        if age > self.settings.processing_timeout:
            message = f"Pinterest still processes the video after {round(age.total_seconds())} s"
            raise failure(Reason.MEDIA_PROCESSING_TIMEOUT, message, Effect.REJECTED)
        await self.publication.save(video=video.model_copy(update={"reads": video.reads + 1}))
        wait = self.settings.poll_quick if video.reads < QUICK_READS else self.settings.poll_slow
        return Pending(after=wait, note="Pinterest processes the video")

    async def _count_failure(self, error: ChannelError) -> None:
        """Save the failure, forget the video, and make `error` a rejection once there were too many."""
        failures = self.publication.state.failures + 1
        if failures >= MAX_FAILURES:
            error.effect = Effect.REJECTED
        await self.publication.save(failures=failures, video=None)

    @property
    def _token(self) -> str:
        return self.publication.token
