"""Looks at published posts for weeks, to see whether they are still there (docs/decisions/042).

Any number of these loops may run: each publication is taken under a lease. One look serves all posts of an account that
are due. `munadi.domain.liveness` decides what it means.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zlib import crc32

from activities.access import with_token
from munadi.domain.failure import ChannelError
from munadi.domain.liveness import GIVEN_UP, Watch, after_look, as_published, expired, wait_after
from munadi.domain.look_rule import LookRule
from munadi.domain.looks import SOON, Looks, next_time, times_of
from munadi.domain.withdrawal import PRESENT, PostedObject, Seen, Verdict
from munadi.ports import AnyChannel, Channels, Clock, TokenProvider
from munadi.publishing.watches import BESIDE, DueAccount, Result, Watched, WatchStore
from worker.rounds import run_rounds

log = logging.getLogger("munadi.looks")

INTERVAL = 15.0
ACCOUNTS_AT_ONCE = 5
ACCOUNTS_A_ROUND = 100
POSTS_AT_ONCE = 10
CALL_SECONDS = 90.0
TIDY_SECONDS = 3600.0
# Seconds of the new day over which looks are spread that had no room in the old one.
SPREAD = 21_600
# Beside a post that is due, and one minute more.
POSTPONED = BESIDE + timedelta(minutes=1)
MISSING_ALL = "every post of this account that was looked at is missing, so the account is in question"


class PostWatcher:
    """The loop of looks. It runs until it is cancelled."""

    def __init__(
        self, store: WatchStore, channels: Channels, tokens: TokenProvider, clock: Clock, looks: Looks = Looks()
    ) -> None:
        self._store = store
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._looks = looks
        self._next_tidy = 0.0

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Look at what is due, a few accounts at a time. Raises what the database raised."""
        if self._clock.monotonic() >= self._next_tidy:
            await self._store.tidy(self._clock.now())
            self._next_tidy = self._clock.monotonic() + TIDY_SECONDS
        gate = asyncio.Semaphore(ACCOUNTS_AT_ONCE)

        async def one(due: DueAccount) -> None:
            async with gate:
                await self._account(due)

        found = await self._store.due(self._clock.now(), ACCOUNTS_A_ROUND)
        ended = await asyncio.gather(*map(one, found), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def _account(self, due: DueAccount) -> None:
        now = self._clock.now()
        if not due.is_connected:
            await self._store.put_off(due.account_id, now, None)
            return
        if due.is_busy:
            await self._store.put_off(due.account_id, now, now + POSTPONED)
            return
        channel = self._channels[due.channel]
        rule = channel.spec.looks
        taken = await self._store.take(due.account_id, now, max(rule.batch, POSTS_AT_ONCE))
        ready, planned = self._sorted(taken, due.channel, rule, now)
        await self._store.record(planned, now)
        if not ready:
            return
        objects = [one for each in ready for one in channel.watched(each.objects)]
        if not await self._store.spend(due.account_id, due.channel, rule, rule.calls_for(len(objects)), now):
            log.info("the looks of today at %s are used up; %s is looked at tomorrow", due.channel, due.account_id)
            await self._store.record([Result(one, None, _tomorrow(one, now)) for one in ready], now)
            return
        seen, pause = await self._seen(channel, due, objects, ready)
        now = self._clock.now()
        await self._store.record([self._result(channel, one, seen, pause, now) for one in ready], now)

    def _sorted(
        self, taken: Sequence[Watched], channel: str, rule: LookRule, now: datetime
    ) -> tuple[list[Watched], list[Result]]:
        """What is looked at now, and what has ended or was not planned yet, with its plan."""
        ready, planned = list[Watched](), list[Result]()
        for one in taken:
            ends = rule.expires(one.options.get("kind"))
            if not one.objects:
                planned.append(Result(one, None, None))
            elif ends is not None and now >= one.published_at + ends:
                planned.append(Result(one, expired(one.watch, now), None))
            elif one.is_planned:
                ready.append(one)
            else:
                planned.append(Result(one, one.watch, self._next(one, channel, rule, one.published_at)))
        return ready, planned

    def _next(self, one: Watched, channel: str, rule: LookRule, done: datetime) -> datetime | None:
        times = times_of(one.looks, self._looks, channel, rule)
        at = next_time(one.publication_id, one.published_at, times, done)
        ends = rule.expires(one.options.get("kind"))
        if ends is None or not times:
            return at
        end = one.published_at + ends
        return end if at is None or at >= end else at

    async def _seen(
        self, channel: AnyChannel, due: DueAccount, objects: Sequence[PostedObject], ready: Sequence[Watched]
    ) -> tuple[Mapping[str, Seen], timedelta | None]:
        """What a look shows, by the ids of objects, and how long the network asked to wait."""
        seen, pause = dict[str, Seen](), None
        for some in _batches(objects, channel.spec.looks.batch):
            found, asked = await self._look(channel, due.account_id, some)
            seen, pause = seen | found, max(filter(None, (pause, asked)), default=None)
        if objects and all(seen[one.id].verdict is Verdict.GONE for one in objects):
            control = await self._store.control(due.account_id, [one.publication_id for one in ready])
            shown, pause = await self._look(channel, due.account_id, control) if control else ({}, pause)
            is_readable = any(one.verdict in PRESENT for one in shown.values())
            if not is_readable and (control or len(ready) > 1):
                log.warning("%s: %s", due.account_id, MISSING_ALL)
                seen = _unread(objects, MISSING_ALL)
        return seen, pause

    async def _look(
        self, channel: AnyChannel, account_id: str, objects: Sequence[PostedObject]
    ) -> tuple[dict[str, Seen], timedelta | None]:
        """One look. What cannot be read is UNREADABLE, with the reason."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                found = await with_token(self._tokens, account_id, lambda account: channel.look(objects, account))
        except ChannelError as error:
            log.info("%s could not be looked at: %s", account_id, error)
            return _unread(objects, error.provider_code or error.reason.value), error.retry_after or error.pause
        except TimeoutError:
            return _unread(objects, f"no answer within {CALL_SECONDS:.0f} s"), None
        seen = {one.id: each for one, each in zip(objects, found, strict=True)}
        return seen, max((one.pause for one in found if one.pause), default=None)

    def _result(
        self, channel: AnyChannel, one: Watched, seen: Mapping[str, Seen], pause: timedelta | None, now: datetime
    ) -> Result:
        """What follows for one publication."""
        rule, objects = channel.spec.looks, channel.watched(one.objects)
        chosen = list(one.options.values())
        shown = {each.id: as_published(seen[each.id], chosen) for each in objects}
        watch = after_look(one.watch, objects, shown, now)
        times = times_of(one.looks, self._looks, channel.spec.name, rule)
        if watch.is_over or not times or _is_hidden_for_good(watch, shown):
            return Result(one, watch, None)
        planned, wait = self._next(one, channel.spec.name, rule, now + SOON), wait_after(watch)
        if wait is None:
            return Result(one, watch, planned)
        is_hopeless = watch.unread and now >= one.published_at + times[-1] + GIVEN_UP
        return Result(one, watch, None if is_hopeless else now + max(wait, pause or wait))


def _batches(objects: Sequence[PostedObject], size: int) -> list[Sequence[PostedObject]]:
    """In batches of the network's calls; all at once where each object takes a call."""
    size = size if size > 1 else len(objects) or 1
    return [objects[start : start + size] for start in range(0, len(objects), size)]


def _unread(objects: Sequence[PostedObject], word: str) -> dict[str, Seen]:
    return {one.id: Seen(verdict=Verdict.UNREADABLE, word=word) for one in objects}


def _is_hidden_for_good(watch: Watch, shown: Mapping[str, Seen]) -> bool:
    """Whether the network shows such posts to no app, so that another look shows no more."""
    return watch.verdict is None and bool(shown) and all(one.blind for one in shown.values())


def _tomorrow(one: Watched, now: datetime) -> datetime:
    """Some time after midnight (UTC), when budgets are new: not at once for all."""
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=60 + crc32(one.publication_id.encode()) % SPREAD)
