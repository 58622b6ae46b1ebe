"""Many posts are due in one second: none is early, lost or doubled. The network measures how late they are."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.evidence import prove
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, spread
from tests.harness.world import open_plain

# The rate at which posts are accepted and checked before the common due time, at least.
PREPARED_PER_SECOND = 12.0
LARGE = [pytest.mark.soak, pytest.mark.timeout(1200)]


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(40, marks=pytest.mark.faults),
        pytest.param(500, marks=LARGE),
        pytest.param(1000, marks=LARGE),
    ],
)
async def test_posts_due_in_one_second_are_published_once_and_never_early(tmp_path: Path, count: int) -> None:
    """Lateness is by the network's own receipt. Munadi's is the start of the call: never negative, never more."""
    failures: list[str] = []
    lateness: list[float] = []
    async with open_plain(tmp_path) as world:
        begin = float(int(time.time() + 4 + count / PREPARED_PER_SECOND))
        dues = {f"burst {n}": round(begin + n / count, 3) for n in range(count)}
        made = await world.brand.submit_all(dues)
        assert time.time() < begin, f"{count} posts were not accepted before their time; give them more"
        contents = await world.brand.all_ended(60 + count / 5)
        posts = await posts_by_text(world.sandbox)
    for text, due in dues.items():
        content = contents[made[text]["id"]]
        late = [round((epoch(post["createdAt"]) - due) * 1000) for post in posts[text]]
        lateness += [each / 1000 for each in late]
        if content["status"] != "published" or len(late) != 1 or min(late) < 0:
            failures.append(f"{text} ({content['id']}): {content['status']}, {len(late)} posts, {late} ms late")
        own = content["publications"][0]["latenessMs"]
        # The due time and the receipt are in whole milliseconds, each cut off.
        failures += [f"{text}: latenessMs {own}, {each} at the network" for each in late if not 0 <= own <= each + 2]
    measured = spread(lateness)
    proof = f"{count} posts due in one second"
    prove("11", proof, trials=count, failures=failures, measured=measured, large=count > 40)
