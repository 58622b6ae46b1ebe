"""The invisible step: ask the creator's settings, obey them, and upload a file up to its last chunk.

publish_id and upload_url are saved before the first byte leaves, and each chunk once it is there. The last byte makes
a post public, so it is never sent here. A pull has nothing to prepare but the creator's settings, photos only what
TikTok does not take as it is (PNG, JPEGs of several pictures).
"""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.http import ChannelTools, given_id, no_proof
from munadi.channels.renditions import fitting
from munadi.channels.tiktok.api import Api, token_of
from munadi.channels.tiktok.spec import PHOTO, Mode, Options, Settings
from munadi.channels.tiktok.validate import obey
from munadi.channels.tiktok.wire import VIDEO_INIT, Prepared, Upload, file_body, is_photo, mode_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import SaveHandle

MAX_RENEWALS = 3
# Chunks sent in one run; then the workflow calls again, so that an activity stays within its time.
CHUNKS_PER_RUN = 10
# Statuses of the upload host that speak of the upload, not of a chunk: its address or its progress is another.
UPLOAD_MISMATCH = frozenset({"HTTP 403", "HTTP 404", "HTTP 416"})


class Preparation:
    """One run of preparing one draft; goes on where the handle's state ends."""

    def __init__(
        self,
        api: Api,
        settings: Settings,
        tools: ChannelTools,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
    ) -> None:
        self._api = api
        self._chunk_bytes = settings.chunk_bytes
        self._clock = tools.clock
        self._media = tools.media
        self._token = token_of(account)
        self._save = save
        self._state = Prepared.model_validate(handle.state) if handle else Prepared()

    async def run(self, draft: Draft) -> Ready | Pending:
        """Go as far as is possible now. Raises ChannelError."""
        if self._state.sent_at is not None:
            return Ready()  # what was sent before is looked at before anything else is
        options = Options.model_validate(draft.options)
        now = self._clock.now()
        if self._state.upload is not None and self._state.upload.expires_at <= now:
            self._state = self._state.model_copy(update={"upload": None})
        if self._state.upload is None:
            if self._state.creator is None or not self._state.creator.is_fresh(now):
                await self._keep(creator=await self._api.creator(self._token))
            assert self._state.creator is not None
            obey(draft, options, self._state.creator)
            if mode_of(draft, options) is Mode.PULL:
                photos = [await fitting(self._media, PHOTO, asset) for asset in draft.media] if is_photo(draft) else []
                await self._keep(ready=True, photos=tuple(photos))
                return Ready(expires_at=self._state.expires_at)
            await self._begin(draft, options)
        return await self._upload(draft.media[0])

    async def _begin(self, draft: Draft, options: Options) -> None:
        """Init. A lost answer costs nothing: without bytes nothing becomes of an upload."""
        assert self._state.creator is not None
        body = file_body(draft, options, self._state.creator, self._chunk_bytes)
        answer = await self._api.post(VIDEO_INIT, self._token, body)
        data = answer.field("data")
        fields = data if isinstance(data, dict) else {}
        publish_id, url = given_id(fields.get("publish_id")), fields.get("upload_url")
        if publish_id is None or not isinstance(url, str) or not url:
            raise no_proof(answer, [self._token])
        source = body["source_info"]
        upload = Upload(
            publish_id=publish_id,
            url=self._api.require_upload_host(url),
            size=source["video_size"],
            chunk_bytes=source["chunk_size"],
            chunks=source["total_chunk_count"],
            created_at=self._clock.now(),
        )
        await self._keep(upload=upload)

    async def _upload(self, asset: MediaAsset) -> Ready | Pending:
        """Every chunk but the last."""
        for _ in range(CHUNKS_PER_RUN):
            upload = self._state.upload
            if upload is None:
                return Pending(after=timedelta(0), note="the upload begins anew")
            if upload.is_prepared:
                await self._keep(ready=True)
                return Ready(expires_at=self._state.expires_at)
            try:
                await self._api.send_chunk(upload, upload.sent, asset, self._token)
            except ChannelError as error:
                if error.provider_code not in UPLOAD_MISMATCH:
                    raise
                await self._resume(upload, error)
            else:
                await self._keep(upload=upload.model_copy(update={"sent": upload.sent + 1}))
        return Pending(after=timedelta(0), note=f"{CHUNKS_PER_RUN} more chunks were sent")

    async def _resume(self, upload: Upload, error: ChannelError) -> None:
        """Go on where TikTok says it is (an answer was lost), or begin anew when that is not between two chunks."""
        try:
            status = await self._api.status(upload.publish_id, self._token)
        except ChannelError as look:
            raise error from look
        sent, rest = divmod(status.uploaded_bytes or 0, upload.chunk_bytes)
        if status.lacks_bytes_of(upload) and rest == 0 and upload.sent < sent < upload.chunks:
            await self._keep(upload=upload.model_copy(update={"sent": sent}))
            return
        if self._state.renewals >= MAX_RENEWALS:
            error.effect = Effect.REJECTED
            raise error
        await self._keep(upload=None, renewals=self._state.renewals + 1)

    async def _keep(self, *, ready: bool = False, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        await self._save(self._state.model_dump(mode="json"), ready=ready, expires_at=self._state.expires_at)
