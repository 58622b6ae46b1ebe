"""Open pages are notified of changes, as server-sent events; they then load themselves again.

One poll of the database a second serves every page of the process; without open pages there is none. The number of
open pages is limited, for each brand and in all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from api.auth import signed_in
from api.dashboard.session import COOKIE, Session
from api.deps import TheServices
from api.http.cookies import read_cookie
from api.http.problems import ProblemError
from api.http.shares import NothingLeft, Shares
from munadi.db.contents.overdue import overdue_by_brand
from munadi.db.events.log import last_position, last_positions, number_events
from munadi.db.keys.callers import Principal
from munadi.db.keys.sessions import SessionStore
from munadi.db.session import Database
from munadi.domain.key import Scope
from munadi.ports import Clock
from munadi.process.background import detached

router = APIRouter()
log = structlog.get_logger("munadi.api")

INTERVAL = 1.0
HEARTBEAT = 15.0
MAX_WATCHERS = 1_000
_LATER = {"Retry-After": "30"}
_STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_BEGIN, _BEAT, _ENDED = "retry: 2000\n\n", ": still here\n\n", "event: ended\ndata: {}\n\n"
# Nothing happens while a worker hangs: no event would tell a page that posts are overdue.
_OVERDUE = "event: overdue\ndata: {}\n\n"


@dataclass(eq=False)
class Watcher:
    """One open page: its viewer, the next position to report, and the number of posts that were overdue."""

    principal: Principal
    session_id: str
    position: int = 0
    overdue: int = 0
    is_stale: bool = False
    ended: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """All open pages of this process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        of_brand: int = MAX_WATCHERS,
        interval: float = INTERVAL,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        """`of_brand`: how many pages one brand may have open. `interval` between two polls of the database and
        `heartbeat` of a silent stream, in seconds."""
        self._database = database
        self._clock = clock
        self._interval = interval
        self._heartbeat = heartbeat
        self._watchers: set[Watcher] = set()
        self._places = Shares(MAX_WATCHERS, of_brand)
        self._beginning = asyncio.Lock()
        self._polling: asyncio.Task[None] | None = None
        self._position = 0
        self._stopped = False

    @contextmanager
    def place(self, holder: str) -> Iterator[None]:
        """Take one of the places for open pages, for as long as the block runs. `holder` is a brand, or a key for all
        brands: only the operator makes those. ProblemError 429 when it has none left, 503 when the process has none. A
        page without a place works, but does not load itself again."""
        if self._stopped:
            raise _process_is_full("this process ends")
        try:
            with self._places.hold(holder):
                yield
        except NothingLeft as error:
            if not error.is_own:
                raise _process_is_full("too many pages are open") from None
            detail = f"at most {error.limit} pages of {holder} are kept up to date"
            raise ProblemError(429, "TOO_MANY_WATCHERS", "Too Many Requests", detail, headers=_LATER) from None

    async def follow(self, principal: Principal, session: Session) -> AsyncGenerator[str]:
        """The stream of one page: the newest position now, each later one the viewer may know of, a heartbeat in
        between; `ended` when the session or its key is over."""
        watcher = Watcher(principal, session.id)
        try:
            await self._watch(watcher)
            yield _BEGIN + _position_event(watcher.position)
            while not self._stopped:
                try:
                    async with asyncio.timeout(self._heartbeat):
                        await watcher.woken.wait()
                except TimeoutError:
                    yield _BEAT
                    continue
                watcher.woken.clear()
                if watcher.ended:
                    yield _ENDED
                    return
                if watcher.is_stale:
                    watcher.is_stale = False
                    yield _OVERDUE
                if not self._stopped:
                    yield _position_event(watcher.position)
        finally:
            self._watchers.discard(watcher)

    def stop(self) -> None:
        """End every stream, so that the process can end. Browsers come back by themselves."""
        self._stopped = True
        for watcher in self._watchers:
            watcher.woken.set()

    async def close(self) -> None:
        """End every stream and the poll."""
        self.stop()
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    async def _watch(self, watcher: Watcher) -> None:
        # Known before the position is read, so that nothing is missed in between.
        async with self._beginning:
            self._watchers.add(watcher)
            async with self._database.read() as session:
                position = await last_position(session)
            if self._polling is None or self._polling.done():
                self._position = position
                self._polling = detached(self._poll(), name="live")
        watcher.position = max(watcher.position, position)

    async def _poll(self) -> None:
        while self._watchers and not self._stopped:
            try:
                await self._look()
            except (SQLAlchemyError, OSError) as error:
                log.warning("live.failed", error=type(error).__name__)  # the next poll repeats it
            await asyncio.sleep(self._interval)

    async def _look(self) -> None:
        await number_events(self._database)
        now = self._clock.now()
        async with self._database.read() as session:
            newest = await last_positions(session, self._position)
            overdue = await overdue_by_brand(session, now)
        opened = await SessionStore(self._database).open({watcher.session_id for watcher in self._watchers}, now)
        self._position = max(newest.values(), default=self._position)
        for watcher in self._watchers:
            seen = [at for brand_ref, at in newest.items() if watcher.principal.may_see(brand_ref)]
            watcher.ended = watcher.session_id not in opened
            late = sum(found.count for brand_ref, found in overdue.items() if watcher.principal.may_see(brand_ref))
            watcher.is_stale = watcher.is_stale or late != watcher.overdue
            watcher.overdue = late
            if watcher.ended or watcher.is_stale or max(seen, default=0) > watcher.position:
                watcher.position = max(seen, default=watcher.position)
                watcher.woken.set()


class LiveResponse(StreamingResponse):
    """The stream of one page. It takes a place before it begins, and releases it at its end."""

    def __init__(self, live: Live, principal: Principal, session: Session) -> None:
        self._live = live
        self._holder = principal.only_brand or principal.key_id
        self._stream = live.follow(principal, session)
        super().__init__(self._stream, media_type="text/event-stream", headers=_STREAM)

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        with self._live.place(self._holder):
            async with aclosing(self._stream):
                await super().__call__(scope, receive, send)


@router.get("/live")
async def watch(request: Request, services: TheServices) -> StreamingResponse:
    """The stream, for the holders of a session who may read the event log."""
    session, principal = await signed_in(services, read_cookie(request, COOKIE, services.settings))
    if not principal.may(Scope.CONTENTS_READ):
        raise ProblemError(403, "SCOPE_MISSING", "Not permitted", f"the key lacks the scope {Scope.CONTENTS_READ}")
    return LiveResponse(request.app.state.live, principal, session)


def _process_is_full(detail: str) -> ProblemError:
    return ProblemError(503, "TOO_MANY_WATCHERS", "Not available", detail, headers=_LATER)


def _position_event(position: int) -> str:
    return f"id: {position}\ndata: {json.dumps({'position': position})}\n\n"
