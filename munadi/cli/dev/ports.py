"""The ports of a data folder: chosen once and stored, because stored data (an account's server) contains them."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import random
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from munadi.process.exits import CommandFailed

LOOPBACK = "127.0.0.1"
# Below what systems give to outgoing connections: a port from there is seldom free again after a restart.
CHOICE = range(20_000, 30_000)
# Ports that no browser sends a request to, whatever a page says: of the "bad ports" of the Fetch standard those from
# 1024 on that Chromium has, too. For what answers everyone and can neither be guarded nor switched off.
NEVER_CALLED = (
    *(1719, 1720, 1723, 2049, 3659, 4045, 5060, 5061, 6000, 6566),
    *(6665, 6666, 6667, 6668, 6669, 6697, 10080),
)
# The parts of a stack that was killed may take a moment to end.
FREED_WITHIN = 3.0


@dataclass(frozen=True)
class Part:
    """A part that needs a port. `wished` is required; `usual` is the default if it is free and none was stored.

    `among` are the ports to choose from, as long as one of them is free. `then` says what to do when the port differs
    from the stored one.
    """

    name: str
    wished: int | None = None
    usual: int | None = None
    host: str = LOOPBACK
    then: str = ""
    among: Sequence[int] = CHOICE


@dataclass(frozen=True)
class Chosen:
    """A port for each part, and a note for each part with an unexpected port."""

    ports: Mapping[str, int]
    moved: tuple[str, ...]


def choose_ports(parts: Sequence[Part], kept: Mapping[str, int]) -> Chosen:
    """Choose different ports for the parts: the requested, else the stored, else the usual, else a free one."""
    ports = {part.name: _taken_or(part.wished, part.host) for part in parts if part.wished}
    moved: list[str] = []
    deadline = time.monotonic() + FREED_WITHIN
    for part in parts:
        if part.name in ports:
            continue
        before, used = kept.get(part.name), set(ports.values())
        if part.among is not CHOICE and before not in part.among:
            before = None
        expected = before or part.usual
        if expected and expected not in used and _becomes_ours(expected, part.host, deadline if before else 0.0):
            ports[part.name] = expected
            continue
        # What another part keeps is free now and would not be in a moment.
        ports[part.name] = _free_port(part, used | set(kept.values()))
        if expected:
            then = f"; {part.then}" if before and part.then else ""
            moved.append(f"port {expected} is taken, so {part.name} is at port {ports[part.name]} now{then}")
    return Chosen(ports, tuple(moved))


def kept_ports(data_dir: Path) -> dict[str, int]:
    """The ports of the last run; none for a new folder or a damaged file."""
    try:
        return {str(name): int(port) for name, port in json.loads(_file(data_dir).read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_ports(data_dir: Path, ports: Mapping[str, int]) -> None:
    """Store the ports for the next run. A part that does not run now keeps its stored port."""
    _file(data_dir).write_text(json.dumps({**kept_ports(data_dir), **ports}) + "\n")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as trial:
        # As servers do it: a port whose last connections are still closing counts as free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except (OSError, OverflowError):
            return False
        return True


def _file(data_dir: Path) -> Path:
    return data_dir / "ports.json"


def _taken_or(port: int, host: str) -> int:
    if not _take(port, host):
        raise CommandFailed(f"port {port} is taken", advice="Choose another one, or 0 for a free one.")
    return port


def _becomes_ours(port: int, host: str, deadline: float) -> bool:
    while not _take(port, host):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _free_port(part: Part, used: Iterable[int]) -> int:
    candidates = [*random.sample(part.among, len(part.among)), *random.sample(CHOICE, len(CHOICE))]
    return next(port for port in candidates if port not in used and _take(port, part.host))


def _take(port: int, host: str) -> bool:
    """Whether a server could listen there now and no other `munadi dev` of this user has chosen the port.

    A port that was chosen is free until its server listens. A second stack that starts in these seconds would choose
    it too, and its clients would talk to the first one. So a chosen port is locked: one byte of a file. The kernel
    ends the lock with the process; the supervisor, which takes the place of this process, keeps it.
    """
    if not is_free(port, host):
        return False
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):
        return False
    return True


@functools.cache
def _locks() -> int:
    """The descriptor of this user's file of port locks. To close any descriptor of that file would end the locks."""
    # Not in TMPDIR: it is one file for all stacks of a user, whatever their environment.
    path = f"/tmp/munadi-ports-{os.getuid()}.lock"  # noqa: S108
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.set_inheritable(descriptor, True)
    return descriptor
