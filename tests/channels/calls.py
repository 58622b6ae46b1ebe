"""The calls about a publication at a channel's port, as tests make them: with a draft, an account and a handle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import POST, Preparation
from munadi.ports import Answer, AnyChannel, Attempt, PreparationStore, PublicationDraft

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class Saved:
    """Where one handle is written. `history` has every saved state, as a worker would find it after a crash.

    `error` is what each write raises in place of storing anything.
    """

    def __init__(self, handle: Preparation | None = None, error: Exception | None = None) -> None:
        self.handle = handle
        self.history: list[Preparation] = []
        self.error = error

    @property
    def kept(self) -> Preparation:
        """The handle, which must be there."""
        assert self.handle is not None
        return self.handle

    async def write(self, handle: Preparation) -> None:
        if self.error is not None:
            raise self.error
        self.handle = handle
        self.history.append(handle)


@dataclass
class GateThatCounts:
    """Open, or closed by an error."""

    error: Exception | None = None
    asked: int = field(default=0)

    def __call__(self) -> datetime:
        self.asked += 1
        if self.error:
            raise self.error
        return NOW


Known = Saved | Preparation | None


def visible_step(
    error: Exception | None = None, step: str = POST, *, gate: GateThatCounts | None = None, doubtful: bool = False
) -> Attempt:
    """An attempt whose call has not begun. `doubtful`: an earlier one may have arrived."""
    since = NOW if doubtful else None
    return Attempt("att_1", 1, NOW, NOW, uncertain_since=since, step=step, deadline=gate or GateThatCounts(error))


@dataclass
class Calls:
    """`known` is the publication's handle, or where it is saved."""

    channel: AnyChannel

    def seen(self, given: PublicationDraft, who: ConnectedAccount, known: Known = None) -> Any:
        """The publication as the port takes it."""
        store = PreparationStore(known.handle, known.write) if isinstance(known, Saved) else PreparationStore(known)
        return self.channel.publication(given, who, store)

    async def prepare(self, given: PublicationDraft, who: ConnectedAccount, known: Known = None) -> Any:
        return await self.channel.prepare(self.seen(given, who, known or Saved()))

    async def publish(
        self,
        given: PublicationDraft,
        who: ConnectedAccount,
        known: Known = None,
        step: str = POST,
        gate: GateThatCounts | None = None,
        *,
        doubtful: bool = False,
    ) -> Any:
        """The visible call of a step. `doubtful`: an earlier one may have arrived."""
        visible = visible_step(step=step, gate=gate, doubtful=doubtful)
        return await self.channel.publish(self.seen(given, who, known or Saved()), visible)

    async def check(self, given: PublicationDraft, who: ConnectedAccount, known: Known = None) -> Any:
        return await self.channel.check(self.seen(given, who, known))

    async def find(
        self,
        given: PublicationDraft,
        who: ConnectedAccount,
        known: Known = None,
        since: datetime = NOW,
        step: str = POST,
    ) -> Any:
        return await self.channel.find(self.seen(given, who, known), since, step)


def explained(channel: AnyChannel, answer: Answer, now: datetime = NOW) -> ChannelError:
    """What an answer of the network means, by its table of errors."""
    errors = import_module(f"munadi.channels.{channel.spec.name}.errors")
    found: ChannelError = errors.explain(answer, now)
    return found
