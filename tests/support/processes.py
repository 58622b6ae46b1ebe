"""A child process whose output goes to a file, ended by its own pid.

Every process carries a mark in its environment that its children inherit, so `left_behind` finds those that
outlived their parent, whatever session or group they moved to.
"""

import os
import pwd
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from tests.support.ports import accepts

MARK = "MUNADI_TEST_PROCESS"


class Process:
    """`with Process(argv, log=path) as process: …`; leaving the block ends it and whatever it left behind."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        keep_stdin: bool = False,
    ) -> None:
        """`env` is added to ours. `keep_stdin` gives it a pipe that closes when we end, which some programs watch."""
        self.argv = [str(part) for part in argv]
        self.log = log
        self.mark = uuid.uuid4().hex
        self._env = {**os.environ, **(env or {}), MARK: self.mark}
        self._cwd = cwd
        self._user = user
        self._keep_stdin = keep_stdin
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        assert self._child is None or not self.running, f"{self.argv[0]} is already running"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self.argv,
                stdin=subprocess.PIPE if self._keep_stdin else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self._child is not None, "not started"
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self._child is None else self._child.poll()

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for_line(self, pattern: str, within: float = 30.0) -> re.Match[str]:
        """The first match of `pattern` in the output; AssertionError with the output when it never comes."""
        deadline = time.monotonic() + within
        while True:
            ended = not self.running
            if found := re.search(pattern, self.output, re.MULTILINE):
                return found
            self._check_wait(f"a line like {pattern!r}", ended, deadline)

    def wait_for_port(self, port: int, within: float = 30.0) -> None:
        deadline = time.monotonic() + within
        while not accepts(port):
            self._check_wait(f"port {port}", not self.running, deadline)

    def wait(self, within: float = 30.0) -> int:
        """The exit code, once it has ended by itself."""
        assert self._child is not None, "not started"
        return self._child.wait(within)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def terminate(self, within: float = 15.0, first: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and SIGKILL after `within` seconds; the exit code."""
        assert self._child is not None, "not started"
        if self.running:
            self.send(first)
        try:
            code = self._child.wait(within)
        except subprocess.TimeoutExpired:
            return self.kill()
        self._close_stdin()
        return code

    def kill(self) -> int:
        """kill -9, this process alone; the exit code."""
        assert self._child is not None, "not started"
        if self.running:
            self.send(signal.SIGKILL)
        code = self._child.wait(10)
        self._close_stdin()
        return code

    def left_behind(self) -> list[psutil.Process]:
        """Living descendants, also those whose parent is gone."""
        return [found for found in psutil.process_iter() if found.pid != self.pid and self._is_ours(found)]

    def assert_nothing_left(self, within: float = 5.0) -> None:
        deadline = time.monotonic() + within
        while (self.running or self.left_behind()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not self.running, f"{self.argv[0]} ({self.pid}) still runs"
        left = [f"{found.pid} {found.name()}" for found in self.left_behind()]
        assert not left, f"{self.argv[0]} left children behind: {left}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.terminate()
        for found in self.left_behind():
            found.kill()

    def _is_ours(self, found: psutil.Process) -> bool:
        try:
            marked = bool(found.environ().get(MARK) == self.mark)
            return marked and bool(found.status() != psutil.STATUS_ZOMBIE)
        except (psutil.Error, OSError):
            return False

    def _check_wait(self, what: str, ended: bool, deadline: float) -> None:
        state = f"it ended with {self.exit_code}" if ended else "it still runs"
        worth_waiting = not ended and time.monotonic() < deadline
        assert worth_waiting, f"{self.argv[:2]}: no {what}; {state}\n{self.output[-4000:]}"
        time.sleep(0.02)

    def _close_stdin(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
