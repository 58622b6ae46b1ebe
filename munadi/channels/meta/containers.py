"""Containers of Meta's networks: created, polled and replaced, all of it invisible.

Each container is saved when its id is known, so a run after a crash continues where the last one ended. A container
whose failure another may not have is replaced a few times; when one has expired, all are replaced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from munadi.channels.meta.network import ContainerNetwork
from munadi.channels.meta.state import DEAD, DONE, Container, Prepared
from munadi.channels.meta.wire import Form
from munadi.channels.pulls import count_failed_pull
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Pending, Ready
from munadi.ports import Publication


class Containers:
    """The containers of one post. Never sleeps, the workflow does."""

    def __init__(self, network: ContainerNetwork, publication: Publication[Any, Prepared]) -> None:
        self.network = network
        self.publication = publication
        self.account = publication.account
        self.graph = network.graph(publication.account)

    @property
    def state(self) -> Prepared:
        """What is prepared so far."""
        return self.publication.state

    async def prepare(
        self, parent: Callable[[list[str]], Awaitable[Form]], children: Sequence[Callable[[], Awaitable[Form]]]
    ) -> Ready | Pending:
        """Take the post as far as is possible now; its form needs the ids of its children. Raises ChannelError."""
        expires_at = self.state.expires_at
        if expires_at is not None and expires_at <= self.network.clock.now():
            self.publication.state = self.state.without(POST)
        waits = [await self.advance(str(index), form) for index, form in enumerate(children)]
        pending = [wait for wait in waits if wait is not None]
        if pending:
            done = len(waits) - len(pending)
            return Pending(after=min(pending), note=f"{done} of {len(waits)} media are ready")
        ids = [self.state.containers[str(index)].id for index in range(len(children))]
        wait = await self.advance(POST, partial(parent, ids)) or self._unsettled()
        if wait:
            return Pending(after=wait, note=f"{self.graph.title} is processing the post")
        await self.publication.save(ready=True)
        return Ready(expires_at=self.state.expires_at)

    async def advance(self, slot: str, form: Callable[[], Awaitable[Form]]) -> timedelta | None:
        """Create the slot's container or read it; None once it is finished, else when to read again."""
        container = self.state.containers.get(slot)
        if container is None:
            return await self._create(slot, await form())
        if container.code in DONE:
            return None
        code, message = await self.network.read(container, self.account)
        if code in DONE:
            seen = {"code": code, "finished_at": self.network.clock.now()}
            await self._add(slot, container.model_copy(update=seen))
            return None
        stuck_after = self.network.stuck_after
        if code not in DEAD and (stuck_after is None or self.network.age(container) < stuck_after):
            return self.network.wait(container)
        await self._replace(slot, code if code in DEAD else "STUCK", message)
        return self.network.wait_at(container, timedelta(0))

    async def remember(self, step: str, post_id: str) -> None:
        """Save the id of a live post, if it can be saved."""
        await self.publication.keep(posts={**self.state.posts, step: post_id}, renewals=0, misses=0, failed_pulls=0)

    def _unsettled(self) -> timedelta | None:
        """How long a finished post still rests; right after FINISHED a publish may not find it."""
        finished_at = self.state.containers[POST].finished_at
        if finished_at is None:
            return None
        return max(finished_at + self.network.settle - self.network.clock.now(), timedelta(0)) or None

    async def _create(self, slot: str, form: Form) -> timedelta:
        path = f"{self.account.external_id}/{self.network.make_path}"
        try:
            made = await self.graph.make(path, self.account.token, form)
        except ChannelError as error:
            if allowed := self.network.renewals(error):
                # A parent that cannot be made has children that are gone.
                await self._count_renewal(error, allowed, self.state.without(slot))
            raise
        container = Container(id=made, created_at=self.network.clock.now(), media_type=form.get("media_type", "IMAGE"))
        await self._add(slot, container)
        return self.network.wait(container)

    async def _replace(self, slot: str, code: str, message: str) -> None:
        """Forget a dead container so that the next run makes another; raise when that cannot help any more."""
        error, allowed = self.network.explain_dead(code, message)
        if not allowed:
            error.effect = Effect.REJECTED
            raise error
        if code == "EXPIRED" and slot.isdecimal():
            left = self.state.without(POST)
        elif slot == POST and code != "EXPIRED" and self.network.reuses_children:
            children = {name: one for name, one in self.state.containers.items() if name != POST}
            left = self.state.model_copy(update={"containers": children})
        else:
            left = self.state.without(slot)
        await self._count_renewal(error, allowed, left)

    async def _count_renewal(self, error: ChannelError, allowed: int, left: Prepared) -> None:
        if error.reason is Reason.MEDIA_UNREACHABLE:
            self.publication.state = left
            raise await count_failed_pull(self.publication, error)
        if self.state.renewals >= allowed:
            error.effect = Effect.REJECTED
            raise error
        await self.publication.replace(left.model_copy(update={"renewals": self.state.renewals + 1}))

    async def _add(self, slot: str, container: Container) -> None:
        await self.publication.save(containers={**self.state.containers, slot: container})
