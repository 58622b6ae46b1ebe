"""Threads as a channel. Everything but threads_publish is invisible, and threads_publish is not idempotent.

So an unknown outcome is resolved by the container's own status, and the same container is published again only after
it has been proven not to be live. Later parts and the first comment are replies, each with a container of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.channels.text import parse_options
from munadi.channels.threads.accounts import Accounts
from munadi.channels.threads.containers import DEAD, RUNNING, ContainerReader, Prepared
from munadi.channels.threads.graph import Graph
from munadi.channels.threads.lookup import SLACK, Lookup
from munadi.channels.threads.prepare import Preparation
from munadi.channels.threads.publish import Publishing
from munadi.channels.threads.spec import LEADS, SPEC, Kind, Options, Settings
from munadi.channels.threads.validate import validate
from munadi.channels.threads.wire import POST, kind_of, stages_of
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import MediaKind, Resend
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage


class Threads:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts = dict.fromkeys((settings.hosts.graph, settings.hosts.token))
        self.spec = settings.applied_to(SPEC, *hosts)
        self._tools = tools
        self._graph = Graph(settings, tools)
        self._reader = ContainerReader(self._graph, settings, tools)
        self._lookup = Lookup(self._graph, settings.permalink_timeout)
        self._accounts = Accounts(self._graph, tools, inspect=settings.inspect_tokens)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Text, links, media, parts and options against Meta's limits."""
        return validate(self.spec, draft, account)

    def lead(self, draft: Draft) -> timedelta:
        """Time for Threads to fetch and process the media; a text needs its container too."""
        options, _ = parse_options(self.spec, Options, draft.options)
        if options is None or any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return LEADS[Kind.VIDEO]
        return LEADS[kind_of(draft)]

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """`part-2`, `part-3`… of a chain, then `comment`."""
        return stages_of(draft)

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
        """One threads_publish. Raises ChannelError. A live post is never sent again nor turned into a failure.

        A later stage makes its own container first, which takes a few calls: until it is finished they fail as
        *not sent* with the time to come back.
        """
        prepared = Prepared.of(handle)
        if post_id := prepared.posts.get(stage.name):
            return await self._lookup.live(account, post_id)
        preparation = Preparation(self._graph, self._reader, self._tools, account, handle, save)
        publishing = Publishing(self._graph, self._reader, self._lookup, self._tools, preparation, draft, account)
        if stage.name != POST:
            await publishing.learn_parent(stage.name)
            await preparation.reply(draft, stage.name)
        return await publishing.publish(stage)

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing is for prepare to make."""
        prepared = Prepared.of(handle)
        if post_id := prepared.posts.get(POST):
            return await self._lookup.live(account, post_id)
        container = prepared.containers.get(POST)
        if container is None:
            return Pending(after=timedelta(0), note="to be prepared")
        code, _ = await self._reader.read(container, account)
        if code == "PUBLISHED":
            return await self._lookup.locate(draft, account, container.created_at, POST)
        if code == "FINISHED":
            return Ready(expires_at=prepared.expires_at)
        after = timedelta(0) if code in DEAD else self._reader.wait(container)
        return Pending(after=after, note=f"the container is {code}")

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = POST,
    ) -> Published | Absent | Unknown:
        """The container's status is a strong key; a dead or missing container leaves the profile's list to decide."""
        prepared = Prepared.of(handle)
        container = prepared.containers.get(stage)
        try:
            if post_id := prepared.posts.get(stage):
                return await self._lookup.live(account, post_id)
            code = (await self._reader.read(container, account))[0] if container else "EXPIRED"
            if code in DEAD:
                # Nothing goes out before it is due, so an older post with the same text is another one.
                return await self._lookup.search(draft, account, max(since, draft.due_at) - SLACK, stage)
        except ChannelError as error:
            return Unknown(note=str(error)[:200])
        if code == "PUBLISHED":
            return await self._lookup.locate(draft, account, since, stage)
        if code == "FINISHED":
            return Absent()
        return Unknown(note=f"the container is {code}" if code != RUNNING else "the container is being processed")

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
