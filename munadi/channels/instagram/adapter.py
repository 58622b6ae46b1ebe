"""Instagram as a channel. Everything but media_publish is invisible, and media_publish is not idempotent.

So an unknown outcome is resolved by the container's own status, and the same container is published again only after
it has been proven not to be live.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.accounts import Accounts
from munadi.channels.instagram.comment import COMMENT, FirstComment
from munadi.channels.instagram.errors import is_renewable
from munadi.channels.instagram.graph import Graph
from munadi.channels.instagram.lookup import SLACK, Lookup
from munadi.channels.instagram.prepare import MAX_RENEWALS, Container, ContainerReader, Preparation, Prepared
from munadi.channels.instagram.spec import LEADS, SPEC, Options, Settings
from munadi.channels.instagram.validate import validate
from munadi.channels.instagram.wire import kind_of
from munadi.channels.text import parse_options
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import MediaKind, Resend
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

# 24/2207008 may be temporary: the same container is tried again this often before it is given up.
MISSING = "24/2207008"
MAX_MISSES = 2


class Instagram:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.spec = settings.applied_to(SPEC, settings.hosts.graph, settings.hosts.fb_graph)
        self._tools = tools
        self._graph = Graph(settings, tools)
        self._reader = ContainerReader(self._graph, settings, tools)
        self._lookup = Lookup(self._graph, settings.permalink_timeout)
        self._comment = FirstComment(self._graph, self._lookup, tools)
        self._accounts = Accounts(self._graph, settings, tools)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Caption, media and options against Meta's limits."""
        return validate(self.spec, draft, account)

    def lead(self, draft: Draft) -> timedelta:
        """Time for Instagram to fetch and process the media."""
        options, _ = parse_options(self.spec, Options, draft.options)
        if options is None or any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return self.spec.lead
        return LEADS[kind_of(draft, options)]

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """The first comment."""
        return (COMMENT,) if draft.first_comment else ()

    def resend(self, draft: Draft) -> Resend:
        """The same container, once it has been proven not to be live."""
        return self.spec.resend

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Create what is missing and look once; call it again after a Pending, until Ready."""
        return await Preparation(self._graph, self._reader, self._tools, account, handle, save).run(draft)

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """One media_publish, or one comment. Raises ChannelError.

        A live post is never sent again nor turned into a failure.
        """
        prepared = _prepared(handle)
        if stage.name == COMMENT:
            return await self._comment.publish(draft, account, prepared, save, stage)
        if prepared.media_id:
            return await self._lookup.live(account, prepared.media_id)
        post = prepared.post
        if post is None or post.code not in ("FINISHED", "PUBLISHED"):
            message = "Instagram: publish was called before prepare ended"
            raise ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, message)
        if post.code == "PUBLISHED":
            return await self._lookup.locate(draft, account, post.created_at)
        form = {"creation_id": post.id}
        try:
            media_id = await self._graph.post(f"{account.external_id}/media_publish", account, form, stage.gate)
        except ChannelError as error:
            return await self._refused(draft, account, prepared, post, error, save)
        # The post is live: neither a lost lease nor our own database may hide that.
        with suppress(Exception):
            state = prepared.model_copy(update={"media_id": media_id})
            await save(state.model_dump(mode="json"), ready=True, expires_at=prepared.expires_at)
        return await self._lookup.live(account, media_id, self._tools.clock.now())

    async def _refused(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        prepared: Prepared,
        post: Container,
        error: ChannelError,
        save: SaveHandle,
    ) -> Published:
        """Raise the refusal, unless it is one of a container that an earlier call published after all.

        What publishing such a container answers is undocumented, so a refusal that would end the publication, or
        replace the container, is believed only when the container is not PUBLISHED.
        """
        gone = error.sorting is Sorting.NOT_SENT and is_renewable(error)
        if error.sorting is not Sorting.REJECTED and not gone:
            raise error
        try:
            code, _ = await self._reader.read(post, account)
        except ChannelError as look:
            raise error from look
        if code == "PUBLISHED":
            return await self._lookup.locate(draft, account, post.created_at)
        if gone:
            await _give_up_container(prepared, error, save)
        raise error

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing is for prepare to make."""
        prepared = _prepared(handle)
        if prepared.media_id:
            return await self._lookup.live(account, prepared.media_id)
        if prepared.post is None:
            return Pending(after=timedelta(0), note="to be prepared")
        code, _ = await self._reader.read(prepared.post, account)
        if code == "PUBLISHED":
            return await self._lookup.locate(draft, account, prepared.post.created_at)
        if code == "FINISHED":
            return Ready(expires_at=prepared.expires_at)
        after = timedelta(0) if code in ("ERROR", "EXPIRED") else self._reader.wait(prepared.post)
        return Pending(after=after, note=f"the container is {code}")

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = "post",
    ) -> Published | Absent | Unknown:
        """The container's status is a strong key; without a container, the account's media by text, kind, time.

        A comment is looked for by its text below the post.
        """
        prepared = _prepared(handle)
        try:
            if stage == COMMENT:
                return await self._comment.find(draft, account, prepared)
            if prepared.media_id:
                return await self._lookup.live(account, prepared.media_id)
            if prepared.post is None:
                return await self._search(draft, account, since)
            code, _ = await self._reader.read(prepared.post, account)
        except ChannelError as error:
            return Unknown(note=str(error)[:200])
        if code == "PUBLISHED":
            return await self._lookup.locate(draft, account, since)
        if code in ("FINISHED", "ERROR", "EXPIRED"):
            return Absent()
        return Unknown(note=f"the container is {code}")

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Nothing to do: unpublished containers expire within 24 hours."""

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return self._graph.explain(answer)

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)

    async def _search(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime
    ) -> Published | Absent | Unknown:
        """With no container on record (a restored database): one fitting media is it, several are not told apart.

        Nothing goes out before it is due, so an older post with the same caption is another one.
        """
        found = await self._lookup.candidates(draft, account, max(since, draft.due_at) - SLACK)
        if len(found) > 1:
            return Unknown(note=f"{len(found)} posts have this caption")
        if not found:
            return Absent()
        return Published(post_id=found[0].id, url=found[0].permalink, published_at=found[0].timestamp)


def _prepared(handle: Handle | None) -> Prepared:
    return Prepared.model_validate(handle.state) if handle else Prepared()


async def _give_up_container(prepared: Prepared, error: ChannelError, save: SaveHandle) -> None:
    """Forget containers that Instagram no longer knows, so that preparation makes others; bounded by `renewals`."""
    if prepared.renewals >= MAX_RENEWALS:
        error.sorting = Sorting.REJECTED
        return
    misses = prepared.misses + 1
    if error.provider_code == MISSING and misses <= MAX_MISSES:
        state = prepared.model_copy(update={"misses": misses})
        await save(state.model_dump(mode="json"), ready=True, expires_at=prepared.expires_at)
        return
    await save(Prepared(renewals=prepared.renewals + 1).model_dump(mode="json"), ready=False)
