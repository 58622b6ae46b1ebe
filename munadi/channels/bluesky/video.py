"""A video on its way through the video service: asked, uploaded, transcoded, stored as a blob at the PDS.

Every step is invisible and may be repeated: the same file is answered with the job that it already has. Nothing
waits here; a job that runs is looked at again by the workflow.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

from munadi.channels.bluesky.spec import BLOB_LIFE
from munadi.channels.bluesky.state import Keeper, RunningVideo
from munadi.channels.bluesky.video_errors import failed_transcode, refused_limits
from munadi.channels.bluesky.video_service import Transcode, VideoService
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.publication import HOLD_GROWTH, Pending, growing
from munadi.ports import Clock

# After so many jobs that the service itself lost or failed, it is the video.
MAX_TRIES = 4
# The official app looks every 1.5 s; a long job is looked at less and less often.
FIRST_LOOK = timedelta(seconds=1.5)
SLOWEST_LOOK = timedelta(seconds=15)
# A job that is silent for so long is taken for lost.
MAX_SILENCE = timedelta(hours=1)
# Statuses of getJobStatus that say the service does not know the job.
LOST = frozenset({"HTTP 404", "NotFound", "JobNotFound", "InvalidRequest"})


class VideoUpload:
    """One run for one draft's video; goes on where the handle's state ends."""

    def __init__(
        self, service: VideoService, keeper: Keeper, account: ConnectedAccount, base: str, clock: Clock
    ) -> None:
        self._service = service
        self._keeper = keeper
        self._account = account
        self._base = base
        self._clock = clock

    async def run(self, asset: MediaAsset) -> Pending | None:
        """None once the blob is known. Raises ChannelError."""
        if self._keeper.state.blobs:
            return None
        running = self._keeper.state.video
        transcode = await self._look(running) if running else await self._begin(asset)
        if transcode.blob is not None:
            await self._keeper.put(video=None, blobs=(transcode.blob,), blobs_until=self._clock.now() + BLOB_LIFE)
            return None
        if transcode.failed is not None:
            await self._give_up(failed_transcode(transcode.failed, self._clock.now()))
        if running is None:
            running = RunningVideo(id=transcode.id, since=self._clock.now())
            await self._keeper.put(video=running)
        return await self._pending(running, transcode)

    async def _begin(self, asset: MediaAsset) -> Transcode:
        token = self._account.credentials.access_token.get_secret_value()
        limits = await self._service.limits(self._base, token)
        refused = refused_limits(limits, asset.bytes, self._clock.now())
        if refused is not None:
            raise refused
        return await self._service.upload(self._base, self._account, asset)

    async def _look(self, running: RunningVideo) -> Transcode:
        try:
            return await self._service.status(running.id)
        except ChannelError as error:
            if error.provider_code not in LOST:
                raise
            error.reason, error.sorting = Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT
            error.message = "Bluesky: the video service does not know the job any more"
            await self._give_up(error)

    async def _pending(self, running: RunningVideo, transcode: Transcode) -> Pending:
        waited = self._clock.now() - running.since
        if waited >= MAX_SILENCE:
            message = "Bluesky: the video service did not finish the video"
            await self._give_up(ChannelError(Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, message, "JOB_SILENT"))
        after = min(max(waited / 8, FIRST_LOOK), SLOWEST_LOOK)
        return Pending(after=after, note=f"the video is {transcode.state or 'being processed'}")

    async def _give_up(self, error: ChannelError) -> NoReturn:
        """Forget the job. A fault of the service is worth another, after growing waits, and not for ever."""
        failures = self._keeper.state.failures + 1
        await self._keeper.put(video=None, failures=failures)
        if error.reason is Reason.PROVIDER_OUTAGE:
            error.retry_after = error.retry_after or growing(HOLD_GROWTH, failures - 1)
            if failures >= MAX_TRIES:
                error.reason, error.sorting = Reason.MEDIA_PROCESSING_FAILED, Sorting.REJECTED
                error.message = f"Bluesky: the video service failed on this video {failures} times"
        raise error
