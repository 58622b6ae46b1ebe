"""Plant failpoints (tests/faults/failpoints.py) in the processes of a stack, and read which ones a post passes."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Passage:
    """One passage of a failpoint by a post: the `skip`-th after the first of that name."""

    name: str
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.name}#{self.skip + 1}" if self.skip else self.name


@dataclass(frozen=True)
class Plant:
    """One planted fault: a file that the process it hits renames."""

    file: Path

    def hit_at(self) -> float | None:
        """When (seconds since the epoch) a process was hit; None as long as none was."""
        hit = self._hit()
        return hit.stat().st_ctime if hit else None

    def pid(self) -> int | None:
        """Which process was hit."""
        hit = self._hit()
        return int(hit.suffixes[-2][1:]) if hit else None

    def _hit(self) -> Path | None:
        return next(self.file.parent.glob(f"{self.file.stem}.*.hit"), None)

    async def hit(self, within: float = 30) -> float | None:
        """Wait for it; None when no process passed in time."""
        deadline = time.monotonic() + within
        while self.hit_at() is None and time.monotonic() < deadline:  # noqa: ASYNC110 - a file of another process
            await asyncio.sleep(0.02)
        return self.hit_at()

    def remove(self) -> None:
        """Remove it if no process passed."""
        self.file.unlink(missing_ok=True)


class Points:
    """The folder that the stack's processes watch (MUNADI_FAILPOINTS)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def setting(self) -> str:
        """The value of MUNADI_FAILPOINTS."""
        return f"tests.faults.failpoints:{self.folder}"

    def plant(
        self, passage: Passage, action: str, subjects: Collection[str] = (), *, seconds: float | None = None
    ) -> Plant:
        """Let the process that passes there for one of `subjects` kill, pause, stall or stumble."""
        place = self.folder / passage.name
        place.mkdir(exist_ok=True)
        name = uuid.uuid4().hex
        plan = {"action": action, "subjects": list(subjects), "skip": passage.skip, "seconds": seconds}
        fresh = place / f"{name}.new"
        fresh.write_text(json.dumps(plan))
        return Plant(fresh.rename(place / f"{name}.json"))

    def record(self, on: bool) -> None:
        """Record every passage, or stop."""
        if on:
            (self.folder / "hits.log").unlink(missing_ok=True)
            (self.folder / "record").touch()
        else:
            (self.folder / "record").unlink(missing_ok=True)

    def passages(self, subjects: Collection[str]) -> list[Passage]:
        """What was recorded for one of `subjects`, in order."""
        return _in_turn(name for name, whom in self._recorded() if whom & set(subjects))

    def every(self) -> list[Passage]:
        """Everything that was recorded, in order: for a process that does one thing only."""
        return _in_turn(name for name, _ in self._recorded())

    def _recorded(self) -> Iterator[tuple[str, set[str]]]:
        for line in (self.folder / "hits.log").read_text().splitlines():
            name, *whom = line.split()
            yield name, {*whom}


def _in_turn(names: Iterable[str]) -> list[Passage]:
    seen: Counter[str] = Counter()
    found: list[Passage] = []
    for name in names:
        found.append(Passage(name, seen[name]))
        seen[name] += 1
    return found
