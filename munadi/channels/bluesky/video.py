"""A video at the video service: limits read, uploaded, transcoded, stored as a blob at the PDS.

Every step is invisible and may be repeated: the same file is answered with its existing job, and parts of a large file
that have arrived are not sent again. Nothing waits here; the workflow calls again while a job runs.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from munadi.channels.bluesky.errors import failure
from munadi.channels.bluesky.spec import BLOB_LIFE, Options
from munadi.channels.bluesky.state import Prepared, RunningVideo, SentInParts
from munadi.channels.bluesky.video_errors import UPLOAD_ENDED, failed_transcode, refused_limits
from munadi.channels.bluesky.video_service import Transcode, VideoService
from munadi.channels.bluesky.xrpc import Server
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import HOLD_GROWTH, Pending, growing
from munadi.ports import Clock, Publication

# From this size on the official app sends parts.
PARTS_FROM = 16 * 1024 * 1024
# One run sends parts for this long, well within the life of its token; the next run continues.
MAX_RUN = timedelta(minutes=5)
# After this many jobs that the service lost or failed, the video is the cause.
MAX_TRIES = 4
# The official app polls every 1.5 s; a long job is polled less and less often.
FIRST_POLL = timedelta(seconds=1.5)
SLOWEST_POLL = timedelta(seconds=15)
# A job without a result for this long counts as lost.
MAX_SILENCE = timedelta(hours=1)
# Errors of getJobStatus for a job that the service does not know.
LOST = frozenset({"HTTP 404", "NotFound", "JobNotFound", "InvalidRequest"})


@dataclass(frozen=True)
class VideoUpload:
    """One run for one post's video; it continues where its saved state ends."""

    service: VideoService
    publication: Publication[Options, Prepared]
    server: Server
    clock: Clock

    async def run(self, asset: MediaAsset) -> Pending | None:
        """None once the blob is known. Raises ChannelError."""
        if self.publication.state.blobs:
            return None
        running = self.publication.state.video
        transcode = await self._poll(running) if running else await self._begin(asset)
        if isinstance(transcode, Pending):
            return transcode
        if transcode.blob is not None:
            until = self.clock.now() + BLOB_LIFE
            await self.publication.save(parts=None, video=None, blobs=(transcode.blob,), blobs_until=until)
            return None
        if transcode.failed is not None:
            await self._give_up(failed_transcode(transcode.failed, self.clock.now()))
        if running is None:
            running = RunningVideo(id=transcode.id, since=self.clock.now())
            await self.publication.save(parts=None, video=running)
        waited = self.clock.now() - running.since
        if waited >= MAX_SILENCE:
            message = "the video service did not finish the video"
            await self._give_up(failure(Reason.PROVIDER_OUTAGE, message, code="JOB_SILENT"))
        return _again(waited, transcode.state or "being processed")

    async def _begin(self, asset: MediaAsset) -> Transcode | Pending:
        sent = self.publication.state.parts
        if sent is None:
            limits = await self.service.limits(self.server)
            if refused := refused_limits(limits, asset.bytes, self.clock.now()):
                raise refused
            if asset.bytes < PARTS_FROM:
                return await self.service.upload(self.server, asset)
        token = await self.service.upload_token(self.server)
        if sent is None:
            sent = await self.service.start(token, asset)
            if sent is None:
                return await self.service.upload(self.server, asset)
            await self.publication.save(parts=sent)
        try:
            return await self._send(token, sent, asset)
        except ChannelError as error:
            if error.provider_code in UPLOAD_ENDED or error.effect is Effect.REJECTED:
                with suppress(ChannelError):
                    await self.service.abort(token, sent.id)
                await self._give_up(error)
            raise

    async def _send(self, token: str, sent: SentInParts, asset: MediaAsset) -> Transcode | Pending:
        """The parts that the service does not have, in order, then the end."""
        begun = self.clock.now()
        arrived = await self.service.arrived(token, sent.id)
        if arrived.transcode is not None:
            return arrived.transcode
        waited = begun - sent.since
        if arrived.state == "finishing" and waited < MAX_SILENCE:
            return _again(waited, "being put together")
        if arrived.state != "created":
            message = f"the upload of the video is {arrived.state}"
            raise failure(Reason.PROVIDER_OUTAGE, message, code="UploadFailed")
        missing = [number for number in range(1, sent.count + 1) if number not in arrived.parts]
        for number in missing:
            if self.clock.now() - begun >= MAX_RUN:
                return Pending(after=timedelta(0), note=f"the video is on its way: part {number} of {sent.count}")
            await self.service.send(token, sent, number, asset)
        return await self.service.finish(token, sent.id)

    async def _poll(self, running: RunningVideo) -> Transcode:
        try:
            return await self.service.status(running.id)
        except ChannelError as error:
            if error.provider_code not in LOST:
                raise
            error.reason, error.effect = Reason.PROVIDER_OUTAGE, Effect.NOT_SENT
            error.message = "Bluesky: the video service no longer knows the job"
            await self._give_up(error)

    async def _give_up(self, error: ChannelError) -> NoReturn:
        """Forget the job. After a fault of the service another is started, after growing waits and not endlessly."""
        failures = self.publication.state.failures + 1
        await self.publication.save(parts=None, video=None, failures=failures)
        if error.reason is Reason.PROVIDER_OUTAGE:
            error.retry_after = error.retry_after or growing(HOLD_GROWTH, failures - 1)
            if failures >= MAX_TRIES:
                error.reason, error.effect = Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED
                error.message = f"Bluesky: the video service failed on this video {failures} times"
        raise error


def _again(waited: timedelta, state: str) -> Pending:
    return Pending(after=min(max(waited / 8, FIRST_POLL), SLOWEST_POLL), note=f"the video is {state}")
