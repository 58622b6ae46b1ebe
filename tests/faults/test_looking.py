"""A published post disappears or is hidden at its network while the worker that looks at it is killed: it is reported
once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from munadi.publishing.watches import LEASE
from tests.faults.points import Passage
from tests.harness.brand import until
from tests.harness.inbox import Inbox
from tests.harness.world import QUICK, World, open_world

# A look whose worker died is taken over after two minutes.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

# Ages so near that a test can wait for them: every five seconds for a minute, and two equal answers two seconds apart.
SOON = {
    "MUNADI_LOOKS__AFTER": json.dumps([f"PT{seconds}S" for seconds in range(5, 65, 5)]),
    "MUNADI_LOOKS__APART": "2",
    "MUNADI_LOOKS__INTERVAL": "0.3",
}
PATIENCE = LEASE.total_seconds() + 60


async def change(world: World, publication: dict[str, Any], control: str, way: str | None = None) -> None:
    """Let something happen to a published post at its network."""
    body = {"channel": publication["channel"], "post": publication["providerPostId"], "control": control}
    answer = await world.sandbox.post("/control/changes", json=body | ({"way": way} if way else {}))
    assert answer.is_success, answer.text


async def liveness(world: World, content_id: str) -> dict[str, Any]:
    """What looks showed of a post's only publication; empty before the first."""
    (publication,) = (await world.brand.content(content_id))["publications"]
    return dict(publication["liveness"] or {})


async def is_known(world: World, content_id: str, verdict: str) -> None:
    """Wait until looks have shown this."""

    async def known() -> bool:
        return (await liveness(world, content_id)).get("verdict") == verdict

    await until(known, PATIENCE)


async def seen_live(world: World, shape: str) -> dict[str, Any]:
    """A published post that looks have shown to be there."""
    content = await world.brand.published((await world.submit(shape, f"it stays, {shape}"))["id"])
    await is_known(world, content["id"], "live")
    return content


async def vanishes(world: World, inbox: Inbox, shape: str, killed_at: Passage) -> None:
    """Delete a post at its network, and kill the worker at that point of a look at it."""
    content = await seen_live(world, shape)
    (publication,) = content["publications"]
    await change(world, publication, "delete")
    plant = world.points.plant(killed_at, "kill")
    assert await plant.hit(), f"no look passed {killed_at}"
    await is_known(world, content["id"], "gone")
    await until(lambda: _arrived(inbox, content["id"], "content.publish.vanished"), PATIENCE)
    await asyncio.sleep(5)
    types = inbox.of(content["id"])
    assert types.count("content.publish.vanished") == 1
    assert types.count("content.completed") == 1
    assert (await liveness(world, content["id"]))["nextLookAt"] is None
    assert await world.posts(f"it stays, {shape}", shape) == [], "nothing is published again"


async def _arrived(inbox: Inbox, content_id: str, kind: str) -> bool:
    return kind in inbox.of(content_id)


async def test_a_post_that_vanishes_is_reported_once_though_its_worker_is_killed(tmp_path: Path) -> None:
    async with open_world(tmp_path, QUICK | SOON, channels=("bluesky", "mastodon", "x")) as world:
        async with Inbox().listening(world.api, brandRef=world.brand.ref) as inbox:
            # The second answer is committed with its report; the first one is about to be.
            await vanishes(world, inbox, "bluesky", Passage("worker.watches.record.after", skip=1))
            await vanishes(world, inbox, "mastodon-text", Passage("worker.watches.record.before"))
            await x_is_left_alone(world)
        assert inbox.failures == []


async def x_is_left_alone(world: World) -> None:
    """A look at X costs money, so there is none unless a setting names X."""
    content = await world.brand.published((await world.submit("x-text", "not looked at"))["id"])
    await asyncio.sleep(8)
    assert await liveness(world, content["id"]) == {}


async def test_a_post_that_is_hidden_and_shown_again_is_reported_each_time(tmp_path: Path) -> None:
    async with open_world(tmp_path, QUICK | SOON, channels=("facebook",), failpoints=False) as world:
        async with Inbox().listening(world.api, brandRef=world.brand.ref) as inbox:
            content = await seen_live(world, "facebook")
            (publication,) = content["publications"]
            await change(world, publication, "hide", "hidden")
            await is_known(world, content["id"], "limited")
            await change(world, publication, "restore")
            await is_known(world, content["id"], "live")
            await until(lambda: _arrived(inbox, content["id"], "content.publish.restored"))
            found = [kind for kind in inbox.of(content["id"]) if kind.endswith((".limited", ".restored", ".vanished"))]
            assert found == ["content.publish.limited", "content.publish.restored"]
        assert inbox.failures == []
