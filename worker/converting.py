"""Converts videos for networks that do not take them as they are. Any number of these loops may run.

Each conversion is a process of its own with one thread, at the lowest priority (`munadi/media/convert_process.py`), and
there are no more of them than cores. Short ones have a place that long ones never take.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from munadi.db.session import Database
from munadi.domain.media_facts import MediaRefused
from munadi.media.convert_process import convert_apart
from munadi.media.pool import off_loop, start_probe
from munadi.media.probe import probe
from munadi.media.store import MediaStore, StoreUnavailable, digest_of
from munadi.ports import Clock
from munadi.publishing.conversions import Conversion, ConversionQueue
from worker.rounds import DATABASE, run_rounds

log = logging.getLogger("munadi.converting")

INTERVAL = 1.0
# Between two records of the progress: each is a transaction, and renews the lease.
BEAT_SECONDS = 5.0
# How long a rendition stays that no post needs, and how often that is looked at.
KEPT, SWEEP_SECONDS = timedelta(days=7), 3600.0


class LeaseLost(Exception):
    """Another worker has this conversion, or its file was deleted."""


@dataclass
class Progress:
    """The part of a conversion that is done, from 0 to 1."""

    done: float = 0.0

    def set(self, done: float) -> None:
        """Set it."""
        self.done = done


class Converter:
    """The loop that makes renditions. It runs until it is cancelled."""

    def __init__(
        self, database: Database, queue: ConversionQueue, store: MediaStore, clock: Clock, holder: str, cores: int
    ) -> None:
        self._database, self._queue, self._store, self._clock = database, queue, store, clock
        self._holder = holder
        # Which places there are: the first is for short conversions alone.
        self._places = [False] + [True] * max(1, cores - 1)
        self._next_sweep = 0.0

    async def run(self) -> None:
        """Serve every place for ever; a failed round is logged and retried."""
        servers = {**DATABASE, StoreUnavailable: "the media store"}
        async with asyncio.TaskGroup() as group:
            for number, long in enumerate(self._places):
                holder = f"{self._holder}/{number}"
                group.create_task(self._serve(holder, long, servers))

    async def _serve(self, holder: str, long: bool, servers: Mapping[type[Exception], str]) -> None:
        async def one_round() -> None:
            while await self.round(holder, long=long):
                pass

        await run_rounds(log, one_round, seconds=INTERVAL, servers=servers)

    async def round(self, holder: str, *, long: bool) -> bool:
        """Make the rendition that is needed first; False when there is none. Raises as the database and the store."""
        if not long:
            await self._sweep()
        one = await self._queue.take(holder, self._clock.now(), long=long)
        if one is None:
            return False
        try:
            await self._convert(one)
        except MediaRefused as refused:
            log.warning("media %s cannot be converted: %s", one.media_id, refused.message)
            await self._queue.fail(one, refused.message)
        except FileNotFoundError:
            await self._queue.fail(one, "the stored file is gone")
        except LeaseLost:
            log.info(
                "the conversion of media %s was given up: its file is gone, or another worker has it", one.media_id
            )
        except asyncio.CancelledError:
            await asyncio.shield(self._queue.free(one))
            raise
        return True

    async def _convert(self, one: Conversion) -> None:
        """Make and store it, and meanwhile keep the lease and record the progress."""
        state = Progress()
        work, beat = asyncio.create_task(self._make(one, state)), asyncio.create_task(self._beat(one, state))
        try:
            await asyncio.wait((work, beat), return_when=asyncio.FIRST_COMPLETED)
            if beat.done():
                raise LeaseLost(one.media_id)
            await work
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _make(self, one: Conversion, state: Progress) -> None:
        if one.made is not None and await off_loop(self._store.renew, one.made[0]):
            await self._queue.finish(one, None, *one.made, self._clock.now())
            return
        target = await off_loop(_empty_file, self._store.incoming)
        source = self._store.local(one.source)
        try:
            path = await off_loop(source.__enter__)
            try:
                await convert_apart(path, target, one.recipe, one.seconds, state.set)
            finally:
                await off_loop(source.__exit__, None, None, None)
            facts = await asyncio.shield(start_probe(probe, target))
            digest = await off_loop(digest_of, target)
            await self._queue.finish(one, target, digest, facts, self._clock.now())
            log.info("converted media %s: %d bytes", one.media_id, facts.bytes)
        finally:
            await off_loop(partial(target.unlink, missing_ok=True))

    async def _beat(self, one: Conversion, state: Progress) -> None:
        """Record the progress and renew the lease, until that is lost."""
        is_mine = True
        while is_mine:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                is_mine = await self._queue.progress(one, min(99, int(state.done * 100)), self._clock.now())
            except SQLAlchemyError as error:
                log.warning("the progress of a conversion could not be recorded: %s", str(error)[:300])

    async def _sweep(self) -> None:
        if self._clock.monotonic() < self._next_sweep:
            return
        self._next_sweep = self._clock.monotonic() + SWEEP_SECONDS
        async with self._database.alone("renditions") as is_alone:
            if is_alone:
                now = self._clock.now()
                await self._queue.sweep(now - KEPT, now)


def _empty_file(folder: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, suffix=".mp4")
    os.close(handle)
    return Path(name)
