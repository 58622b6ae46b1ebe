"""A Facebook Page as a channel. Only a feed post, a story, the finish of an upload and a comment are visible.

None of them has an idempotency key, and posts have appeared despite an error (500, code 2): an unknown outcome is
resolved by looking. A reel or video is looked for by its id, which is known beforehand, and a story by that of its
media; a feed post by its photos, or by text and time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.facebook.accounts import Accounts
from munadi.channels.facebook.discarding import Discarding
from munadi.channels.facebook.graph import Graph
from munadi.channels.facebook.lookup import Lookup
from munadi.channels.facebook.prepare import Preparation, is_complete, lead_of
from munadi.channels.facebook.publish import Parts, Publishing
from munadi.channels.facebook.spec import SPEC, Kind, Options, Settings
from munadi.channels.facebook.state import prepared_of
from munadi.channels.facebook.stories import Stories
from munadi.channels.facebook.validate import validate
from munadi.channels.facebook.videos import Videos, died
from munadi.channels.facebook.wire import film_of, kind_of
from munadi.channels.http import ChannelTools
from munadi.channels.text import parse_options
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import Resend
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

COMMENT = "comment"


class Facebook:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.spec = settings.applied_to(SPEC, settings.hosts.graph)
        self._settings = settings
        self._tools = tools
        self._graph = Graph(settings, tools)
        self._videos = Videos(self._graph, settings, tools)
        self._lookup = Lookup(self._graph, settings)
        self._stories = Stories(self._graph, self._videos, settings, tools.clock)
        self._parts = Parts(self._graph, self._videos, self._lookup, self._stories, tools)
        self._accounts = Accounts(self._graph, settings, tools)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Text, link, media and options against Meta's limits."""
        return validate(self.spec, draft, account)

    def lead(self, draft: Draft) -> timedelta:
        """Time to upload and process; none for a plain text."""
        options, _ = parse_options(self.spec, Options, draft.options)
        return lead_of(draft, kind_of(draft, options or Options()))

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """The first comment, when there is one."""
        return (COMMENT,) if draft.first_comment else ()

    def resend(self, draft: Draft) -> Resend:
        """A feed post has no key of its own, so every kind waits for the proof of absence."""
        return self.spec.resend

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Upload what is missing and look once; call it again after a Pending, until Ready."""
        run = Preparation(self._graph, self._videos, self._settings, self._tools, account, handle, save)
        return await run.run(draft)

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """One feed post, story, finish or comment. Raises ChannelError. What is known to be live is not sent again."""
        prepared, kind = prepared_of(handle), _kind(draft)
        run = Publishing(self._parts, draft, account, prepared, save, stage.gate)
        if stage.name == COMMENT:
            return await run.comment(await self._target(draft, account, handle))
        if stage.name != "post":
            raise _refused(f"there is no step {stage.name!r}")
        if prepared.post_id:
            return await self._live(draft, account, prepared.post_id)
        if not is_complete(draft, kind, prepared):
            raise _refused("publish was called before prepare ended")
        if film_of(draft, kind):
            return await run.finish(kind)
        return await (run.photo_story() if kind is Kind.STORY else run.post())

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """How far an upload or an accepted publication is. Raises ChannelError when Facebook gave it up."""
        prepared, kind = prepared_of(handle), _kind(draft)
        if prepared.post_id:
            return await self._live(draft, account, prepared.post_id)
        if kind in (Kind.POST, Kind.STORY):
            looks = self._stories if kind is Kind.STORY else self._lookup
            found = await looks.search(draft, account, prepared, draft.due_at)
            if isinstance(found, Published):
                return found
        if not film_of(draft, kind):
            return Ready(expires_at=prepared.expires_at)
        if prepared.upload is None:
            return Pending(after=timedelta(0), note="to be prepared")
        status = await self._videos.status(account, prepared.upload.video_id)
        if status.is_live and kind is not Kind.STORY:
            return self._videos.published(prepared.upload.video_id, status, kind)
        if status.is_dead:
            raise died(status, Sorting.REJECTED)
        if not prepared.finished and status.is_uploaded and status.is_unpublished:
            return Ready(expires_at=prepared.expires_at)
        # A reel may be a draft for a moment after its finish: it is published only when Facebook says so.
        since = self._tools.clock.now() - max(draft.due_at, prepared.upload.uploaded_at or draft.due_at)
        return Pending(after=self._videos.wait(since), note=f"the video is {status.video_status or 'on its way'}")

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = "post",
    ) -> Published | Absent | Unknown:
        """A video by its id, a story by its media's, a feed post by photos, or text and time; a comment at its post."""
        prepared, kind = prepared_of(handle), _kind(draft)
        try:
            if stage == COMMENT:
                target = await self._target(draft, account, handle)
                return await self._lookup.comment(draft, account, target, since)
            if prepared.post_id:
                return await self._live(draft, account, prepared.post_id)
            if kind is Kind.STORY:
                return await self._stories.search(draft, account, prepared, since)
            if prepared.upload is None:
                return await self._lookup.search(draft, account, prepared, since)
            status = await self._videos.status(account, prepared.upload.video_id)
        except ChannelError as error:
            return Unknown(note=str(error)[:200])
        if status.is_live:
            return self._videos.published(prepared.upload.video_id, status, kind)
        if status.is_dead or status.is_unpublished:
            return Absent()
        return Unknown(note=f"the video is {status.publish_status or status.video_status or 'in an unknown state'}")

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """See `discarding`."""
        await Discarding(self._graph, self._videos, self._tools.clock).remove(account, prepared_of(handle))

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return self._graph.explain(answer)

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)

    async def _live(self, draft: PublicationDraft, account: ConnectedAccount, post_id: str) -> Published:
        if _kind(draft) is Kind.STORY:
            return await self._stories.live(draft, account, post_id)
        return await self._lookup.live(account, post_id)

    async def _target(self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None) -> str:
        """What a comment is written under. Raises ChannelError, not sent, while the post's id is not known."""
        prepared = prepared_of(handle)
        if prepared.post_id:
            return prepared.post_id
        if prepared.upload is not None:
            return prepared.upload.video_id
        found = await self._lookup.search(draft, account, prepared, draft.due_at)
        if isinstance(found, Published) and found.post_id:
            return found.post_id
        message = "Facebook: which post to comment on is not known yet"
        raise ChannelError(Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, message, "POST_ID_PENDING")


def _kind(draft: Draft) -> Kind:
    return kind_of(draft, Options.model_validate(draft.options))


def _refused(message: str) -> ChannelError:
    return ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, f"Facebook: {message}")
