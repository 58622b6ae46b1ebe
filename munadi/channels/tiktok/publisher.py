"""Posting to TikTok. A file becomes public with its last chunk, a pull and photos with their init.

publish_id is the key to find a post by. A file's is known before anything is visible. A pull's is part of the answer
to the visible call: when that answer is lost, nothing can be found, and nothing is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from munadi.channels.answers import object_in
from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.http import ChannelTools, given_id
from munadi.channels.renditions import fitting
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.looking import look
from munadi.channels.tiktok.lookup import FAILED, StatusReader
from munadi.channels.tiktok.rules import obey
from munadi.channels.tiktok.spec import PHOTO, Mode, Options, Settings
from munadi.channels.tiktok.state import Creator, Prepared
from munadi.channels.tiktok.upload import Run
from munadi.channels.tiktok.wire import CANCEL, PHOTO_INIT, VIDEO_INIT, file_body, is_photo, mode_of, pull_body
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Attempt, Publication

# There is no upload any more, or it has become a post.
NOTHING_TO_CANCEL = frozenset({"publish_not_cancellable", "invalid_publish_id"})


class TikTokChannel(NetworkChannel[Options, Prepared]):
    """One post per publication: TikTok's API has no comments and no threads."""

    options, state = Options, Prepared
    profile_at = "https://www.tiktok.com/@{handle}"

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings = settings
        self._api = api
        self._media = tools.media
        self._clock = tools.clock
        self._reader = StatusReader(settings, tools.clock)

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Read and obey creator_info; upload a file up to its last chunk. A pull needs no more than creator_info,
        photos only renditions of what TikTok does not take (PNG, JPEGs of several pictures)."""
        now = self._clock.now()
        if publication.state.sent_at is not None and not await self._may_pull_again(publication):
            return Ready()  # publish reads the status of what was sent before
        if publication.state.upload is not None and publication.state.upload.expires_at <= now:
            publication.state = publication.state.model_copy(update={"upload": None})
        if publication.state.upload is None:
            creator = publication.state.creator
            if creator is None or not creator.is_fresh(now):
                creator = await self._api.creator(publication.token)
                await publication.save(creator=creator)
            obey(publication.draft, publication.options, creator)
            if mode_of(publication.draft, publication.options) is Mode.PULL:
                pictures = publication.draft.media if is_photo(publication.draft) else ()
                photos = [await fitting(self._media, PHOTO, asset) for asset in pictures]
                await publication.save(ready=True, photos=tuple(photos))
                return Ready(expires_at=publication.state.expires_at)
            # When this answer is lost, nothing is left behind: an upload without bytes never becomes a post.
            body = file_body(publication.draft, publication.options, creator, self._settings.chunk_bytes)
            await publication.save(upload=await self._api.start_upload(publication.account, body))
        return await self._run(publication).forward()

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """The last chunk, or the init of a pull or photos; then TikTok processes it. Raises ChannelError."""
        state, run = publication.state, self._run(publication)
        if state.sent_at is not None:
            return await self._sent_before(run, state.sent_at)
        if mode_of(publication.draft, publication.options) is Mode.PULL:
            if state.creator is not None:
                return await self._pull(run, state.creator, attempt)
        elif state.upload is not None and state.upload.is_prepared:
            return await run.finish(state.upload, attempt.gate)
        raise self.not_prepared()

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """The status of an accepted post. Only FAILED is a refusal: a failed read says nothing about the post."""
        state = publication.state
        if state.key is None:
            return Pending(after=self._settings.poll_idle, note="no publish_id is known")
        try:
            status = await self._api.status(state.key, publication.account)
        except ChannelError as error:
            error.effect = Effect.UNKNOWN
            raise
        if state.sent_at is None and status.lacks_bytes_of(state.upload):
            return Ready(expires_at=state.expires_at)
        return self._reader.outcome(publication, state, status)

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """By publish_id alone. Without one no byte of a file was sent, but a pull may be under way unseen."""
        state = publication.state
        if state.key is None:
            if mode_of(publication.draft, publication.options) is Mode.FILE:
                return Absent(by_key=True)
            return Unknown(
                note="TikTok's answer with the publish_id was lost, and there is no other key to find the post by"
            )
        status = await self._api.status(state.key, publication.account)
        return self._reader.found(publication, state, status)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await look(self._api, objects, account)

    async def _discard(self, account: ConnectedAccount, state: Prepared) -> None:
        """Cancel an upload that was never finished; what was sent is left alone."""
        if state.upload is None or state.sent_at is not None or state.upload.expires_at <= self._clock.now():
            return
        try:
            await self._api.post(CANCEL, account.token, {"publish_id": state.upload.publish_id})
        except ChannelError as error:
            if error.provider_code not in NOTHING_TO_CANCEL:
                raise

    async def _may_pull_again(self, publication: Publication[Options, Prepared]) -> bool:
        """Whether TikTok gave up what was sent because it could not fetch it; then the state is that of a new post.

        The status is read here, where nothing is visible, although a check has read it: another init is made only
        after the earlier publish_id is FAILED. Raises ChannelError, never a rejection, when it cannot be read.
        """
        if publication.state.key is None:
            return False
        run = self._run(publication)
        status = await run.status(publication.state.key)
        if status.status != FAILED:
            return False
        return (await run.forget_failed_pull(status.fail_reason)).effect is Effect.NOT_SENT

    def _run(self, publication: Publication[Options, Prepared]) -> Run:
        return Run(self._api, self._reader, publication)

    async def _pull(self, run: Run, creator: Creator, attempt: Attempt) -> Pending:
        publication = run.publication
        sent = publication.draft.model_copy(update={"media": publication.state.photos or publication.draft.media})
        for asset in sent.media:
            await self._media.check_stored(asset)
        body = pull_body(sent, publication.options, creator, self._media)
        path = PHOTO_INIT if is_photo(publication.draft) else VIDEO_INIT
        request = self._api.posting(path, publication.token, body)
        answer = self._api.checked(await self._api.http.send(request, attempt.gate), publication.token)
        await run.accepted(publish_id=given_id(object_in(answer.body, "data").get("publish_id")))
        return Pending(after=self._settings.poll_quick, note="TikTok is fetching the media")

    async def _sent_before(self, run: Run, sent_at: datetime) -> Published | Pending:
        """Something was sent before. Another post is prepared only after FAILED, and only by a retry.

        A retry moves the due time, so what was sent before the due time belongs to an earlier try.
        """
        publication, state = run.publication, run.publication.state
        is_of_this_try, fail_reason = sent_at >= publication.draft.due_at, ""
        if state.key is not None:
            status = await run.status(state.key)
            if status.status != FAILED:
                return self._reader.outcome(publication, state, status)
            if is_of_this_try:
                raise await run.failed(status.fail_reason)
            fail_reason = status.fail_reason
        elif is_of_this_try:
            message = "TikTok: the post was accepted, and the answer has no publish_id"
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, message)
        await run.publication.replace(Prepared())
        message = "TikTok: the earlier post failed; another is prepared"
        code = fail_reason or FAILED
        raise ChannelError(Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT, message, provider_code=code)
