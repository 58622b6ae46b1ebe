"""Threads as a channel. Everything but threads_publish is invisible; see `graph_publishing`.

Later parts and the first comment are replies, each with a container of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from pydantic import BaseModel

from munadi.channels.graph import Graph, token_of
from munadi.channels.graph_containers import POST, ContainerReader, Form
from munadi.channels.graph_media import fitted
from munadi.channels.graph_posts import Lookup
from munadi.channels.graph_publishing import ContainerPosts
from munadi.channels.http import ChannelHttp, ChannelTools
from munadi.channels.text import parse_options
from munadi.channels.threads.accounts import Accounts, limit_of
from munadi.channels.threads.errors import RACE, TITLE, explain
from munadi.channels.threads.posts import POST_RULES, after_refusal, container_rules, patience
from munadi.channels.threads.replies import prepare_reply
from munadi.channels.threads.spec import IMAGE, LEADS, SPEC, Kind, Options, Settings
from munadi.channels.threads.validate import lengths_of, validate
from munadi.channels.threads.wire import carousel_form, child_form, kind_of, single_form, stages_of
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import MediaKind, Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

QUOTA_WAIT = timedelta(hours=1)


class Threads:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts = dict.fromkeys((settings.hosts.graph, settings.hosts.token))
        self.spec = settings.applied_to(SPEC, *hosts)
        self._tools = tools
        self._settings = settings
        self._graph = graph_of(settings, tools)
        self._posts = ContainerPosts(
            ContainerReader(self._graph, container_rules(settings), tools.clock),
            Lookup(self._graph, POST_RULES, settings.permalink_timeout),
            RACE,
            after_refusal,
            amend=self._amend,
            searches_dead=True,
        )
        self._accounts = Accounts(
            self._graph, tools.clock, inspect=settings.inspect_tokens, read_quota=settings.read_quota
        )

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Text, links, media, parts and options against Meta's limits."""
        return validate(self.spec, draft, account)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """How long its texts are, as they will stand there."""
        return lengths_of(self.spec, draft)

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
        containers = self._posts.containers(account, handle, save)
        options = Options.model_validate(draft.options)
        if kind_of(draft) is Kind.CAROUSEL:
            children = [partial(self._child, asset) for asset in draft.media]
            return await containers.prepare(partial(_parent, draft, options), children)
        return await containers.prepare(partial(self._single, draft, options))

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
        containers = self._posts.containers(account, handle, save)
        if stage.name != POST and stage.name not in containers.state.posts:
            await prepare_reply(self._posts, containers, draft, stage.name, partial(patience, self._settings))
        return await self._posts.publish(draft, containers, stage)

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing is for prepare to make."""
        return await self._posts.check(draft, account, handle)

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = POST,
    ) -> Published | Absent | Unknown:
        """The container's status is a strong key; a dead or missing container leaves the profile's list to decide."""
        return await self._posts.find(draft, account, handle, since, stage)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Nothing to do: unpublished containers expire within 24 hours."""

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._tools.clock.now())

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)

    async def _child(self, asset: MediaAsset) -> Form:
        return child_form(await fitted(self._tools.media, IMAGE, asset), self._tools.media)

    async def _single(self, draft: Draft, options: Options, children: list[str]) -> Form:
        media = tuple([await fitted(self._tools.media, IMAGE, asset) for asset in draft.media])
        return single_form(draft.model_copy(update={"media": media}), options, self._tools.media)

    async def _amend(self, account: ConnectedAccount, stage: str, error: ChannelError) -> None:
        """A throttle may really be the day's quota, which has no documented code of its own.

        Not asked when the network has just named the time until which it wants to hear nothing.
        """
        if error.reason is not Reason.RATE_LIMITED or error.named_wait is not None:
            return
        prefix = "" if stage == POST else "reply_"
        quota = await self._graph.quota(limit_of(account.external_id), token_of(account), prefix)
        if quota is not None and quota["used"] >= quota["total"]:
            error.reason, error.retry_after = Reason.DAILY_CAP_REACHED, error.retry_after or QUOTA_WAIT


async def _parent(draft: Draft, options: Options, children: list[str]) -> Form:
    return carousel_form(draft, options, children)


def graph_of(settings: Settings, tools: ChannelTools) -> Graph:
    """Threads' Graph as these settings have it."""
    host, token_host = settings.hosts.graph.rstrip("/"), settings.hosts.token.rstrip("/")
    http = ChannelHttp(tools.client, lambda answer: explain(answer, tools.clock.now()))
    return Graph(TITLE, http, f"{host}/{settings.version}", token_host)
