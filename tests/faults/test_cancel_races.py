"""Row 9: a cancel meets the due time. 200 means that nothing is ever shown, 409 that exactly one post is."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.evidence import keep
from tests.faults.plain import all_ended, instant, open_plain, posts_by_text
from tests.faults.world import World

SEED = 20261126
RACES = 1000
WITHIN = 0.05
LEAD = 2.5
PER_SECOND = 3.0


@dataclass
class Race:
    """One content, due at `due` and canceled `offset` seconds after it; both as Unix times in seconds."""

    text: str
    due: float
    offset: float
    content_id: str = ""
    answer: int = 0
    code: str | None = None
    status: str = ""
    lateness: float | None = None
    posts: tuple[str, ...] = ()

    async def run(self, world: World) -> None:
        """Submit it in time, cancel it at the moment."""
        await _until(self.due - LEAD)
        accepted = await world.brand.submit(self.text, scheduledAt=instant(self.due))
        self.content_id = accepted["id"]
        await _until(self.due + self.offset)
        answer = await world.api.post(f"/v1/contents/{self.content_id}/cancel")
        self.answer, self.code = answer.status_code, answer.json().get("code")

    def judge(self, content: dict[str, Any], posts: list[dict[str, Any]]) -> None:
        """What the API and the network say in the end."""
        self.status, self.posts = content["status"], tuple(post["id"] for post in posts)
        self.lateness = content["publications"][0]["latenessMs"]

    def verdict(self) -> str | None:
        """What promise was broken, or None."""
        match self.answer, self.status, len(self.posts):
            case (200, "canceled", 0) | (409, "published", 1):
                return None if self.code in (None, "TOO_LATE") else f"refused with {self.code}"
        return (
            f"{self.text} ({self.content_id}), canceled {self.offset * 1000:+.0f} ms from its time: "
            f"answered {self.answer} {self.code}, is {self.status}, at the network: {self.posts}"
        )


async def race_all(world: World, count: int, dice: random.Random, name: str, per_second: float) -> list[Race]:
    """So many races at that rate; their times meet now and then."""
    begin = time.time() + LEAD + 1
    races = [
        Race(f"{name} {n}", begin + dice.uniform(0, count / per_second), dice.uniform(-WITHIN, WITHIN))
        for n in range(count)
    ]
    await asyncio.gather(*(race.run(world) for race in races))
    contents, posts = await all_ended(world.brand, 60), await posts_by_text(world)
    for race in races:
        race.judge(contents[race.content_id], posts[race.text])
    return races


def told(races: list[Race]) -> dict[str, Any]:
    """How the races ended."""
    answers = Counter(race.answer for race in races)
    late = [race.lateness for race in races if race.lateness is not None]
    published = {"lateness of the published p50": f"{statistics.median(late):.0f} ms"} if late else {}
    return {"canceled": answers[200], "too late": answers[409], **published}


def broken(races: list[Race]) -> list[str]:
    return [word for race in races if (word := race.verdict())]


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_plain(tmp_path) as opened:
        yield opened


async def test_a_cancel_at_the_due_time_wins_or_loses_and_says_which(world: World) -> None:
    races = await race_all(world, 40, random.Random(SEED), "race", per_second=5)
    print(told(races))
    assert broken(races) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_a_thousand_cancels_at_the_due_time(tmp_path: Path, create_database: Callable[[], str]) -> None:
    found, dice = [], random.Random(SEED)
    async with (
        open_plain(tmp_path / "sqlite") as small,
        open_plain(tmp_path / "postgresql", {"MUNADI_DATABASE_URL": create_database()}) as large,
    ):
        half = RACES // 2
        found = await asyncio.gather(
            race_all(small, half, dice, "sqlite", PER_SECOND), race_all(large, half, dice, "postgresql", PER_SECOND)
        )
    races = [race for part in found for race in part]
    keep(
        "9",
        "cancel within 50 ms of the due time, both databases",
        trials=len(races),
        failures=broken(races),
        seed=SEED,
        measured=told(races),
    )
    assert broken(races) == []
