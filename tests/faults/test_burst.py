"""Many posts are due in one second: none is early, lost or doubled. The network measures how late they are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.evidence import prove
from tests.faults.plain import create_all, open_plain, posts_by_text, spread
from tests.faults.world import World

SECOND = 1.0
# So many contents a second are accepted and looked at, at least, before the common due time.
PREPARED_PER_SECOND = 12.0


@dataclass(frozen=True)
class Burst:
    """The result of posts that were due within one second."""

    failures: list[str]
    lateness: list[float]

    @property
    def measured(self) -> dict[str, str]:
        return spread(self.lateness)


async def burst(world: World, count: int, name: str) -> Burst:
    """`count` posts, spread evenly over one second; milliseconds of lateness by the network's own receipt."""
    begin = float(int(time.time() + 4 + count / PREPARED_PER_SECOND))
    dues = {f"{name} {n}": round(begin + n * SECOND / count, 3) for n in range(count)}
    made = await create_all(world.brand, dues)
    assert time.time() < begin, f"{count} contents were not accepted before their time; give them more"
    contents = await world.brand.all_ended(60 + count / 5)
    posts = await posts_by_text(world.sandbox)
    failures: list[str] = []
    lateness: list[float] = []
    for text, due in dues.items():
        content, shown = contents[made[text]["id"]], posts[text]
        late = [_milliseconds(post["createdAt"]) - round(due * 1000) for post in shown]
        lateness += late
        if content["status"] != "published" or len(shown) != 1 or min(late) < 0:
            failures.append(f"{text} ({content['id']}): {content['status']}, {len(shown)} posts, {late} ms late")
        failures += _wrong_lateness(content, late)
    return Burst(failures, lateness)


def _wrong_lateness(content: dict[str, Any], late: list[float]) -> list[str]:
    """The API's own lateness is the start of the call, so never more than what the network saw, and never negative."""
    told = content["publications"][0]["latenessMs"]
    # The due time and the receipt are told in whole milliseconds, each cut off.
    return [f"{content['id']}: latenessMs {told}, {one} at the network" for one in late if not 0 <= told <= one + 2]


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


@pytest.mark.faults
async def test_forty_posts_due_in_one_second(tmp_path: Path) -> None:
    async with open_plain(tmp_path) as world:
        found = await burst(world, 40, "burst")
    print(found.measured)
    assert found.failures == []


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("count", [500, 1000])
async def test_hundreds_of_posts_due_in_one_second(tmp_path: Path, count: int) -> None:
    async with open_plain(tmp_path) as world:
        found = await burst(world, count, "burst")
    prove("11", f"{count} posts due in one second", trials=count, failures=found.failures, measured=found.measured)
