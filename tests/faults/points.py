"""Planting failpoints (munadi/failpoints.py) in the processes of a stack, and learning which ones a story passes."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Passage:
    """One passage of a failpoint in a story: the `skip`-th after the first of that name."""

    name: str
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.name}#{self.skip + 1}" if self.skip else self.name


class Points:
    """The folder that the stack's processes watch (MUNADI_FAILPOINTS)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def plant(
        self, passage: Passage, action: str, subjects: Collection[str] = (), *, seconds: float | None = None
    ) -> None:
        """Let the process that passes there for one of `subjects` kill, pause, stall or stumble."""
        (self.folder / f"{passage.name}.hit").unlink(missing_ok=True)
        plan = {"action": action, "subjects": list(subjects), "skip": passage.skip, "seconds": seconds}
        fresh = self.folder / f"{passage.name}.new"
        fresh.write_text(json.dumps(plan))
        fresh.rename(self.folder / passage.name)

    async def hit(self, passage: Passage, within: float = 30) -> float | None:
        """When (seconds since the epoch) somebody was hit there; None when nobody passed in time."""
        mark = self.folder / f"{passage.name}.hit"
        deadline = time.monotonic() + within
        while not mark.exists():
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(0.02)
        return mark.stat().st_ctime

    def clear(self) -> None:
        """Take away what nobody passed."""
        for file in self.folder.iterdir():
            if file.name not in ("record", "hits.log"):
                file.unlink(missing_ok=True)

    def record(self, on: bool) -> None:
        """Write down every passage, or stop."""
        if on:
            (self.folder / "hits.log").unlink(missing_ok=True)
            (self.folder / "record").touch()
        else:
            (self.folder / "record").unlink(missing_ok=True)

    def passages(self, subjects: Collection[str]) -> list[Passage]:
        """What was recorded for one of `subjects`, in order."""
        seen: Counter[str] = Counter()
        found: list[Passage] = []
        for line in (self.folder / "hits.log").read_text().splitlines():
            name, *whom = line.split()
            if set(whom) & set(subjects):
                found.append(Passage(name, seen[name]))
                seen[name] += 1
        return found
