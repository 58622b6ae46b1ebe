"""A live post is edited while its worker is killed, or the network's answer is lost or an error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.evidence import two_sizes
from tests.faults.live import kills, live_post, plans, planted_at, prove_all, settled, trouble_of
from tests.faults.trials import in_batches
from tests.harness.world import QUICK, World, channel_of, open_world

SEED = 20261203
# What is published and edited, and the operation of its network that changes it.
EDITS = {
    "discord-text": "edit_message",
    "facebook": "edit_post",
    "google_business-text": "edit_post",
    "linkedin-text": "edit_post",
    "mastodon-text": "edit_status",
    "pinterest": "edit_pin",
    "telegram-text": "editMessageText",
    "youtube": "update_video",
}
KILLS = kills("edits", "edit")


@dataclass
class Edit:
    """One trial: what was edited, what went wrong at it, and what the network and Munadi say at the end."""

    shape: str
    fault: str
    came: bool = True
    status: str = "never edited"
    has_new: int = 0
    has_old: int = 0
    others: int = 0
    problem: str = ""

    @property
    def broken(self) -> str:
        """The broken promise as text; empty where all are kept."""
        if self.problem:
            return f"{self}: {self.problem}"
        if self.status == "edited" and not self.has_new:
            return f"{self}: reported as edited, and it is not"
        if self.status == "refused" and self.has_new:
            return f"{self}: reported as refused, and it is edited"
        if self.others != 1 or self.has_new + self.has_old != 1:
            return f"{self}: another post was changed, or there is one more"
        return "" if self.status == "edited" else f"{self}: it ended as {self.status}"

    def __str__(self) -> str:
        return f"{self.shape}, {self.fault}"


async def trial(world: World, number: int, shape: str, fault: str) -> Edit:
    """Publish two posts in a brand of their own, edit one with that fault, and read the network."""
    found, channel = Edit(shape, fault), channel_of(shape)
    try:
        world = await world.another_brand(f"edit-{number}", channel)
        other, content = [await live_post(world, shape, f"it {word} {number} {shape}") for word in ("stays", "was")]
        stays, before, after = other["text"], content["text"], f"it is now {number} {shape}"
        planted = await planted_at(world, shape, fault, EDITS[shape], content)
        (publication,) = content["publications"]
        change = {"text": after} | ({"title": after} if channel == "youtube" else {})
        answer = await world.api.post(f"/v1/publications/{publication['id']}/edit", json=change)
        assert answer.status_code == 202, answer.text
        found.status = await edit_of(world, content["id"])
        found.came = await planted()
        found.has_new, found.has_old, found.others = [
            len(await world.posts(text, shape)) for text in (after, before, stays)
        ]
    except Exception as error:
        found.problem = trouble_of(error)
    return found


async def edit_of(world: World, content_id: str) -> str:
    """How an edit ended, or how far it is after some time."""
    return await settled(world, content_id, _status, ("editing", "unconfirmed"))


def _status(publication: dict[str, Any]) -> str:
    return str(publication["edits"][-1]["status"])


@two_sizes(timeout=3600)
async def test_a_post_is_edited_for_certain_and_no_other(tmp_path: Path, large: bool) -> None:
    planned = plans(EDITS, KILLS, SEED, large=large)
    async with open_world(tmp_path, QUICK) as world:
        trials = await in_batches(planned, lambda plan: trial(world, plan[0], *plan[1]), at_once=4 if large else 6)
    prove_all("34", "live posts edited: worker killed at each step, answers lost, errors", trials, SEED, large=large)
