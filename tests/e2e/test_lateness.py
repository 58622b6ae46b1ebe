"""`latenessMs` ends with the first byte of the visible call: the network's own times of arrival confirm it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.faults.points import Passage
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, rank
from tests.harness.world import World, open_plain, open_world

POSTS = 50
# Milliseconds between the first byte and the network's record of it: half of them, and those that wait for a processor
# that the worker and the network share with other tests.
APART, AT_MOST = 20, 60


async def apart(world: World, due: float, made: dict[str, str]) -> list[int]:
    """Milliseconds from the end of each post's `latenessMs` to the network's record of it. `made`: ids by text."""
    contents = await world.brand.all_ended(60)
    posts = await posts_by_text(world.sandbox)
    found = []
    for text, content_id in made.items():
        [post] = posts[text]
        [publication] = contents[content_id]["publications"]
        found.append(round((epoch(post["createdAt"]) - due) * 1000) - publication["latenessMs"])
    return sorted(found)


async def test_fifty_posts_due_at_once_are_as_late_as_the_network_says(tmp_path: Path) -> None:
    async with open_plain(tmp_path) as world:
        await world.brand.published((await world.brand.submit("the first post loads what the others use"))["id"])
        due = float(int(time.time() + 8))
        made = await world.brand.submit_all({f"at once {n}": due for n in range(POSTS)})
        assert time.time() < due, "not accepted before their time; give them more"
        found = await apart(world, due, {text: content["id"] for text, content in made.items()})
    assert found[0] >= -1, "the network had it before it began; both times are rounded"
    assert rank(found, 0.5) <= APART, found
    assert rank(found, 0.9) <= AT_MOST, found


async def test_a_worker_that_loses_time_after_the_intent_adds_it(tmp_path: Path) -> None:
    lost = 700
    async with open_world(tmp_path, channels=("bluesky",)) as world:
        due = float(int(time.time() + 4))
        text = "held up between the intent and the call"
        made = (await world.brand.submit_all({text: due}))[text]
        [publication] = made["publications"]
        place = Passage("worker.channel.bluesky.publish.gate.before")
        plant = world.points.plant(place, "stall", [publication["id"]], seconds=lost / 1000)
        [found] = await apart(world, due, {text: made["id"]})
        shown = (await world.brand.content(made["id"]))["publications"][0]["latenessMs"]
    assert plant.hit_at() is not None
    assert lost <= shown
    assert -1 <= found <= AT_MOST
