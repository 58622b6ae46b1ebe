"""Supervision: children end with their parent, and one folder has one stack."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from munadi.cli.dev.child import Child, in_words
from munadi.cli.dev.keys import write_private
from munadi.cli.dev.lock import hold_folder
from munadi.process.exits import CommandFailed
from tests.support.processes import Process
from tests.support.waiting import wait_until

SLEEPER = "import time; time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
PARENT = f"""
import asyncio, sys, time
from pathlib import Path
from munadi.cli.dev.child import Child

async def run():
    child = Child("sleeper", [sys.executable, "-c", {SLEEPER!r}], {{}}, Path(sys.argv[1]) / "log")
    await child.start()
    print("child", child.pid, flush=True)
    time.sleep(600)

asyncio.run(run())
"""


def _child(folder: Path, code: str, patience: float = 5.0) -> Child:
    return Child("sleeper", [sys.executable, "-c", code], dict(os.environ), folder / "logs" / "sleeper.log", patience)


def test_children_die_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with Process([sys.executable, "-c", PARENT, tmp_path], log=tmp_path / "parent.log") as parent:
        child = psutil.Process(int(parent.wait_for_line(r"^child (\d+)")[1]))
        _await_program(child)
        parent.kill()
        _, alive = psutil.wait_procs([child], timeout=5)
        assert not alive, "the leash kills it"


def _await_program(process: psutil.Process) -> None:
    """The leash has become the program."""
    for _ in range(200):
        if SLEEPER in process.cmdline():
            return
        time.sleep(0.02)
    raise AssertionError(process.cmdline())


async def _first_words(child: Child) -> str:
    await wait_until(child.last_words, within=10)
    return child.last_words()


async def test_the_process_id_is_the_program_s_own(tmp_path: Path) -> None:
    child = _child(tmp_path, "import os; print(os.getpid(), flush=True); import time; time.sleep(600)")
    await child.start()
    try:
        assert await _first_words(child) == str(child.pid)
    finally:
        await child.kill()


async def test_stopping_sends_sigterm_and_then_sigkill(tmp_path: Path) -> None:
    gentle = _child(tmp_path, SLEEPER)
    await gentle.start()
    await gentle.stop()
    assert await gentle.ended() == -signal.SIGTERM
    stubborn = _child(tmp_path, DEAF + SLEEPER, patience=0.3)
    await stubborn.start()
    assert await _first_words(stubborn) == "deaf"
    await stubborn.stop()
    assert await stubborn.ended() == -signal.SIGKILL
    assert not stubborn.running


async def test_a_child_that_was_not_started_can_be_stopped(tmp_path: Path) -> None:
    child = _child(tmp_path, SLEEPER)
    await child.stop()
    assert not child.running


def test_one_stack_per_folder(tmp_path: Path) -> None:
    lock = hold_folder(tmp_path / "data")
    taken = f"already runs on .*data \\(process {os.getpid()}\\)"
    with pytest.raises(CommandFailed, match=taken) as refused:
        hold_folder(tmp_path / "data")
    assert "--data-dir" in str(refused.value.advice)
    os.close(hold_folder(tmp_path / "other"))
    os.close(lock)
    os.close(hold_folder(tmp_path / "data"))


def test_exit_codes_in_words() -> None:
    assert [in_words(code) for code in (0, 3, -9, -99)] == [
        "exit code 0",
        "exit code 3",
        "killed by SIGKILL",
        "killed by signal 99",
    ]


def test_a_private_file_replaces_a_public_one(tmp_path: Path) -> None:
    file = tmp_path / "dev.key"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_the_keeper_imports_the_standard_library_alone() -> None:
    """It lives as long as the stack: a library in it costs its memory for nothing."""
    code = "import sys, munadi.cli.dev.supervisor; print(*(getattr(m, '__file__', '') for m in sys.modules.values()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "munadi/cli/dev/supervisor.py" in done.stdout
    assert "site-packages" not in done.stdout
