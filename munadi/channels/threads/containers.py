"""Containers as known to us, and reading how far they are. Source: facts, section 3 (status, polling)."""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.threads.errors import MISSING_OBJECT
from munadi.channels.threads.graph import Graph, token_of
from munadi.channels.threads.spec import CONTAINER_LIFE, Settings
from munadi.channels.threads.wire import POST
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.model import Model
from munadi.domain.publication import Handle

# Reads of a young container may not find it yet; for longer than this "unknown object" is believed.
FLAKY_FOR = timedelta(minutes=1)
QUICK_FOR = timedelta(seconds=30)
STUCK_AFTER = timedelta(minutes=15)
RUNNING, DONE, DEAD = "IN_PROGRESS", ("FINISHED", "PUBLISHED"), ("ERROR", "EXPIRED")


class Container(Model):
    """A container as known; `code` is its last status, `finished_at` when that was first seen to be FINISHED."""

    id: str
    created_at: datetime
    media_type: str = "TEXT"
    code: str = RUNNING
    finished_at: datetime | None = None


class Prepared(Model):
    """The state of a handle: containers by slot (`0`, `1`… for children, else the stage that publishes it).

    `posts` has the published posts' ids by stage; `renewals` and `misses` count for the stage under way.
    """

    containers: dict[str, Container] = {}
    posts: dict[str, str] = {}
    renewals: int = 0
    misses: int = 0

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
        """That container forgotten; with the post's all others too, as its children cannot be used twice."""
        kept = {} if slot == POST else {name: one for name, one in self.containers.items() if name != slot}
        return self.model_copy(update={"containers": kept})


class ContainerReader:
    """Reads how far a container is, and says when to read again."""

    def __init__(self, graph: Graph, settings: Settings, tools: ChannelTools) -> None:
        self._graph = graph
        self._clock = tools.clock
        self._slow = settings.poll_slow
        self._quick = {"IMAGE": settings.poll_image, "VIDEO": settings.poll_video}
        self._text = settings.poll_text
        self.settle = settings.settle

    async def read(self, container: Container, account: ConnectedAccount) -> tuple[str, str]:
        """`(status, error_message)`; a container that Threads no longer knows is EXPIRED. Raises ChannelError."""
        try:
            answer = await self._graph.get(container.id, token_of(account), {"fields": "status,error_message"})
        except ChannelError as error:
            if error.provider_code != MISSING_OBJECT:
                raise
            return (RUNNING if self.age(container) < FLAKY_FOR else "EXPIRED"), ""
        return str(answer.field("status") or RUNNING), str(answer.field("error_message") or "")

    def wait(self, container: Container) -> timedelta:
        """Texts take a moment, videos minutes: the older, the rarer."""
        quick = self._quick.get(container.media_type, self._text)
        return quick if self.age(container) < QUICK_FOR else self._slow

    def patience(self, container: Container) -> timedelta:
        """The wait for a reply's container, which grows fast: a step after the post has only a few tries."""
        age = self.age(container)
        if age < self._text:
            return self._text
        return 5 * self._text if age < 5 * self._text else self._slow

    def age(self, container: Container) -> timedelta:
        """How long ago it was made."""
        return self._clock.now() - container.created_at
