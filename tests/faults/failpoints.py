"""Failpoints: named places where a fault test lets a process of Munadi die, stop or stumble.

The processes load this module by name (munadi/process/instrument.py). Every await of the publish path calls a port, so
the ports are wrapped (`around`) instead of the code: a name is `<process>.<port>.<method>.before` or `.after`, and in a
channel's call `.gate.…`, `.save.…` and, of its requests, `.sent` and `.answered`. A commit inside a port's call or a
request is `<process>.db.commit.before` or `.after`; commits of background tasks have no name. A test plants a file
`<name>/<anything>.json` in the folder; the first process that passes renames it (it becomes
`<anything>.<process id>.hit`) and acts:

    {"action": "kill", "subjects": ["pub_…"], "skip": 0}

`kill` is kill -9 of ourselves, `pause` is SIGSTOP, `stall` blocks the process for `seconds`, `hang` holds the
interpreter for ever, `raise` is an unexpected error. `subjects` (ids of publication, account or content)
narrows it; without, every process that passes is hit. A file `record` in the folder makes every passage a line of
`hits.log`.
"""

from __future__ import annotations

import collections
import functools
import inspect
import itertools
import json
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.domain.audit import current_actor
from munadi.ports import Attempt, PreparationStore, Publication

Port = TypeVar("Port")

# The visible or invisible call of a channel that is under way, and for whom: names the passages of its requests.
_CALL: ContextVar[tuple[str, frozenset[str]] | None] = ContextVar("failpoint_call", default=None)


class PlantedError(RuntimeError):
    """What `raise` raises: an error that no code expects."""


class Failpoints:
    """The failpoints of one process, named with its `prefix` (`worker.` or `api.`)."""

    def __init__(self, folder: Path, prefix: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._prefix = prefix

    def hit(self, name: str, subjects: frozenset[str] = frozenset()) -> None:
        """Pass the place `name`; acts if a test planted something here for one of the subjects."""
        place = f"{self._prefix}{name}"
        if (self._folder / "record").exists():
            with (self._folder / "hits.log").open("a") as log:
                log.write(f"{place} {' '.join(sorted(subjects))}\n")
        for planted in (self._folder / place).glob("*.json"):
            _take(planted, subjects)

    def around(self, port: Port, name: str) -> Port:
        """`port` with a failpoint before and after every awaited call."""
        return cast(Port, _Around(port, name, self))

    def watch_commits(self) -> None:
        """From now on, pass a place before and after every commit of a surrounded call or a request."""
        write = Database.write

        @asynccontextmanager
        async def watched(database: Database) -> AsyncIterator[AsyncSession]:
            async with write(database) as session:
                yield session
                self._hit_commit("before")
            self._hit_commit("after")

        Database.write = watched  # type: ignore[method-assign]

    def _hit_commit(self, moment: str) -> None:
        if _CALL.get() is not None or _serves_a_request():
            self.hit(f"db.commit.{moment}")

    async def watch_request(self, request: httpx.Request) -> None:
        """An httpx request hook: passages after the last byte was sent and after the answer's head came."""
        inner: Callable[[str, Mapping[str, Any]], Awaitable[None]] | None = request.extensions.get("trace")
        call = _CALL.get()
        if call is None:
            return
        name, subjects = call

        async def trace(event: str, info: Mapping[str, Any]) -> None:
            if inner is not None:
                await inner(event, info)
            if event.endswith("send_request_body.complete"):
                self.hit(f"{name}.sent", subjects)
            elif event.endswith("receive_response_headers.complete"):
                self.hit(f"{name}.answered", subjects)

        request.extensions["trace"] = trace


def _serves_a_request() -> bool:
    """Whether this task works for one request, and is no background task that commits at random moments."""
    return current_actor().request_id is not None


class _Around:
    """A port whose awaited methods are surrounded; everything else is the port's own."""

    def __init__(self, port: Any, name: str, points: Failpoints) -> None:
        self._port, self._name, self._points = port, name, points

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._port, attribute)
        if not inspect.iscoroutinefunction(value):
            return value
        return _surrounded(value, f"{self._name}.{attribute}", self._points)


def _surrounded(call: Callable[..., Awaitable[Any]], name: str, points: Failpoints) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(call)
    async def surrounded(*args: Any, **kwargs: Any) -> Any:
        subjects = _subjects(*args, *kwargs.values())
        inside = [_inner(value, name, points, subjects) for value in args]
        points.hit(f"{name}.before", subjects)
        token = _CALL.set((name, subjects))
        try:
            answer = await call(*inside, **kwargs)
        finally:
            _CALL.reset(token)
        points.hit(f"{name}.after", subjects)
        return answer

    return surrounded


def _inner(value: Any, name: str, points: Failpoints, subjects: frozenset[str]) -> Any:
    """An argument that a channel calls back: the deadline of its attempt, or the store of its handle."""
    if isinstance(value, Attempt):
        deadline = value.deadline

        def watched() -> datetime:
            points.hit(f"{name}.gate.before", subjects)
            at = deadline()
            points.hit(f"{name}.gate.after", subjects)
            return at

        value.deadline = watched
    if isinstance(value, Publication):
        value.store = _WatchedStore(value.store, _surrounded(value.store.save, f"{name}.save", points))
    return value


class _WatchedStore(PreparationStore):
    """The store of a preparation, whose saving is surrounded."""

    def __init__(self, store: PreparationStore, save: Callable[..., Awaitable[None]]) -> None:
        super().__init__(store.preparation)
        self._store, self._save = store, save

    async def save(self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None) -> None:
        try:
            await self._save(state, ready=ready, expires_at=expires_at)
        except Exception as error:
            self.error = error
            raise
        finally:
            self.preparation = self._store.preparation


def _subjects(*values: Any) -> frozenset[str]:
    """The ids among the arguments of a call, and of what has one."""
    parts = [part for value in values if isinstance(value, Publication) for part in (value.draft, value.account)]
    values = (*values, *parts)
    ids = [value if isinstance(value, str) else getattr(value, "publication_id", None) for value in values]
    ids += [getattr(value, "id", None) for value in values]
    # An id has no spaces; a text that contains one may.
    return frozenset(value for value in ids if isinstance(value, str) and "_" in value and not re.search(r"\s", value))


def _take(planted: Path, subjects: frozenset[str]) -> None:
    """Act on one plan, if it names one of the subjects and nothing is left to skip."""
    try:
        plan = json.loads(planted.read_text())
    except FileNotFoundError:
        return  # another process was first
    wanted = frozenset(plan.get("subjects", ()))
    if wanted and not wanted & subjects:
        return
    if plan.get("skip", 0) > 0:
        planted.write_text(json.dumps({**plan, "skip": plan["skip"] - 1}))
        return
    try:
        planted.rename(planted.with_suffix(f".{os.getpid()}.hit"))
    except FileNotFoundError:
        return
    _act(plan)


def _act(plan: Mapping[str, Any]) -> None:
    match plan.get("action"):
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)  # the signal may take a moment; nothing else may happen until then
        case "pause":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "stall":
            time.sleep(float(plan["seconds"]))
        case "hang":
            collections.deque(itertools.repeat(None), maxlen=0)  # a loop in C, which never releases the interpreter
        case "raise":
            raise PlantedError("planted by a fault test")
        case other:
            raise ValueError(f"unknown failpoint action {other!r}")


def install(folder: str, process: str) -> Failpoints:
    """The failpoints of this process: what `MUNADI_FAILPOINTS` names."""
    failpoints = Failpoints(Path(folder), f"{process}.")
    failpoints.watch_commits()
    return failpoints
