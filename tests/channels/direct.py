"""A channel as most of its tests call it: with the parts of a publication."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import POST, Handle
from munadi.ports import Answer, AnyChannel, Attempt, HandleStore, Publication, PublicationDraft

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class Direct:
    """A channel whose calls take the parts of a publication. What else it has, or its log-in, is its own."""

    def __init__(self, channel: AnyChannel) -> None:
        self.port = channel
        self.begin = channel.begin_consent

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port if hasattr(self.port, name) else self.port.authorizer, name)

    def explain(self, answer: Answer, now: datetime = NOW) -> ChannelError:
        """By the network's table of errors."""
        errors = import_module(f"munadi.channels.{self.port.spec.name}.errors")
        found: ChannelError = errors.explain(answer, now)
        return found

    async def prepare(self, given: PublicationDraft, who: ConnectedAccount, handle: Handle | None, save: Any) -> Any:
        return await self.port.prepare(self._publication(given, who, handle, save))

    async def publish(
        self, given: PublicationDraft, who: ConnectedAccount, handle: Handle | None, save: Any, attempt: Attempt
    ) -> Any:
        return await self.port.publish(self._publication(given, who, handle, save), attempt)

    async def check(self, given: PublicationDraft, who: ConnectedAccount, handle: Handle | None) -> Any:
        return await self.port.check(self._publication(given, who, handle))

    async def find(
        self,
        given: PublicationDraft,
        who: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        step: str = POST,
    ) -> Any:
        return await self.port.find(self._publication(given, who, handle), since, step)

    def _publication(
        self, given: PublicationDraft, who: ConnectedAccount, handle: Handle | None, save: Any = None
    ) -> Publication[Any, Any]:
        return self.port.publication(given, who, HandleStore(handle, getattr(save, "write", save)))
