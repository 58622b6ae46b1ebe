"""A file on its way to TikTok, chunk by chunk. The last byte makes the post public.

publish_id and upload_url are saved before the first byte is sent, and each chunk once TikTok has it. A chunk that
TikTok refuses is believed only after its status was read. Neither call has an idempotency key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.http import Request
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.errors import explain_failure
from munadi.channels.tiktok.lookup import FAILED, StatusReader
from munadi.channels.tiktok.spec import Options
from munadi.channels.tiktok.state import Prepared, Upload
from munadi.channels.tiktok.wire import Status
from munadi.channels.uploads import upload_again
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Published, Ready
from munadi.ports import Gate, Publication

MAX_UPLOADS = 4
# Chunks sent in one run; then the workflow calls again, so that an activity stays within its time.
CHUNKS_PER_RUN = 10
# Statuses about the upload, not about a chunk: its address has expired, or its progress is not ours.
UPLOAD_MISMATCH = frozenset({"HTTP 403", "HTTP 404", "HTTP 416"})


@dataclass(frozen=True)
class Run:
    """One run for one post: the chunks of its file, and what TikTok accepted. `saved` has its state."""

    api: Api
    reader: StatusReader
    publication: Publication[Options, Prepared]

    async def forward(self) -> Ready | Pending:
        """Send every chunk but the last, as far as one run goes. Raises ChannelError."""
        for _ in range(CHUNKS_PER_RUN):
            upload = self.publication.state.upload
            if upload is None:
                return Pending(after=timedelta(0), note="the upload starts again")
            if upload.is_prepared:
                await self.publication.save(ready=True)
                return Ready(expires_at=self.publication.state.expires_at)
            try:
                await self.api.uploads.send(await self._chunk(upload, upload.sent))
            except ChannelError as error:
                if error.provider_code not in UPLOAD_MISMATCH:
                    raise
                await self._resume(upload, error)
            else:
                await self.publication.save(upload=upload.model_copy(update={"sent": upload.sent + 1}))
        return Pending(after=timedelta(0), note=f"{CHUNKS_PER_RUN} more chunks were sent")

    async def finish(self, upload: Upload, gate: Gate) -> Published | Pending:
        """Send the last chunk: the visible call. Raises ChannelError."""
        now = self.reader.clock.now()
        if upload.expires_at <= now:
            message = "TikTok: the upload's address expired before the post was due"
            lapsed = ChannelError(Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT, message)
            await upload_again(self.publication, lapsed, MAX_UPLOADS)
            raise lapsed
        request = await self._chunk(upload, upload.chunks - 1)
        try:
            answer = await self.api.uploads.send(request, gate)
        except ChannelError as error:
            if error.provider_code not in UPLOAD_MISMATCH:
                raise
            return await self._refused(upload, error)
        if answer.status == 206:
            # TikTok lacks bytes that it confirmed before; only the status shows whether it continues.
            raise ChannelError(
                Reason.MEDIA_PROCESSING_FAILED,
                Effect.UNKNOWN,
                "TikTok: the upload is not whole after its last chunk",
                provider_code="HTTP 206",
            )
        await self.accepted()
        return Pending(after=self.reader.settings.poll_quick, note="TikTok is processing the video")

    async def accepted(self, **changes: object) -> None:
        """Save that TikTok accepted the visible call, if it can be saved."""
        await self.publication.keep(sent_at=self.reader.clock.now(), **changes)

    async def status(self, key: str, refused: ChannelError | None = None) -> Status:
        """The status of an accepted call. Raises `refused`, or else the read's own error, with an unknown effect."""
        try:
            return await self.api.status(key, self.publication.account)
        except ChannelError as failed:
            error = refused or failed
            error.effect = Effect.UNKNOWN
            raise error from failed

    async def failed(self, fail_reason: str) -> ChannelError:
        """Why TikTok gave the post up. Another is prepared by a retry by hand; by itself where a pull failed."""
        error = await self.forget_failed_pull(fail_reason)
        if error.effect is Effect.REJECTED:
            await self.publication.replace(Prepared())
        return error

    async def forget_failed_pull(self, fail_reason: str) -> ChannelError:
        """Forget a post that TikTok dropped because it could not fetch the media, if it may be asked again."""
        failed_pulls = self.publication.state.failed_pulls
        error = explain_failure(fail_reason, failed_pulls)
        if error.effect is Effect.NOT_SENT:
            await self.publication.replace(Prepared(failed_pulls=failed_pulls + 1))
        return error

    async def _chunk(self, upload: Upload, index: int) -> Request:
        return await self.api.chunk(self.publication.account, upload, index, self.publication.draft.media[0])

    async def _refused(self, upload: Upload, error: ChannelError) -> Published | Pending:
        """TikTok does not take the address or the range: either it has the whole file, or it lacks the end."""
        status = await self.status(upload.publish_id, error)
        if status.lacks_bytes_of(upload):
            await upload_again(self.publication, error, MAX_UPLOADS)
            raise error
        if status.status == FAILED:
            raise await self.failed(status.fail_reason) from error
        if status.status != "PUBLISH_COMPLETE" and status.uploaded_bytes != upload.size:
            raise error
        await self.accepted()
        return self.reader.outcome(self.publication, self.publication.state, status)

    async def _resume(self, upload: Upload, error: ChannelError) -> None:
        """Continue where TikTok is (an answer was lost), or start again when that is not between two chunks."""
        try:
            status = await self.api.status(upload.publish_id, self.publication.account)
        except ChannelError as failed:
            raise error from failed
        sent, rest = divmod(status.uploaded_bytes or 0, upload.chunk_bytes)
        if status.lacks_bytes_of(upload) and rest == 0 and upload.sent < sent < upload.chunks:
            await self.publication.save(upload=upload.model_copy(update={"sent": sent}))
            return
        await upload_again(self.publication, error, MAX_UPLOADS)
        if error.effect is Effect.REJECTED:
            raise error
