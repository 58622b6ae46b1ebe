"""Posting to Threads. Everything but threads_publish is invisible; see `meta.publisher`.

Later parts and the first comment are replies, each with a container of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from munadi.channels.channel import Post, Publisher
from munadi.channels.http import ChannelTools
from munadi.channels.meta.containers import POST, ContainerReader, Form
from munadi.channels.meta.graph import Graph, token_of
from munadi.channels.meta.lookup import Lookup
from munadi.channels.meta.media import fitted
from munadi.channels.meta.publisher import ContainerPosts
from munadi.channels.threads.accounts import limit_of
from munadi.channels.threads.errors import RACE
from munadi.channels.threads.posts import POST_RULES, after_refusal, container_rules, patience
from munadi.channels.threads.replies import prepare_reply
from munadi.channels.threads.spec import IMAGE, Kind, Options, Settings
from munadi.channels.threads.wire import carousel_form, child_form, kind_of, single_form
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Absent, Pending, Published, Ready, Unknown
from munadi.ports import SaveHandle, Stage

QUOTA_WAIT = timedelta(hours=1)


class ThreadsPublisher(Publisher[Options]):
    """Containers, published one by one: the post, its later parts, the first comment."""

    def __init__(self, settings: Settings, graph: Graph, tools: ChannelTools) -> None:
        self._settings = settings
        self._graph = graph
        self._media = tools.media
        self._posts = ContainerPosts(
            ContainerReader(graph, container_rules(settings), tools.clock),
            Lookup(graph, POST_RULES, settings.permalink_timeout),
            RACE,
            after_refusal,
            amend=self._amend,
            searches_dead=True,
        )

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Create what is missing and read its status once; call it again after a Pending, until Ready."""
        containers = self._posts.containers(post.account, post.handle, save)
        if kind_of(post.draft) is Kind.CAROUSEL:
            children = [partial(self._child, asset) for asset in post.draft.media]
            return await containers.prepare(partial(_parent, post), children)
        return await containers.prepare(partial(self._single, post))

    async def publish(self, post: Post[Options], save: SaveHandle, stage: Stage) -> Published:
        """One threads_publish. Raises ChannelError. A live post is never sent again nor turned into a failure.

        A later step makes its own container first, which takes a few calls: until it is finished they fail as
        *not sent* with the time to come back.
        """
        containers = self._posts.containers(post.account, post.handle, save)
        if stage.name != POST and stage.name not in containers.state.posts:
            await prepare_reply(self._posts, containers, post.draft, stage.name, partial(patience, self._settings))
        return await self._posts.publish(post.draft, containers, stage)

    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing is for prepare to make."""
        return await self._posts.check(post.draft, post.account, post.handle)

    async def find(self, post: Post[Options], since: datetime, stage: str) -> Published | Absent | Unknown:
        """By the container's status; where the container is dead or missing, by the profile's list of posts."""
        return await self._posts.find(post.draft, post.account, post.handle, since, stage)

    async def _child(self, asset: MediaAsset) -> Form:
        return child_form(await fitted(self._media, IMAGE, asset), self._media)

    async def _single(self, post: Post[Options], children: list[str]) -> Form:
        media = tuple([await fitted(self._media, IMAGE, asset) for asset in post.draft.media])
        return single_form(post.draft.model_copy(update={"media": media}), post.options, self._media)

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


async def _parent(post: Post[Options], children: list[str]) -> Form:
    return carousel_form(post.draft, post.options, children)
