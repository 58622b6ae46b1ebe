"""Requests that wait for a change of a post: `GET /v1/contents/{content_id}?wait=20`.

A waiting request holds no connection to the database. One query in each interval compares the marks of all posts that
are waited for; without waiting requests there is none. The number of waiting requests is limited, for each brand and in
all. When all places are in use, whoever has the most gives one up to whoever has fewer: its oldest request is answered
early. So each of n brands has a share of one in n, however many the others want.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.http.shares import NothingLeft
from munadi.db.contents.marks import AT_ONCE, Mark, read_marks
from munadi.db.session import Database
from munadi.process.background import detached

T = TypeVar("T")
log = structlog.get_logger("munadi.api")

INTERVAL = 0.5
MAX_SECONDS = 30
MAX_WAITING = 2_000


@dataclass(eq=False)
class Place:
    """The place of one waiting request. `is_lost`: another holder has it now, so this request answers at once."""

    holder: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_lost: bool = False


@dataclass(eq=False)
class Waiting:
    """One request that waits: its post, and the mark of what it has read."""

    content_id: str
    mark: Mark | None
    place: Place


class Places:
    """The places of waiting requests: `total` in all, `of_holder` for one holder at most."""

    def __init__(self, total: int, of_holder: int) -> None:
        self._total, self._of_holder = total, min(of_holder, total)
        # In the order in which they were taken.
        self._held: dict[str, dict[Place, None]] = {}

    def take(self, holder: str) -> Place:
        """A free place, or else one of the holder with the most. Raises NothingLeft."""
        own = len(self._held.get(holder, ()))
        if own >= self._of_holder:
            raise NothingLeft(self._of_holder, is_own=True)
        if sum(map(len, self._held.values())) >= self._total:
            self._take_from_the_largest(own)
        place = Place(holder)
        self._held.setdefault(holder, {})[place] = None
        return place

    def give_back(self, place: Place) -> None:
        """A request has ended. A lost place is not its own any more."""
        held = self._held.get(place.holder, {})
        held.pop(place, None)
        if not held:
            self._held.pop(place.holder, None)

    def _take_from_the_largest(self, own: int) -> None:
        largest = max(self._held.values(), key=len)
        # With a difference of one, two holders would take the same place from each other for ever.
        if len(largest) <= own + 1:
            raise NothingLeft(self._total, is_own=False)
        oldest = next(iter(largest))
        self.give_back(oldest)
        oldest.is_lost = True
        oldest.woken.set()


class ContentWaits:
    """All waiting requests of this process."""

    def __init__(
        self, database: Database, *, of_brand: int, total: int = MAX_WAITING, interval: float = INTERVAL
    ) -> None:
        """`of_brand`: how many requests of one brand may wait. `interval`: seconds between two queries."""
        self._database = database
        self._interval = interval
        self._places = Places(total, of_brand)
        self._waiting: set[Waiting] = set()
        self._polling: asyncio.Task[None] | None = None
        self.is_stopped = False

    @property
    def count(self) -> int:
        """How many requests wait now."""
        return len(self._waiting)

    @contextmanager
    def place(self, holder: str) -> Iterator[Place]:
        """Take one of the places for waiting requests while the block runs. `holder` is a brand, or a key for several.
        Raises NothingLeft."""
        place = self._places.take(holder)
        try:
            yield place
        finally:
            self._places.give_back(place)

    async def changed(
        self,
        place: Place,
        content_id: str,
        read: Callable[[], Awaitable[T]],
        is_known: Callable[[T], bool],
        seconds: float,
    ) -> T:
        """What `read` returns of a post once that is not known, or else when the time is over, the place is lost or the
        process ends."""
        until = time.monotonic() + seconds
        waiting = await self._begin(content_id, place)
        try:
            found = await read()
            while is_known(found) and not (self.is_stopped or place.is_lost):
                place.woken.clear()
                try:
                    async with asyncio.timeout(until - time.monotonic()):
                        await place.woken.wait()
                except TimeoutError:
                    return await read()
                found = await read()
            return found
        finally:
            self._waiting.discard(waiting)

    def stop(self) -> None:
        """Let every request answer now, so that the process can end."""
        self.is_stopped = True
        for waiting in self._waiting:
            waiting.place.woken.set()

    async def close(self) -> None:
        """End every wait and the query."""
        self.stop()
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    async def _begin(self, content_id: str, place: Place) -> Waiting:
        """Begin to wait for changes of a post from now on."""
        marks = await self._database.lookup(partial(read_marks, content_ids=[content_id]))
        waiting = Waiting(content_id, marks.get(content_id), place)
        self._waiting.add(waiting)
        if self._polling is None or self._polling.done():
            self._polling = detached(self._poll(), name="waits")
        return waiting

    async def _poll(self) -> None:
        while self._waiting and not self.is_stopped:
            await asyncio.sleep(self._interval)
            try:
                await self._compare()
            except (SQLAlchemyError, OSError) as error:
                log.warning("waits.failed", error=type(error).__name__)  # the next query repeats it

    async def _compare(self) -> None:
        ids = sorted({waiting.content_id for waiting in self._waiting})
        marks: dict[str, Mark] = {}
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            marks |= await self._database.lookup(partial(read_marks, content_ids=some))
        asked = set(ids)
        for waiting in self._waiting:
            mark = marks.get(waiting.content_id)
            if waiting.content_id in asked and mark != waiting.mark:
                waiting.mark = mark
                waiting.place.woken.set()
