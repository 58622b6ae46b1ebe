"""Requests that change what is live: the intent is committed, then the one call is made behind its gate.

The caller records the answer, and decides with `munadi.domain` what comes next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from activities.access import with_token
from activities.failures import failure_from
from activities.gate import DeadlineGate
from activities.messages import PublicationRef
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Failure, FailureClass
from munadi.domain.outcome import CallRecord
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Attempt, NextStep, StepResult
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import LastAnswer
from munadi.ports import Channels, Clock, LiveAttempts, TokenProvider

# How long one request may take.
CALL = timedelta(seconds=30)
# What may end by itself, so it is waited for. Everything else needs a person.
PASSING = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT, FailureClass.UNKNOWN})


class LivePublication(Protocol):
    """What a request is about."""

    @property
    def publication_id(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def epoch(self) -> int: ...


@dataclass(frozen=True)
class Answered:
    """The end of a request. `answer` is None when nothing was sent for certain."""

    attempt: Attempt
    answer: LastAnswer | None
    effect: Effect
    call: CallRecord
    error: ChannelError | None


@dataclass(frozen=True)
class LiveRequests:
    """Makes the requests of one worker, the `holder`."""

    channels: Channels
    tokens: TokenProvider
    clock: Clock
    holder: str

    async def make(
        self,
        store: LiveAttempts,
        live: LivePublication,
        step: str,
        request: Callable[[ConnectedAccount, Attempt], Awaitable[None]],
    ) -> Answered:
        """Make one request."""
        now = self.clock.now()
        gate = DeadlineGate.open_for(self.clock, now, CALL)
        attempt = await store.open_attempt(
            live.publication_id, step, epoch=live.epoch, holder=self.holder, now=now, deadline=gate.deadline
        )
        attempt.deadline = gate
        error = await self._sent(live, attempt, gate, request)
        answer, effect = _meaning(error)
        call = replace(CallRecord.of(error) if error else CallRecord(), first_byte_at=attempt.passed_at)
        return Answered(attempt, answer, effect, call, error)

    def failure(self, error: ChannelError) -> Failure:
        """What a client reads of an error."""
        return failure_from(error, self.clock.now())

    async def _sent(
        self,
        live: LivePublication,
        attempt: Attempt,
        gate: DeadlineGate,
        request: Callable[[ConnectedAccount, Attempt], Awaitable[None]],
    ) -> ChannelError | None:
        try:
            async with asyncio.timeout(gate.seconds_left):
                await with_token(self.tokens, live.account_id, lambda account: request(account, attempt))
        except ChannelError as error:
            return error
        except TimeoutError:
            return gate.late(attempt.passed)
        return None


def needs_a_person(error: ChannelError) -> bool:
    """Whether nothing is to be gained by waiting."""
    return REASONS[error.reason].class_ not in PASSING


def read_again(ref: PublicationRef) -> StepResult:
    """The result of a step that found nothing to do, or that another run has taken over."""
    return StepResult(
        publication_id=ref.publication_id, status=PublicationStatus.PUBLISHED, step=NextStep.LOOK, epoch=ref.epoch
    )


def _meaning(error: ChannelError | None) -> tuple[LastAnswer | None, Effect]:
    if error is None:
        return LastAnswer.DONE, Effect.SENT
    if error.effect is Effect.NOT_SENT:
        return None, Effect.NOT_SENT
    if error.effect is Effect.REJECTED:
        return LastAnswer.REFUSED, Effect.REJECTED
    return LastAnswer.UNKNOWN, Effect.UNKNOWN
