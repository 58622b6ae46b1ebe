"""The visible step: one threads_publish of a finished container, and what its refusals are worth."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.threads.containers import DONE, Container, ContainerReader
from munadi.channels.threads.errors import RACE, renewals
from munadi.channels.threads.graph import Graph, token_of
from munadi.channels.threads.lookup import Lookup
from munadi.channels.threads.prepare import Preparation
from munadi.channels.threads.wire import POST, parent_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Published
from munadi.ports import PublicationDraft, Stage

# 24/4279009 is a race: the same container is tried again this often, then one other (facts, section 6).
MAX_MISSES = 3
QUOTA_WAIT = timedelta(hours=1)
QUOTAS = {True: ("quota_usage", "config"), False: ("reply_quota_usage", "reply_config")}


class Publishing:
    """One visible step of one publication; `preparation` holds the handle's state and saves it."""

    def __init__(
        self,
        graph: Graph,
        reader: ContainerReader,
        lookup: Lookup,
        tools: ChannelTools,
        preparation: Preparation,
        draft: PublicationDraft,
        account: ConnectedAccount,
    ) -> None:
        self._graph = graph
        self._reader = reader
        self._lookup = lookup
        self._tools = tools
        self._preparation = preparation
        self._draft = draft
        self._account = account

    async def publish(self, stage: Stage) -> Published:
        """Raises ChannelError; a refusal that hides a live post does not get out."""
        container = self._preparation.state.containers.get(stage.name)
        if container is None or container.code not in DONE:
            message = "Threads: publish was called before prepare ended"
            raise ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, message)
        if container.code == "PUBLISHED":
            return await self._located(container, stage.name)
        form = {"creation_id": container.id}
        try:
            post_id = await self._graph.post(
                f"{self._account.external_id}/threads_publish", self._account, form, stage.gate
            )
        except ChannelError as error:
            return await self._refused(container, stage.name, error)
        await self._remember(stage.name, post_id)
        return await self._lookup.live(self._account, post_id, self._tools.clock.now())

    async def learn_parent(self, stage: str) -> None:
        """The id of the post that a reply answers, when it was found by looking and not told. Raises ChannelError."""
        state, parent = self._preparation.state, parent_of(stage)
        container = state.containers.get(parent)
        if parent in state.posts:
            return
        since = container.created_at if container else self._draft.due_at
        await self._found(await self._lookup.locate(self._draft, self._account, since, parent), parent)

    async def _refused(self, container: Container, stage: str, error: ChannelError) -> Published:
        """Raise the refusal, unless it is one of a container that an earlier call published after all.

        What publishing such a container answers is undocumented, so a refusal that would end the publication, or
        replace the container, is believed only when the container is not PUBLISHED.
        """
        if error.reason is Reason.RATE_LIMITED and await self._is_used_up(stage):
            error.reason, error.retry_after = Reason.DAILY_CAP_REACHED, error.retry_after or QUOTA_WAIT
        missed = error.provider_code == RACE
        if error.sorting is not Sorting.REJECTED and not missed and not renewals(error):
            raise error
        try:
            code, _ = await self._reader.read(container, self._account)
        except ChannelError as look:
            raise error from look
        if code == "PUBLISHED":
            return await self._located(container, stage)
        if missed:
            await self._count_miss(stage, error)
        elif allowed := renewals(error):
            await self._give_up(stage, error, allowed)
        raise error

    async def _count_miss(self, stage: str, error: ChannelError) -> None:
        """The same container again, then one other, then no more."""
        state = self._preparation.state
        misses = state.misses + 1
        if misses > 2 * MAX_MISSES + 1:
            error.sorting = Sorting.REJECTED
            return
        left = state.without(stage) if misses == MAX_MISSES + 1 else state
        self._preparation.state = left.model_copy(update={"misses": misses})
        await self._preparation.keep(ready=left is state)

    async def _give_up(self, stage: str, error: ChannelError, allowed: int) -> None:
        state = self._preparation.state
        if state.renewals >= allowed:
            error.sorting = Sorting.REJECTED
            return
        self._preparation.state = state.without(stage).model_copy(update={"renewals": state.renewals + 1})
        await self._preparation.keep()

    async def _is_used_up(self, stage: str) -> bool:
        """Whether a throttle is really the day's quota, which has no documented code of its own."""
        usage, config = QUOTAS[stage == POST]
        params = {"fields": f"{usage},{config}"}
        try:
            answer = await self._graph.get(
                f"{self._account.external_id}/threads_publishing_limit", token_of(self._account), params
            )
            row = answer.body["data"][0]
            return bool(row[usage] >= row[config]["quota_total"])
        except (ChannelError, TypeError, KeyError, IndexError):
            return False

    async def _located(self, container: Container, stage: str) -> Published:
        found = await self._lookup.locate(self._draft, self._account, container.created_at, stage)
        return await self._found(found, stage)

    async def _found(self, found: Published, stage: str) -> Published:
        if found.post_id:
            await self._remember(stage, found.post_id)
        return found

    async def _remember(self, stage: str, post_id: str) -> None:
        """The post is live: neither a lost lease nor our own database may hide that."""
        state = self._preparation.state
        update = {"posts": {**state.posts, stage: post_id}, "renewals": 0, "misses": 0}
        self._preparation.state = state.model_copy(update=update)
        with suppress(Exception):
            await self._preparation.keep(ready=True)
