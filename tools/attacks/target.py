"""The stack under attack: `munadi dev` of a checkout, in a temporary folder, with the sandbox."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from tests.harness.networks import remove_quotas
from tests.harness.stack import Stack
from tools.attacks.names import Names

START_WITHIN, STOP_WITHIN = 180.0, 70.0


class Target(Stack):
    """Started by `start`; `remove` ends it, and leaves nothing behind."""

    def __init__(self, checkout: Path, env: Mapping[str, str] | None = None, names: Names | None = None) -> None:
        """`env` are further settings; with `names`, only that server resolves names for the stack."""
        self._temporary = tempfile.TemporaryDirectory(prefix="munadi-attack-", ignore_cleanup_errors=True)
        munadi = checkout / ".venv" / "bin" / "munadi"
        all_env = {"PYTHONPATH": "", **(env or {})}
        if names is not None:
            munadi, all_env = names.program(munadi), {**all_env, **names.env}
        super().__init__(Path(self._temporary.name), all_env, munadi=munadi)

    def start(self, within: float = START_WITHIN) -> Self:
        """Return when every part is ready."""
        self.process.log.unlink(missing_ok=True)
        return super().start(within)

    def end(self) -> bool:
        """Stop the processes as a user would; whether they ended by themselves in time."""
        code = self.process.terminate(STOP_WITHIN, first=signal.SIGINT)
        left = self.process.left_behind()
        for found in left:
            found.kill()
        return code == 0 and not left

    def remove(self) -> None:
        """End everything and remove the folder."""
        self.end()
        self._temporary.cleanup()

    def seed(self, change: Callable[[Path], None]) -> None:
        """Change SQLite's file while nothing runs."""
        self.end()
        change(self.data / "munadi.db")
        self.start()

    def attacked(self) -> dict[str, int]:
        """The process ids of the API and the worker now; without one that is being replaced."""
        try:
            found = self.pids
        except (OSError, ValueError, KeyError):
            return {}
        return {name: found[name] for name in ("api", "worker") if found.get(name)}

    async def prepare(self) -> None:
        """Networks that count nothing and answer at once, so that only Munadi is measured."""
        async with self.sandbox() as sandbox:
            await remove_quotas(sandbox)
