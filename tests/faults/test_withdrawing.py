"""A live post is taken back while its worker is killed, or the network's answer is lost or an error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.evidence import two_sizes
from tests.faults.live import kills, live_post, plans, planted_at, prove_all, settled, trouble_of
from tests.faults.trials import in_batches
from tests.harness.world import QUICK, World, channel_of, open_world

SEED = 20261202
# What is published and taken back, and the operation of its network that removes it.
REMOVALS = {
    "bluesky": "com.atproto.repo.deleteRecord",
    "discord-text": "delete_message",
    "nostr-text": "delete_note",
    "facebook": "delete_post",
    "google_business-text": "delete_post",
    "instagram": "delete_media",
    "linkedin-text": "delete_post",
    "mastodon-text": "delete_status",
    "pinterest": "delete_pin",
    "telegram-text": "deleteMessage",
    "threads-text": "delete_post",
    "x-text": "delete_post",
    "youtube": "delete_video",
}
# Only an account that is connected through a Page may remove its posts.
LOGINS = {"instagram": "facebook"}
KILLS = kills("withdrawals", "withdraw")


@dataclass
class Removal:
    """One trial: what was taken back, what went wrong at it, and what the network and Munadi say at the end."""

    shape: str
    fault: str
    came: bool = True
    status: str = "never withdrawn"
    is_up: bool | None = None
    other_is_up: bool | None = None
    problem: str = ""

    @property
    def broken(self) -> str:
        """The broken promise as text; empty where all are kept."""
        if self.problem:
            return f"{self}: {self.problem}"
        if self.status == "withdrawn" and self.is_up:
            return f"{self}: reported as withdrawn, and it is there"
        if self.status == "refused" and not self.is_up:
            return f"{self}: reported as refused, and it is gone"
        if not self.other_is_up:
            return f"{self}: another post is gone"
        return "" if self.status == "withdrawn" else f"{self}: it ended as {self.status}"

    def __str__(self) -> str:
        return f"{self.shape}, {self.fault}"


async def trial(world: World, number: int, shape: str, fault: str) -> Removal:
    """Publish two posts in a brand of their own, take one back with that fault, and read the network."""
    found, channel = Removal(shape, fault), channel_of(shape)
    try:
        world = await world.another_brand(f"withdraw-{number}", channel, login=LOGINS.get(channel))
        other, content = [await live_post(world, shape, f"it {word} {number} {shape}") for word in ("stays", "goes")]
        stays, goes = other["text"], content["text"]
        planted = await planted_at(world, shape, fault, REMOVALS[shape], content)
        answer = await world.api.post(f"/v1/contents/{content['id']}/withdraw")
        assert answer.status_code == 202, answer.text
        found.status = await withdrawal_of(world, content["id"])
        found.came = await planted()
        found.is_up, found.other_is_up = [bool(await world.posts(text, shape)) for text in (goes, stays)]
    except Exception as error:
        found.problem = trouble_of(error)
    return found


async def withdrawal_of(world: World, content_id: str) -> str:
    """How a withdrawal ended, or how far it is after some time."""
    return await settled(world, content_id, _status, ("withdrawing", "unconfirmed"))


def _status(publication: dict[str, Any]) -> str:
    return str(publication["withdrawal"]["status"])


@two_sizes(timeout=3600)
async def test_a_post_is_withdrawn_for_certain_and_no_other(tmp_path: Path, large: bool) -> None:
    planned = plans(REMOVALS, KILLS, SEED, large=large)
    scopes = {f"MUNADI_CHANNELS__{name}__WITHDRAWALS": "true" for name in ("INSTAGRAM", "THREADS")}
    async with open_world(tmp_path, {**QUICK, **scopes}) as world:
        trials = await in_batches(planned, lambda plan: trial(world, plan[0], *plan[1]), at_once=4 if large else 6)
    prove_all("33", "live posts withdrawn: worker killed at each step, answers lost, errors", trials, SEED, large=large)
