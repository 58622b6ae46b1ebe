"""Where the networks that publish by containers differ, and the reading of one container."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any

from munadi.channels.meta.errors import MISSING_OBJECT
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.state import RUNNING, Container, Prepared
from munadi.channels.meta.wire import PostRead
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.ports import Clock, Publication


class ContainerNetwork(ABC):
    """One network's containers: its names for things, its waits, and what its answers mean.

    `status_field` and `message_field` are a container's fields for its state and for what went wrong. Reads may miss a
    container younger than `flaky_for`; later a missing one is EXPIRED where `missing_is_expired`. `settle` passes
    between FINISHED and ready. A container unfinished after `stuck_after` is replaced, and a failed parent is replaced
    alone where `reuses_children`. `unseen_code` is the refusal of a publish that did not see its container. With
    `searches_dead` a dead container leaves the account's list of posts to decide.
    """

    channel: ChannelName
    make_path: str
    publish_path: str
    status_field: str
    message_field: str
    post_fields: str
    unseen_code: str
    flaky_for: timedelta
    missing_is_expired = False
    settle = timedelta(0)
    stuck_after: timedelta | None = None
    reuses_children = False
    searches_dead = False

    def __init__(self, clock: Clock, permalink_timeout: timedelta) -> None:
        self.clock = clock
        self.permalink_timeout = permalink_timeout

    @abstractmethod
    def graph(self, account: ConnectedAccount) -> Graph:
        """The host of the account's log-in."""

    @abstractmethod
    def wait_at(self, container: Container, age: timedelta) -> timedelta:
        """When to read a container of this age again."""

    @abstractmethod
    def explain_dead(self, code: str, message: str, /) -> tuple[ChannelError, int]:
        """Why a container is dead, and how many others may be tried in its place."""

    @abstractmethod
    def renewals(self, error: ChannelError) -> int:
        """How many other containers may be tried to get past a refusal; 0 when none helps."""

    @abstractmethod
    def after_refusal(self, state: Prepared, step: str, error: ChannelError) -> Prepared | None:
        """The state after a refusal that another try may get past; None when no more tries help.

        With its container the same one is published again, without it another is made.
        """

    @abstractmethod
    def edge(self, publication: Publication[Any, Prepared], step: str) -> str:
        """The list that the step's post appears in."""

    @abstractmethod
    def fits(self, read: PostRead, publication: Publication[Any, Prepared], step: str) -> bool:
        """Whether a post of that list may be the step's, by its text and kind."""

    async def amend(self, account: ConnectedAccount, step: str, error: ChannelError) -> None:
        """Add to a refusal what its code does not say."""
        return

    async def read(self, container: Container, account: ConnectedAccount) -> tuple[str, str]:
        """A container's status and message. Raises ChannelError."""
        fields = {"fields": f"{self.status_field},{self.message_field}"}
        try:
            answer = await self.graph(account).get(container.id, account.token, fields)
        except ChannelError as error:
            if error.provider_code != MISSING_OBJECT:
                raise
            if self.age(container) < self.flaky_for:
                return RUNNING, ""
            if not self.missing_is_expired:
                raise
            return "EXPIRED", ""
        return str(answer.field(self.status_field) or RUNNING), str(answer.field(self.message_field) or "")

    def wait(self, container: Container) -> timedelta:
        """When to read it again: the older, the rarer."""
        return self.wait_at(container, self.age(container))

    def age(self, container: Container) -> timedelta:
        """How long ago it was made."""
        return self.clock.now() - container.created_at
