"""Places for calls: per host and per brand, taken before a call is made, so that slow servers hold up only their own.

Rule: whatever servers a tenant runs, its calls never hold what others need. A server proves that it is quick by its
answers: it gets few calls at first, more with each quick answer, and one at a time while it is slow (an open circuit).
A call that finds no place soon is refused with the time to come again, and has sent nothing.

The networks' own hosts have as many calls as there are, since no tenant decides how quick they are.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.server import Server

# Calls to one tenant's server: before it has answered quickly, and at most.
START, MOST = 4, 16
# Calls of one brand to tenants' servers, and how many of them to servers that have not proven quick. A worker has at
# least 40 slots (`worker.compose`).
BRAND_CALLS, BRAND_DOUBTFUL = 24, 8
# Calls of one brand that linger, at the networks' own hosts too: then its next ones wait.
BRAND_LINGERING = 16
# Seconds: up to the first a call is quick, after the second it lingers. The bytes that it sends have time of their own.
QUICK, SLOW = 2.0, 4.0
# A caller waits for a place at a quick server for so many seconds if that is what the calls before it take, and never
# longer than the second; at a server that has not proven quick for the third. So many of one brand wait for such
# servers, or because the brand has all its places.
PATIENCE, LONGEST_PATIENCE, DOUBTFUL_PATIENCE, BRAND_WAITING = 5.0, 10.0, 1.5, 12
# Seconds after which a refused caller may come again: at first, at most, and at most while nothing says that the server
# is slow.
SHORTEST, LONGEST, LONGEST_WAIT_FOR_QUICK = 5.0, 900.0, 8.0
# Seconds between two looks at whether waiting still makes sense.
CHECKED_EVERY = 0.5
# What a call to an unknown server is taken to need, in seconds.
FIRST_GUESS = 0.5
REMEMBERED = 5_000


@dataclass(eq=False)
class _Place:
    """A call, or the right to make one."""

    brand: str
    host: _Host
    since: float | None = None  # when the call began
    spare: float = 0.0  # seconds that its own bytes may take

    def lingers(self, now: float) -> bool:
        return self.since is not None and now - self.since - self.spare > SLOW


@dataclass(eq=False)
class _Host:
    """A server. `window` is how many calls it may have; `turns` is when the next refused caller of a brand may come."""

    key: str
    is_tenants: bool
    window: int = START
    average: float = field(default_factory=lambda: FIRST_GUESS)
    places: set[_Place] = field(default_factory=set)
    waiting: dict[str, deque[asyncio.Future[_Place]]] = field(default_factory=dict)
    turns: dict[str, float] = field(default_factory=dict)

    def room(self, now: float) -> int:
        """How many calls it may have now: each one that lingers costs as many as it had at first."""
        return max(1, self.window - START * sum(place.lingers(now) for place in self.places))

    @property
    def line(self) -> int:
        """How many callers wait."""
        return sum(map(len, self.waiting.values()))

    def is_doubtful(self, now: float) -> bool:
        """Whether it has not proven quick, or not any more."""
        return self.is_tenants and self.room(now) <= START


class HostCalls:
    """The places of one process. `on_quick` gets a server that refused callers and answers quickly again."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.on_quick: Callable[[str], None] = lambda _: None
        self._monotonic = monotonic
        # The servers called last, the newest at the end.
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._places: dict[str, set[_Place]] = {}
        self._crowded: dict[_Host, None] = {}  # hosts that have callers waiting
        self._reserved: ContextVar[_Place | None] = ContextVar("reserved", default=None)

    @asynccontextmanager
    async def reserved(self, brand: str, server: Server) -> AsyncIterator[None]:
        """Keep a place for the calls inside the block. Raises ChannelError (HOST_SLOW): come again later."""
        place = await self._take(brand, self._host(server))
        token = self._reserved.set(place)
        try:
            yield
        finally:
            self._reserved.reset(token)
            self._leave(place)

    @asynccontextmanager
    async def call(self, brand: str, server: Server, spare: float = 0.0) -> AsyncIterator[None]:
        """Make a call inside the block, at the reserved place or one of its own. Raises ChannelError as `reserved`.

        `spare` are seconds that the call may take for the bytes that it sends.
        """
        reserved = self._reserved.get()
        if reserved is None or reserved.host.key != server.key or reserved.since is not None:
            place = await self._take(brand, self._host(server))
        else:
            place = reserved
        place.since, place.spare = self._monotonic(), spare
        try:
            yield
        finally:
            took = self._monotonic() - place.since - spare
            place.since = None
            self._learn(place.host, took)
            if place is not reserved:
                self._leave(place)

    def check(self, brand: str, server: Server) -> None:
        """Raises ChannelError where a call would be refused now, so that no post waits for its due time needlessly."""
        host = self._host(server)
        if self._is_hopeless(brand, host):
            raise self._refusal(brand, host)

    def places(self, key: str) -> int:
        """How many calls a server may have now; one while it is slow."""
        host = self._hosts.get(key)
        return START if host is None else host.room(self._monotonic())

    def _host(self, server: Server) -> _Host:
        host = self._hosts.get(server.key)
        if host is None:
            host = self._hosts[server.key] = _Host(*server)
            if len(self._hosts) > REMEMBERED:
                self._forget()
        self._hosts.move_to_end(server.key)
        return host

    def _forget(self) -> None:
        idle = [key for key, host in self._hosts.items() if not host.places and not host.waiting]
        for key in idle[: len(self._hosts) - REMEMBERED]:
            del self._hosts[key]

    async def _take(self, brand: str, host: _Host) -> _Place:
        if not host.waiting and self._has_room(brand, host):
            return self._enter(brand, host)
        if self._is_hopeless(brand, host):
            raise self._refusal(brand, host)
        if (host.line + 1) * host.average / host.room(self._monotonic()) > PATIENCE:
            raise self._refusal(brand, host)
        ticket: asyncio.Future[_Place] = asyncio.get_running_loop().create_future()
        host.waiting.setdefault(brand, deque()).append(ticket)
        self._crowded[host] = None
        self._hand_out()
        try:
            return await self._awaited(ticket, brand, host)
        except BaseException:
            if ticket.done():
                self._leave(ticket.result())
            else:
                self._stop_waiting(brand, host, ticket)
            raise

    async def _awaited(self, ticket: asyncio.Future[_Place], brand: str, host: _Host) -> _Place:
        began = self._monotonic()
        while not ticket.done():
            await asyncio.wait([ticket], timeout=CHECKED_EVERY)
            now = self._monotonic()
            is_over = now - began > (DOUBTFUL_PATIENCE if host.is_doubtful(now) else LONGEST_PATIENCE)
            if not ticket.done() and (is_over or self._is_hopeless(brand, host)):
                raise self._refusal(brand, host)
        return ticket.result()

    def _has_room(self, brand: str, host: _Host) -> bool:
        now, mine = self._monotonic(), self._places.get(brand, set())
        if sum(place.lingers(now) for place in mine) >= BRAND_LINGERING:
            return False
        if not host.is_tenants:
            return True
        at_tenants = [place for place in mine if place.host.is_tenants]
        if len(host.places) >= host.room(now) or len(at_tenants) >= BRAND_CALLS:
            return False
        doubtful = sum(place.host.is_doubtful(now) for place in at_tenants)
        return not host.is_doubtful(now) or doubtful < BRAND_DOUBTFUL

    def _is_hopeless(self, brand: str, host: _Host) -> bool:
        """Whether no place is likely to become free soon."""
        now, mine = self._monotonic(), self._places.get(brand, set())
        lingering = sum(place.lingers(now) for place in mine)
        if lingering >= BRAND_LINGERING:
            return True
        if not host.is_tenants or self._has_room(brand, host):
            return False
        if lingering >= BRAND_DOUBTFUL or host.room(now) < START:
            return True
        if not host.is_doubtful(now) and len(host.places) >= host.room(now):
            return False  # its own quick calls are before this one
        return sum(len(each.waiting.get(brand, ())) for each in self._crowded) > BRAND_WAITING

    def _enter(self, brand: str, host: _Host) -> _Place:
        place = _Place(brand, host)
        host.places.add(place)
        self._places.setdefault(brand, set()).add(place)
        return place

    def _leave(self, place: _Place) -> None:
        place.host.places.discard(place)
        mine = self._places[place.brand]
        mine.discard(place)
        if not mine:
            del self._places[place.brand]
        self._hand_out()

    def _hand_out(self) -> None:
        """Give free places to those who wait: at each host the brand with the fewest calls there goes first."""
        for host in list(self._crowded):
            while ready := [brand for brand in host.waiting if self._has_room(brand, host)]:
                brand = min(ready, key=lambda each: sum(place.brand == each for place in host.places))
                ticket = host.waiting[brand].popleft()
                if not host.waiting[brand]:
                    del host.waiting[brand]
                ticket.set_result(self._enter(brand, host))
            if not host.waiting:
                del self._crowded[host]

    def _stop_waiting(self, brand: str, host: _Host, ticket: asyncio.Future[_Place]) -> None:
        waiting = host.waiting.get(brand, deque())
        if ticket in waiting:
            waiting.remove(ticket)
        if not waiting:
            host.waiting.pop(brand, None)
        if not host.waiting:
            self._crowded.pop(host, None)

    def _learn(self, host: _Host, took: float) -> None:
        host.average += (max(took, 0.0) - host.average) * 0.5
        if not host.is_tenants:
            return
        if took > SLOW:
            host.window = max(1, host.window // 2)
        elif took <= QUICK:
            host.window = min(host.window + 1, MOST)
            if host.turns and host.room(self._monotonic()) > 1:
                host.turns.clear()
                self.on_quick(host.key)

    def _refusal(self, brand: str, host: _Host) -> ChannelError:
        """Callers come again one after the other, as quickly as the host answers."""
        now = self._monotonic()
        longest = LONGEST if host.room(now) < START or not host.is_tenants else LONGEST_WAIT_FOR_QUICK
        turn = max(host.turns.get(brand, 0.0), now + SHORTEST) + host.average / host.room(now)
        host.turns[brand] = min(turn, now + longest)
        wait = timedelta(seconds=host.turns[brand] - now)
        message = f"{host.key} answers slowly, so few calls to it are made at a time; nothing was sent"
        return ChannelError(Reason.HOST_SLOW, Effect.NOT_SENT, message, provider_code="HOST_SLOW", retry_after=wait)
