"""Containers of Meta's Graph family: made, waited for and replaced, all of it invisible.

Each container is saved when its id is known, so a run after a crash goes on where the last one ended. A container
that failed in a way another may not is replaced, a few times; one that expired takes all with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import model_validator

from munadi.channels.meta.errors import MISSING_OBJECT
from munadi.channels.meta.graph import Graph, token_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.model import Model
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import Clock, SaveHandle

Form = dict[str, str]
POST = "post"
RUNNING, DONE, DEAD = "IN_PROGRESS", ("FINISHED", "PUBLISHED"), ("ERROR", "EXPIRED")
# An unpublished container is dead after this.
CONTAINER_LIFE = timedelta(hours=24)
# What older handles called the ids that are now `posts`.
OLDER_NAMES = {"media_id": POST, "comment_id": "comment"}


class Container(Model):
    """A container as known; `code` is its last status, `finished_at` when that was first seen to be FINISHED."""

    id: str
    created_at: datetime
    media_type: str = "TEXT"
    code: str = RUNNING
    finished_at: datetime | None = None


class Prepared(Model):
    """The state of a handle: containers by slot (`0`, `1`… for children, else the stage that publishes it).

    `posts` has the published ids by stage; `renewals` and `misses` count for the stage under way.
    """

    containers: dict[str, Container] = {}
    posts: dict[str, str] = {}
    renewals: int = 0
    misses: int = 0

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, state: dict[str, Any]) -> dict[str, Any]:
        older = {stage: state[name] for name, stage in OLDER_NAMES.items() if state.get(name)}
        kept = {name: value for name, value in state.items() if name not in OLDER_NAMES}
        return {**kept, "posts": {**older, **state.get("posts", {})}}

    @classmethod
    def of(cls, handle: Handle | None) -> Prepared:
        """What a handle says."""
        return cls.model_validate(handle.state) if handle else cls()

    @property
    def expires_at(self) -> datetime | None:
        """When the first container of the post lapses; replies are made when their turn comes."""
        made = [one.created_at for slot, one in self.containers.items() if slot == POST or slot.isdecimal()]
        return min(made) + CONTAINER_LIFE if made else None

    def without(self, slot: str) -> Prepared:
        """That container forgotten; with the post's all others too."""
        kept = {} if slot == POST else {name: one for name, one in self.containers.items() if name != slot}
        return self.model_copy(update={"containers": kept})


@dataclass(frozen=True)
class ContainerRules:
    """Where the networks differ.

    `status` and `told` are a container's fields for its state and for what went wrong. `wait` is for a container of
    that age. `explain` tells of a dead one how many others may be tried in its place, `renewals` of a refusal.
    `flaky_for`: for so long a read may not find a young container; for longer it is believed, as EXPIRED where
    `missing_is_expired`. `settle` passes between FINISHED and ready. `stuck_after`: an unfinished one is made anew.
    `reuses_children`: after a failed parent too.
    """

    make_path: str
    publish_path: str
    status: str
    told: str
    wait: Callable[[Container, timedelta], timedelta]
    explain: Callable[[str, str], tuple[ChannelError, int]]
    renewals: Callable[[ChannelError], int]
    flaky_for: timedelta
    missing_is_expired: bool = False
    settle: timedelta = timedelta(0)
    stuck_after: timedelta | None = None
    reuses_children: bool = False


@dataclass(frozen=True)
class ContainerReader:
    """Reads how far a container is, and says when to read again."""

    graph: Graph
    rules: ContainerRules
    clock: Clock

    async def read(self, container: Container, account: ConnectedAccount) -> tuple[str, str]:
        """The status and what is told of it. Raises ChannelError."""
        fields = {"fields": f"{self.rules.status},{self.rules.told}"}
        try:
            answer = await self.graph.get(container.id, token_of(account), fields)
        except ChannelError as error:
            if error.provider_code != MISSING_OBJECT:
                raise
            if self.age(container) < self.rules.flaky_for:
                return RUNNING, ""
            if not self.rules.missing_is_expired:
                raise
            return "EXPIRED", ""
        return str(answer.field(self.rules.status) or RUNNING), str(answer.field(self.rules.told) or "")

    def wait(self, container: Container) -> timedelta:
        """When to look again: the older, the rarer."""
        return self.rules.wait(container, self.age(container))

    def age(self, container: Container) -> timedelta:
        """How long ago it was made."""
        return self.clock.now() - container.created_at


