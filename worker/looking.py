"""Looks whether published posts are still there: one read for all posts of an account that are due.

It has its own loop and takes no activity slot, so that looks never keep a post waiting. Any number of these may run; a
lease in the database gives each post to one of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from activities.access import with_token
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, FailureClass, Reason
from munadi.domain.liveness import ALL_MISSING, is_about_account
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import PRESENT, Seen, Verdict
from munadi.ports import Channels, Clock, TokenProvider
from munadi.ports.requests import Requests, counted
from munadi.publishing.watches import Looking, WatchStore
from munadi.publishing.watching import answers_by_id
from munadi.telemetry import metrics
from worker.rounds import run_rounds

log = logging.getLogger("munadi.looking")

# Accounts of a round, and how many of them are looked at together.
ACCOUNTS, AT_ONCE = 40, 4
CALL_SECONDS = 60.0
# How long the account or its server is left alone that asks for it, where it does not say.
LEFT_ALONE = timedelta(minutes=30)


class PostWatcher:
    """The loop that looks at live posts. It runs until it is cancelled."""

    def __init__(
        self, store: WatchStore, channels: Channels, tokens: TokenProvider, clock: Clock, interval: float
    ) -> None:
        self._store = store
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._interval = interval

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=self._interval)

    async def round(self) -> None:
        """Look at what is due at some accounts. Raises what the database raised."""
        due = iter(await self._store.due(self._clock.now(), ACCOUNTS))

        async def work_off() -> None:
            for account_id in due:
                await self._account(account_id)

        ended = await asyncio.gather(*(work_off() for _ in range(AT_ONCE)), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def _account(self, account_id: str) -> None:
        looking = await self._store.begin(account_id, self._clock.now())
        if looking is None:
            return
        at, requests = self._clock.now(), Requests(looking.requests)
        try:
            seen = await self._look(looking, requests)
        except ChannelError as error:
            if _is_to_be_left_alone(error):
                until = self._clock.now() + (error.retry_after or error.pause or LEFT_ALONE)
                await self._store.defer(looking, until, made=requests.made)
                metrics.LOOKS.labels(looking.channel, "deferred").inc(len(looking.watched))
                return
            seen = _nothing(looking, str(error), error.retry_after or error.pause)
        except TimeoutError:
            seen = _nothing(looking, f"no answer within {CALL_SECONDS:.0f} s")
        except SQLAlchemyError:
            raise
        except Exception as error:
            # A bug in one channel must not stop the looks at the others.
            log.exception("looking at posts of %s failed unexpectedly", account_id)
            seen = _nothing(looking, f"{type(error).__name__}: {error}")
        answers = [(one.watch, seen[one.publication_id]) for one in looking.watched]
        if is_about_account([one for one in answers if not one[1].left_out]):
            seen = _nothing(looking, ALL_MISSING)
            await self._store.note_unshown(looking, True, self._clock.now())
        elif any(one.verdict in PRESENT for one in seen.values()):
            await self._store.note_unshown(looking, False, self._clock.now())
        await self._store.record(looking, seen, at, self._clock.now(), made=requests.made)
        for one in seen.values():
            metrics.LOOKS.labels(looking.channel, "left_out" if one.left_out else one.verdict.value).inc()

    async def _look(self, looking: Looking, requests: Requests) -> Mapping[str, Seen]:
        """What one look shows of each publication. Raises ChannelError, TimeoutError."""
        channel = self._channels[looking.channel]
        objects = [each for one in looking.watched for each in one.objects]

        async def watch(account: ConnectedAccount) -> Sequence[Seen]:
            with counted(requests):
                return await channel.watch(objects, account)

        async with asyncio.timeout(CALL_SECONDS):
            found = await with_token(self._tokens, looking.account_id, watch)
        return answers_by_id(looking.watched, found)


def _nothing(looking: Looking, why: str, pause: timedelta | None = None) -> Mapping[str, Seen]:
    """The answer of a look that showed nothing."""
    seen = Seen(verdict=Verdict.UNREADABLE, word=why, pause=pause)
    return {one.publication_id: seen for one in looking.watched}


def _is_to_be_left_alone(error: ChannelError) -> bool:
    """Whether it says nothing of a post: the network limits calls, or the server is slow."""
    return error.reason is Reason.HOST_SLOW or REASONS[error.reason].class_ is FailureClass.RATE_LIMIT
