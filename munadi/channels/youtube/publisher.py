"""Posting to YouTube. The video is uploaded as private; the visible call is videos.update of its whole status.

That call may be repeated with the same result, and the video's own status shows whether it was made. A publication is
one video from its upload on, so it can never be there twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.http import ChannelTools
from munadi.channels.steps import COMMENT
from munadi.channels.youtube import editing
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.comment import comment_below, find_comment, write_comment
from munadi.channels.youtube.lookup import by_content, by_id, is_live, published
from munadi.channels.youtube.processing import is_processed, process, processing_wait
from munadi.channels.youtube.removing import seen
from munadi.channels.youtube.spec import Options, Privacy, Settings
from munadi.channels.youtube.state import Prepared, Run
from munadi.channels.youtube.upload import ResumableUpload
from munadi.channels.youtube.verdicts import gone, judge
from munadi.channels.youtube.wire import Video, full_status, read_video
from munadi.domain.account import ConnectedAccount
from munadi.domain.choices import OptionChoice
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import THUMBNAIL_FAILED, Absent, Pending, Published, Ready, Unknown, Warning_
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.domain.withdrawal_rule import WithdrawalRule
from munadi.ports import Attempt, Publication

WHOLE_ACCOUNT = "https://www.googleapis.com/auth/youtube"
GONE = frozenset({"videoNotFound", "notFound"})


class YouTubeChannel(NetworkChannel[Options, Prepared]):
    """A video and its first comment."""

    options, state = Options, Prepared
    profile_at = "https://www.youtube.com/channel/{id}"
    listed_options: Mapping[str, str | None] = {"categoryId": None}

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings = settings
        self._api = api
        self._media = tools.media
        self._clock = tools.clock

    async def _choices(self, account: ConnectedAccount, option: str, of: str | None) -> tuple[OptionChoice, ...]:
        """The categories that a video may have."""
        return tuple(OptionChoice(value=each, name=title) for each, title in await self._api.categories(account))

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Some chunks or one read of the status; call it again after a Pending, until Ready. Raises ChannelError."""
        run = self._run(publication)
        if run.state.video_id is None:
            pending = await ResumableUpload(run).forward()
            if pending is not None:
                return pending
        return await process(run, run.state.video_id or "")

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One videos.update, or one comment; no call for a private video, which is private already.

        Raises ChannelError.
        """
        if attempt.step == COMMENT:
            video_id = await self._video_id(publication)
            if video_id is None:
                message = "YouTube: which video was published cannot be read, so nothing can be written below it"
                raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message)
            comment_id = await write_comment(self._api, publication, video_id, attempt.gate)
            return comment_below(video_id, comment_id, self._clock.now())
        state, privacy = publication.state, publication.options.privacy_status
        if state.video_id is None or attempt.step != "post":
            raise self.not_prepared()
        if privacy is Privacy.PRIVATE:
            return _warned(published(Video(id=state.video_id), self._clock.now()), state)
        status = full_status(publication.options, privacy)
        try:
            answer = await self._api.update_status(publication.account, state.video_id, status, attempt.gate)
        except ChannelError as error:
            if error.provider_code not in GONE:
                raise
            # Nothing of a missing video can be visible, so it is uploaded again, a few times.
            lost = gone(state.video_id)
            lost.raw = error.raw
            await self._run(publication).upload_again(lost)
            raise lost from error
        video = read_video(answer.body) or Video(id=state.video_id)
        _require(video, privacy)
        return _warned(published(video, self._clock.now()), state, *_still_processing(video))

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """The status of the video. What is dead or missing is for prepare to upload again."""
        state = publication.state
        if state.video_id is None:
            return Pending(after=timedelta(0), note="to be prepared")
        video = await self._api.video(publication.account, state.video_id)
        if video is None:
            raise gone(state.video_id)
        if is_live(video, publication.options):
            return _warned(published(video), state)
        verdict = judge(video)
        if verdict is not None:
            raise verdict[0]
        if is_processed(video):
            return Ready()
        now = self._clock.now()
        after = processing_wait(self._settings, now - (state.uploaded_at or now))
        return Pending(after=after, note="YouTube is processing the video")

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """By the video's own status, a strong key; without a known video, by title and time among the uploads.

        A comment is searched below the video.
        """
        state = publication.state
        if step == COMMENT:
            video_id = await self._video_id(publication)
            return await find_comment(self._api, publication, video_id) if video_id else Unknown(note="no video")
        if state.video_id is None:
            return await by_content(self._api, publication, since)
        found = await by_id(self._api, publication, state.video_id)
        return _warned(found, state) if isinstance(found, Published) else found

    def withdrawal(self, draft: Draft, account: ConnectedAccount) -> WithdrawalRule:
        """Either of two scopes permits it."""
        rule = super().withdrawal(draft, account)
        return rule.model_copy(update={"scopes": ()}) if WHOLE_ACCOUNT in account.scopes else rule

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        """videos.delete: comments and counts go with the video. Raises ChannelError."""
        await self._api.removals.send(self._api.deletion(account, one.id), attempt.gate)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await seen(self._api, objects, account)

    def live_edit(self, draft: Draft, account: ConnectedAccount) -> EditRule:
        """Either of two scopes permits it."""
        rule = super().live_edit(draft, account)
        return rule.model_copy(update={"scopes": ()}) if WHOLE_ACCOUNT in account.scopes else rule

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._api, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._api, version, account)

    async def _discard(self, account: ConnectedAccount, state: Prepared) -> None:
        """Delete the private video that will not be used; a visible one is never touched."""
        video_id = state.video_id
        if video_id is None:
            return
        video = await self._api.video(account, video_id)
        if video is None or video.privacy != Privacy.PRIVATE:
            return
        try:
            await self._api.delete(account, video_id)
        except ChannelError as error:
            if error.provider_code not in GONE:
                raise

    def _run(self, publication: Publication[Options, Prepared]) -> Run:
        return Run(publication, self._api, self._settings, self._media, self._clock)

    async def _video_id(self, publication: Publication[Options, Prepared]) -> str | None:
        """As prepared, or found by its content (a restored database)."""
        known = publication.state.video_id
        if known is not None:
            return known
        found = await by_content(self._api, publication, publication.draft.due_at)
        return found.post_id if isinstance(found, Published) else None


def _require(video: Video, wanted: Privacy) -> None:
    """YouTube may take the update and keep the video private, as it did for unaudited projects until 2026-11-02."""
    if video.privacy in (None, wanted):
        return
    message = f"YouTube: the video was kept {video.privacy}; the API project may not publish"
    # An undocumented word proves nothing.
    effect = Effect.REJECTED if video.privacy in list(Privacy) else Effect.UNKNOWN
    raise ChannelError(Reason.APP_NOT_APPROVED, effect, message, provider_code=f"kept {video.privacy}")


def _warned(found: Published, state: Prepared, *warnings: Warning_) -> Published:
    """With a warning where the thumbnail could not be set."""
    if state.thumbnail_refusal is not None:
        message = f"the video is published without its thumbnail: {state.thumbnail_refusal}"
        warnings = (*warnings, Warning_(code=THUMBNAIL_FAILED, message=message[:500], channel="youtube"))
    return found.model_copy(update={"warnings": warnings})


def _still_processing(video: Video) -> tuple[Warning_, ...]:
    if video.upload != "uploaded":
        return ()
    message = "the video is published; YouTube shows it once it has processed it"
    return (Warning_(code="STILL_PROCESSING", message=message, channel="youtube"),)
