"""A Facebook Page as a channel. Only a feed post, a story, the finish of an upload and a comment are visible.

None of them has an idempotency key, and posts have appeared despite an error (500, code 2): an unknown outcome is
resolved by looking. A reel or video is looked for by its id, which is known beforehand, and a story by that of its
media; a feed post by its photos, or by text and time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.facebook.accounts import Accounts
from munadi.channels.facebook.discarding import remove
from munadi.channels.facebook.errors import explain, not_sent
from munadi.channels.facebook.graph import graph_of
from munadi.channels.facebook.parts import Parts
from munadi.channels.facebook.prepare import Preparation
from munadi.channels.facebook.publish import Publishing
from munadi.channels.facebook.spec import LINK_LEAD, PHOTO_LEAD, SPEC, VIDEO_LEAD, Options, Settings
from munadi.channels.facebook.state import Case, Prepared
from munadi.channels.facebook.validate import lengths_of, validate
from munadi.channels.facebook.wire import film_of, kind_of
from munadi.channels.http import ChannelTools, cannot_look
from munadi.channels.text import parse_options
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

POST, COMMENT = "post", "comment"


class Facebook:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.spec = settings.applied_to(SPEC, settings.hosts.graph)
        self._parts = Parts.over(graph_of(settings, tools))
        self._accounts = Accounts(self._parts.graph)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Text, link, media and options against Meta's limits."""
        return validate(self.spec, draft, account)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """How long its texts are, as they will stand there."""
        return lengths_of(self.spec, draft)

    def lead(self, draft: Draft) -> timedelta:
        """Time to upload and process; none for a plain text."""
        options, _ = parse_options(self.spec, Options, draft.options)
        if film_of(draft, kind_of(draft, options or Options())):
            return VIDEO_LEAD
        return PHOTO_LEAD if draft.media else LINK_LEAD if draft.link else timedelta(0)

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
        return await Preparation(self._parts, Case.of(draft, account, handle), save).run()

    async def publish(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle, stage: Stage
    ) -> Published | Pending:
        """One feed post, story, finish or comment. Raises ChannelError. What is known to be live is not sent again."""
        run = Publishing(self._parts, Case.of(draft, account, handle), save, stage.gate)
        if stage.name not in (POST, COMMENT):
            raise not_sent(Reason.INTERNAL_ERROR, f"there is no step {stage.name!r}")
        return await (run.post() if stage.name == POST else run.comment())

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """How far an upload or an accepted publication is. Raises ChannelError when Facebook gave it up."""
        return await self._parts.check(Case.of(draft, account, handle))

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = POST,
    ) -> Published | Absent | Unknown:
        """A video by its id, a story by its media's, a feed post by photos, or text and time; a comment at its post."""
        case = Case.of(draft, account, handle)
        try:
            if stage == COMMENT:
                return await self._parts.lookup.comment(case, await self._parts.target(case), since)
            return await self._parts.find(case, since)
        except ChannelError as error:
            return cannot_look(error)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """See `discarding`."""
        await remove(self._parts, account, Prepared.model_validate(handle.state))

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._parts.graph.now())

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)
