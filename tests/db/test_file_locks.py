"""Processes take turns to write: one that writes without a pause lets each other one in."""

from __future__ import annotations

import asyncio
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psutil

from munadi.db.file_locks import PATIENCE, WriterTurn
from tests.support.waiting import wait_until

# As long as a short transaction: a process that waits wakes up meanwhile.
HOLD = 0.005
# Takes the turn again and again, and counts how often.
_BUSY = f"""
import mmap, sys, time
from munadi.db.file_locks import WriterTurn
turn, counter = WriterTurn(sys.argv[1]), open(sys.argv[2], "r+b")
shared, number = mmap.mmap(counter.fileno(), 8), 0
while True:
    turn.take()
    number += 1
    shared[:8] = number.to_bytes(8, "little")
    time.sleep({HOLD})
    turn.release()
"""


@contextmanager
def busy_process(path: Path, pids: list[int] | None = None) -> Iterator[mmap.mmap]:
    """The number of turns that another process has taken so far, as eight bytes. Its id is added to `pids`."""
    counter = path.with_name("counter")
    counter.write_bytes(bytes(8))
    process = subprocess.Popen([sys.executable, "-c", _BUSY, str(path), str(counter)])
    if pids is not None:
        pids.append(process.pid)
    try:
        with counter.open("r+b") as file, mmap.mmap(file.fileno(), 8) as shared:
            yield shared
    finally:
        process.kill()
        process.wait()


def turns(shared: mmap.mmap) -> int:
    return int.from_bytes(shared[:8], "little")


def turns_of_others(turn: WriterTurn, shared: mmap.mmap) -> int:
    """Take the turn; how many the other process has taken so far."""
    turn.take()
    found = turns(shared)
    time.sleep(HOLD)
    turn.release()
    return found


async def test_a_process_that_waits_is_next(tmp_path: Path) -> None:
    turn = WriterTurn(str(tmp_path / "munadi.db"))
    try:
        with busy_process(tmp_path / "munadi.db") as shared:
            await wait_until(lambda: turns(shared) > 0)
            taken = [turns_of_others(turn, shared) for _ in range(40)]
    finally:
        turn.close()
    between = [later - earlier for earlier, later in pairwise(taken)]
    # In between the other process had its turn. (It may have had none or two, while one of them was not awake yet.)
    assert between.count(1) >= len(between) * 0.75, between


async def test_a_process_knows_that_another_one_waits(tmp_path: Path) -> None:
    turn = WriterTurn(str(tmp_path / "munadi.db"))
    try:
        turn.take()
        assert not turn.is_wanted
        with busy_process(tmp_path / "munadi.db") as shared:
            await wait_until(lambda: turn.is_wanted)
            turn.release()
            await wait_until(lambda: turns(shared) > 0)
    finally:
        turn.close()


async def test_a_process_that_is_stopped_while_it_waits_stops_no_other(tmp_path: Path) -> None:
    turn, pids, waits = WriterTurn(str(tmp_path / "munadi.db")), list[int](), []
    try:
        turn.take()
        with busy_process(tmp_path / "munadi.db", pids):
            await wait_until(lambda: turn.is_wanted)
            os.kill(pids[0], signal.SIGSTOP)
            await wait_until(lambda: psutil.Process(pids[0]).status() == psutil.STATUS_STOPPED)
            turn.release()
            for _ in range(5):
                begun = time.monotonic()
                await asyncio.wait_for(asyncio.to_thread(turn.take), 10)
                waits.append(time.monotonic() - begun)
                turn.release()
            os.kill(pids[0], signal.SIGCONT)
    finally:
        turn.close()
    # It is waited for once, and not again for some time.
    assert max(waits[1:]) < PATIENCE <= waits[0] < 4 * PATIENCE, waits
