"""The visible calls: the last chunk of a file, or the init of a pull or of photos. Neither has an idempotency key.

What was sent before is looked at first, by its publish_id, and a refused chunk is believed only after a look.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from munadi.channels.http import ChannelTools, given_id
from munadi.channels.tiktok.api import Api, token_of
from munadi.channels.tiktok.errors import explain_failure
from munadi.channels.tiktok.lookup import Lookup
from munadi.channels.tiktok.prepare import MAX_RENEWALS, UPLOAD_MISMATCH
from munadi.channels.tiktok.spec import Mode, Options
from munadi.channels.tiktok.wire import (
    PHOTO_INIT,
    VIDEO_INIT,
    Creator,
    Prepared,
    Status,
    Upload,
    is_photo,
    mode_of,
    pull_body,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Handle, Pending, Published
from munadi.ports import Gate, PublicationDraft, SaveHandle


class Publishing:
    """One publish of one draft."""

    def __init__(
        self,
        api: Api,
        lookup: Lookup,
        tools: ChannelTools,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
    ) -> None:
        self._api = api
        self._lookup = lookup
        self._tools = tools
        self._account = account
        self._token = token_of(account)
        self._save = save
        self._state = Prepared.model_validate(handle.state) if handle else Prepared()

    async def run(self, draft: PublicationDraft, gate: Gate) -> Published | Pending:
        """One mutating request at most. Raises ChannelError."""
        if self._state.sent_at is not None:
            return await self._look_first(draft, self._state.sent_at)
        options = Options.model_validate(draft.options)
        creator, upload = self._state.creator, self._state.upload
        if mode_of(draft, options) is Mode.PULL:
            if creator is None:
                raise _unprepared()
            return await self._pull(draft, options, creator, gate)
        if upload is None or not upload.is_prepared:
            raise _unprepared()
        return await self._last_chunk(draft, upload, gate)

    async def _pull(self, draft: PublicationDraft, options: Options, creator: Creator, gate: Gate) -> Pending:
        sent = draft.model_copy(update={"media": self._state.photos or draft.media})
        for asset in sent.media:
            await self._tools.media.check_stored(asset)
        body = pull_body(sent, options, creator, self._tools.media)
        path = PHOTO_INIT if is_photo(draft) else VIDEO_INIT
        answer = await self._api.post(path, self._token, body, gate)
        data = answer.field("data")
        publish_id = given_id(data.get("publish_id")) if isinstance(data, dict) else None
        await self._sent(publish_id=publish_id)
        return Pending(after=self._lookup.quick, note="TikTok is fetching the media")

    async def _last_chunk(self, draft: PublicationDraft, upload: Upload, gate: Gate) -> Published | Pending:
        if upload.expires_at <= self._tools.clock.now():
            message = "TikTok: the upload's address expired before the post was due"
            raise await self._forgotten(ChannelError(Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT, message))
        try:
            answer = await self._api.send_chunk(upload, upload.chunks - 1, draft.media[0], self._token, gate)
        except ChannelError as error:
            if error.provider_code not in UPLOAD_MISMATCH:
                raise
            return await self._refused(draft, upload, error)
        if answer.status == 206:
            # TikTok misses bytes that it said it had; whether it goes on, only a look can tell.
            raise ChannelError(
                Reason.MEDIA_PROCESSING_FAILED,
                Effect.UNKNOWN,
                "TikTok: the upload is not whole after its last chunk",
                provider_code="HTTP 206",
            )
        await self._sent()
        return Pending(after=self._lookup.quick, note="TikTok is processing the video")

    async def _refused(self, draft: PublicationDraft, upload: Upload, error: ChannelError) -> Published | Pending:
        """An address or a range that TikTok does not take: was the file whole already, or is it without its end?"""
        status = await self._status(upload.publish_id, error)
        if status.lacks_bytes_of(upload):
            error.effect = Effect.NOT_SENT
            raise await self._forgotten(error) from error
        if status.status == "FAILED":
            raise await self._failed(status.fail_reason) from error
        if status.status != "PUBLISH_COMPLETE" and status.uploaded_bytes != upload.size:
            raise error
        await self._sent()
        return self._lookup.outcome(draft, self._account, self._state, status)

    async def _look_first(self, draft: PublicationDraft, sent_at: datetime) -> Published | Pending:
        """Something was sent before: only what TikTok calls FAILED is begun anew, and only when asked for again.

        A retry makes a publication due again, so what was sent before it is due belongs to an earlier life.
        """
        is_of_this_life, fail_reason = sent_at >= draft.due_at, ""
        if self._state.key is not None:
            status = await self._status(self._state.key, None)
            if status.status != "FAILED":
                return self._lookup.outcome(draft, self._account, self._state, status)
            if is_of_this_life:
                raise await self._failed(status.fail_reason)
            fail_reason = status.fail_reason
        elif is_of_this_life:
            message = "TikTok accepted the post without saying its publish_id"
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, f"TikTok: {message}")
        await self._forget(renewals=0)
        message = "TikTok: an earlier post came to nothing; another is prepared"
        code = fail_reason or "FAILED"
        raise ChannelError(Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT, message, provider_code=code)

    async def _status(self, key: str, refused: ChannelError | None) -> Status:
        try:
            return await self._api.status(key, self._token)
        except ChannelError as look:
            error = refused or look
            error.effect = Effect.UNKNOWN
            raise error from look

    async def _failed(self, fail_reason: str) -> ChannelError:
        """The end of this life; a retry by hand prepares anew."""
        await self._forget(renewals=0)
        return explain_failure(fail_reason)

    async def _forgotten(self, error: ChannelError) -> ChannelError:
        """Give up an upload that cannot be finished, so that preparation makes another; bounded."""
        if self._state.renewals >= MAX_RENEWALS:
            error.effect = Effect.REJECTED
        await self._forget(renewals=self._state.renewals + 1)
        return error

    async def _forget(self, *, renewals: int) -> None:
        await self._save(Prepared(renewals=renewals).model_dump(mode="json"), ready=False)

    async def _sent(self, **changes: object) -> None:
        """Keep what TikTok accepted. Neither a lost lease nor our own database may hide that it was."""
        self._state = self._state.model_copy(update={"sent_at": self._tools.clock.now(), **changes})
        with suppress(Exception):
            await self._save(self._state.model_dump(mode="json"), ready=True, expires_at=self._state.expires_at)


def _unprepared() -> ChannelError:
    message = "TikTok: publish was called before prepare ended"
    return ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)
