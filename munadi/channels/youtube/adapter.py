"""YouTube as a channel. The video is uploaded as private; the visible call is videos.update of its whole status.

That call may be repeated with the same result, and the video's own status tells whether it was made: a publication
can never be there twice, because it is one video from its upload on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.http import ChannelTools, cannot_look
from munadi.channels.youtube.accounts import Accounts
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.comment import COMMENT, FirstComment
from munadi.channels.youtube.lookup import Lookup, is_live, published
from munadi.channels.youtube.prepare import Preparation, is_processed, processing_wait
from munadi.channels.youtube.run import Run
from munadi.channels.youtube.spec import BASE_LEAD, PLANNED_RATE, SPEC, Options, Privacy, Settings
from munadi.channels.youtube.state import Keeper, Prepared, prepared
from munadi.channels.youtube.thumbnail import thumbnail_warnings
from munadi.channels.youtube.validate import lengths_of, validate
from munadi.channels.youtube.verdicts import gone, judge
from munadi.channels.youtube.wire import Video, full_status, read_video
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown, Warning_
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

GONE = frozenset({"videoNotFound", "notFound"})


class YouTube:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.spec = settings.applied_to(SPEC, settings.hosts.api, settings.hosts.token)
        self._settings = settings
        self._tools = tools
        self._api = Api(settings, tools)
        self._lookup = Lookup(self._api)
        self._comments = FirstComment(self._api, tools.clock)
        self._accounts = Accounts(self._api, settings, tools)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Title, description, tags, the video, its thumbnail and the declarations against YouTube's limits."""
        return validate(self.spec, draft, account)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """How long its texts are, as they will stand there."""
        return lengths_of(self.spec, draft)

    def lead(self, draft: Draft) -> timedelta:
        """Time to upload at a modest rate and to be processed."""
        uploading = timedelta(seconds=sum(asset.bytes for asset in draft.media) / PLANNED_RATE)
        return min(BASE_LEAD + uploading, self.spec.lead)

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """The first comment."""
        return (COMMENT,) if draft.first_comment else ()

    def resend(self, draft: Draft) -> Resend:
        """The same update of the same video."""
        return self.spec.resend

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Some chunks or one look; call it again after a Pending, until Ready."""
        run = Run(self._api, self._lookup, self._settings, self._tools, account, Keeper(handle, save))
        return await Preparation(run, draft).forward()

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """One videos.update, or one comment; none for a private video, which is as it should be.

        Raises ChannelError.
        """
        state = prepared(handle)
        if stage.name == COMMENT:
            video_id = await self._video_id(draft, account, state)
            if video_id is None:
                message = "YouTube: which video was published cannot be read, so nothing can be written below it"
                raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message)
            return await self._comments.publish(draft, account, video_id, stage)
        video_id = state.video_id
        if video_id is None or stage.name != "post":
            message = "YouTube: publish was called before prepare ended"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)
        options = Options.model_validate(draft.options)
        now = self._tools.clock.now
        if options.privacy_status is Privacy.PRIVATE:
            return _told(published(Video(id=video_id), now()), state)
        status = full_status(options, options.privacy_status)
        try:
            answer = await self._api.update_status(account, video_id, status, stage.gate)
        except ChannelError as error:
            if error.provider_code in GONE:
                # Nothing can be visible of a video that is not there: it is uploaded anew, a few times.
                lost = gone(video_id)
                lost.raw = error.raw
                await Keeper(handle, save).begin_anew(lost)
                raise lost from error
            raise
        video = read_video(answer.body) or Video(id=video_id)
        _require(video, options)
        return _told(published(video, now()), state, *_warnings(video))

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of the video. What is dead or missing is for prepare to make anew."""
        state = prepared(handle)
        if state.video_id is None:
            return Pending(after=timedelta(0), note="to be prepared")
        video = await self._api.video(account, state.video_id)
        if video is None:
            raise gone(state.video_id)
        if is_live(video, Options.model_validate(draft.options)):
            return _told(published(video), state)
        verdict = judge(video)
        if verdict is not None:
            raise verdict[0]
        if is_processed(video):
            return Ready()
        after = processing_wait(state, self._settings, self._tools.clock.now())
        return Pending(after=after, note="YouTube is processing the video")

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = "post",
    ) -> Published | Absent | Unknown:
        """The video's own status is a strong key; without a video, the channel's uploads by title and time.

        A comment is looked for below the video.
        """
        options = Options.model_validate(draft.options)
        state = prepared(handle)
        try:
            if stage == COMMENT:
                video_id = await self._video_id(draft, account, state)
                return await self._comments.find(draft, account, video_id) if video_id else Unknown(note="no video")
            if state.video_id is None:
                return await self._lookup.by_content(draft, options, account, since)
            found = await self._lookup.by_id(account, state.video_id, options)
        except ChannelError as error:
            return cannot_look(error)
        return _told(found, state) if isinstance(found, Published) else found

    async def _video_id(self, draft: PublicationDraft, account: ConnectedAccount, state: Prepared) -> str | None:
        """As prepared, or looked for (a restored database)."""
        if state.video_id is not None:
            return state.video_id
        options = Options.model_validate(draft.options)
        found = await self._lookup.by_content(draft, options, account, draft.due_at)
        return found.post_id if isinstance(found, Published) else None

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Delete the private video that will not be used; one that anybody can see is never touched."""
        video_id = prepared(handle).video_id
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

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return self._api.explain(answer)

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)


def _require(video: Video, options: Options) -> None:
    """YouTube may take the update and keep the video private, as it did for unaudited projects until 2026-11-02."""
    if video.privacy in (None, options.privacy_status):
        return
    message = f"YouTube: the video was kept {video.privacy}; the API project may not publish"
    # A word that YouTube does not document proves nothing.
    effect = Effect.REJECTED if video.privacy in list(Privacy) else Effect.UNKNOWN
    raise ChannelError(Reason.APP_NOT_APPROVED, effect, message, provider_code=f"kept {video.privacy}")


def _told(found: Published, state: Prepared, *more: Warning_) -> Published:
    return found.model_copy(update={"warnings": (*more, *thumbnail_warnings(state))})


def _warnings(video: Video) -> tuple[Warning_, ...]:
    if video.upload != "uploaded":
        return ()
    message = "the video is published; YouTube shows it once it has processed it"
    return (Warning_(code="STILL_PROCESSING", message=message, channel="youtube"),)