class Containers:
    """The containers of one publication; `state` is saved at every change. Never sleeps, the workflow does."""

    def __init__(
        self, reader: ContainerReader, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> None:
        self.reader = reader
        self.account = account
        self._graph, self._rules, self._clock = reader.graph, reader.rules, reader.clock
        self._save = save
        self.state = Prepared.of(handle)

    async def prepare(
        self, post: Callable[[list[str]], Awaitable[Form]], children: Sequence[Callable[[], Awaitable[Form]]] = ()
    ) -> Ready | Pending:
        """Take the post as far as is possible now; its form is made with its children's ids. Raises ChannelError."""
        expires_at = self.state.expires_at
        if expires_at is not None and expires_at <= self._clock.now():
            self.state = self.state.without(POST)
        waits = [await self.advance(str(index), form) for index, form in enumerate(children)]
        pending = [wait for wait in waits if wait is not None]
        if pending:
            done = len(waits) - len(pending)
            return Pending(after=min(pending), note=f"{done} of {len(waits)} media are ready")
        ids = [self.state.containers[str(index)].id for index in range(len(children))]
        wait = await self.advance(POST, partial(post, ids)) or self._unsettled()
        if wait:
            return Pending(after=wait, note=f"{self._graph.title} is processing the post")
        await self.keep(ready=True)
        return Ready(expires_at=self.state.expires_at)

    async def advance(self, slot: str, form: Callable[[], Awaitable[Form]]) -> timedelta | None:
        """Create the slot's container or look at it; None once it is finished, else when to look again."""
        container = self.state.containers.get(slot)
        if container is None:
            return await self._create(slot, await form())
        if container.code in DONE:
            return None
        code, told = await self.reader.read(container, self.account)
        if code in DONE:
            seen = {"code": code, "finished_at": self._clock.now()}
            await self._put(slot, container.model_copy(update=seen))
            return None
        stuck_after = self._rules.stuck_after
        if code not in DEAD and (stuck_after is None or self.reader.age(container) < stuck_after):
            return self.reader.wait(container)
        await self._replace(slot, code if code in DEAD else "STUCK", told)
        return self._rules.wait(container, timedelta(0))

    async def keep(self, *, ready: bool = False) -> None:
        """Save the state as it is."""
        await self._save(self.state.model_dump(mode="json"), ready=ready, expires_at=self.state.expires_at)

    def _unsettled(self) -> timedelta | None:
        """How long a finished post still rests; right after FINISHED a publish may not find it."""
        finished_at = self.state.containers[POST].finished_at
        if finished_at is None:
            return None
        return max(finished_at + self._rules.settle - self._clock.now(), timedelta(0)) or None

    async def _create(self, slot: str, form: Form) -> timedelta:
        path = f"{self.account.external_id}/{self._rules.make_path}"
        try:
            made = await self._graph.make(path, token_of(self.account), form)
        except ChannelError as error:
            if allowed := self._rules.renewals(error):
                # A parent that cannot be made has children that are gone.
                await self._count_renewal(error, allowed, self.state.without(slot))
            raise
        container = Container(id=made, created_at=self._clock.now(), media_type=form.get("media_type", "IMAGE"))
        await self._put(slot, container)
        return self.reader.wait(container)

    async def _replace(self, slot: str, code: str, told: str) -> None:
        """Forget a dead container so that the next run makes another; raise when that cannot help any more."""
        error, allowed = self._rules.explain(code, told)
        if not allowed:
            error.effect = Effect.REJECTED
            raise error
        if code == "EXPIRED" and slot.isdecimal():
            left = self.state.without(POST)
        elif slot == POST and code != "EXPIRED" and self._rules.reuses_children:
            children = {name: one for name, one in self.state.containers.items() if name != POST}
            left = self.state.model_copy(update={"containers": children})
        else:
            left = self.state.without(slot)
        await self._count_renewal(error, allowed, left)

    async def _count_renewal(self, error: ChannelError, allowed: int, left: Prepared) -> None:
        if self.state.renewals >= allowed:
            error.effect = Effect.REJECTED
            raise error
        self.state = left.model_copy(update={"renewals": self.state.renewals + 1})
        await self.keep()

    async def _put(self, slot: str, container: Container) -> None:
        self.state = self.state.model_copy(update={"containers": {**self.state.containers, slot: container}})
        await self.keep()
