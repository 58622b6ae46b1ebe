"""Removes leftovers of preparations from networks (docs/decisions/009).

It has its own loop beside the relay, because a network that is slow to delete must not delay the wake of a post. Any
number of these may run; a lease in the database gives each try to one of them.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from activities.access import with_token
from munadi.domain.channel import Leftovers
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Channels, Clock, TokenProvider
from munadi.publishing.leftover_removal import DiscardOutbox, Leftover
from worker.rounds import run_rounds

log = logging.getLogger("munadi.discarding")

INTERVAL = 1.0
AT_ONCE = 10
CALL_SECONDS = 60.0
TIDY_SECONDS = 3600.0
# No later attempt can help: the account was disconnected.
HOPELESS = frozenset({Reason.ACCOUNT_DISCONNECTED})


class LeftoverRemover:
    """The loop that removes leftovers. It runs until it is cancelled."""

    def __init__(self, outbox: DiscardOutbox, channels: Channels, tokens: TokenProvider, clock: Clock) -> None:
        self._outbox = outbox
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._next_tidy = 0.0

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Remove what is due now, several at once; once an hour clean up. Raises what the database raised."""
        if self._clock.monotonic() >= self._next_tidy:
            await self._outbox.tidy(self._clock.now())
            self._next_tidy = self._clock.monotonic() + TIDY_SECONDS
        due = await self._outbox.due(self._clock.now(), AT_ONCE)
        ended = await asyncio.gather(*(self._one(discard_id) for discard_id in due), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def _one(self, discard_id: str) -> None:
        left = await self._outbox.take(discard_id, self._clock.now())
        if left is None:
            return
        try:
            note = await self._remove(left)
        except ChannelError as error:
            final = error.effect is Effect.REJECTED or error.reason in HOPELESS
            await self._failed(left, str(error), final=final, wait=error.retry_after)
        except TimeoutError:
            await self._failed(left, f"no answer within {CALL_SECONDS:.0f} s")
        except SQLAlchemyError:
            raise
        except Exception as error:
            # A bug in one channel must not stop the removal of the others' leftovers.
            log.exception("discarding what %s left failed unexpectedly", left.publication_id)
            await self._failed(left, f"{type(error).__name__}: {error}")
        else:
            await self._outbox.removed(left.id, note, self._clock.now())
            log.info("removed what %s had left at %s: %s", left.publication_id, left.channel, note or "gone")

    async def _remove(self, left: Leftover) -> str | None:
        """Why nothing had to be done, or None once it is removed. Raises ChannelError, TimeoutError."""
        channel = self._channels[left.channel]
        if channel.spec.leftovers is not Leftovers.REMOVED:
            return f"{channel.spec.title} drops it by itself"
        async with asyncio.timeout(CALL_SECONDS):
            await with_token(self._tokens, left.account_id, lambda account: channel.discard(account, left.preparation))
        return None

    async def _failed(self, left: Leftover, reason: str, *, final: bool = False, wait: timedelta | None = None) -> None:
        pause = await self._outbox.failed(left.id, reason, self._clock.now(), final=final, wait=wait)
        if pause is None:
            log.warning("gave up removing what %s left at %s: %s", left.publication_id, left.channel, reason)
        else:
            log.info("what %s left at %s is retried in %s: %s", left.publication_id, left.channel, pause, reason)
