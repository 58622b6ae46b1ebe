"""The contract of `discard`: an unused preparation ends as the channel's spec says."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from munadi.domain.channel import Leftovers
from munadi.domain.publication import Preparation
from tests.channels.contract import Scene
from tests.channels.leftovers import ASKED, LEFTOVERS, Leftover
from tests.channels.making import bench, error_of
from tests.channels.network import Network, answer
from tests.channels.scenes import SCENES, scenes

leftovers = pytest.mark.parametrize("left", LEFTOVERS.values(), ids=LEFTOVERS)


async def discard(left: Leftover, script: Callable[[Network], object]) -> list[bool]:
    """Discard at a network that `script` sets up. For each mutation it says whether that is the removal."""
    scene = SCENES[left.name]
    built = bench(left.name, scene.settings)
    script(built.network)
    await built.channel.discard(scene.account, left.handle)
    method, path = left.removal
    return [request.method == method and request.url.path.endswith(path) for request in built.network.mutations]


def test_every_channel_that_removes_has_a_leftover() -> None:
    removing = {name for name in SCENES if bench(name).channel.spec.leftovers is Leftovers.REMOVED}
    assert removing == {left.name for left in LEFTOVERS.values()}


@scenes
async def test_discard_calls_nothing_where_the_network_drops_leftovers(scene: Scene) -> None:
    built = bench(scene.name, scene.settings)
    if built.channel.spec.leftovers is not Leftovers.REMOVED:
        await built.channel.discard(scene.account, scene.handle or Preparation(draft_version=1))
    await built.channel.discard(scene.account, Preparation(draft_version=1))
    assert built.network.requests == []


@leftovers
async def test_a_leftover_that_was_never_visible_is_removed(left: Leftover) -> None:
    assert await discard(left, left.unused) == [True]


@leftovers
async def test_a_leftover_that_no_longer_exists_is_no_error(left: Leftover) -> None:
    assert await discard(left, left.gone) in ([], [True])  # some networks show by a read that it is gone


@leftovers
async def test_a_post_that_is_or_may_be_visible_stays(left: Leftover) -> None:
    assert await discard(left, left.seen) == ([True] if left.name in ASKED else [])


@leftovers
@pytest.mark.parametrize("down", [answer(503, "<html>down</html>"), httpx.ReadTimeout("slow")], ids=["503", "timeout"])
async def test_an_outage_raises_so_that_discard_is_repeated(left: Leftover, down: httpx.Response | Exception) -> None:
    await error_of(
        discard(left, lambda network: [network.on(method, "", down) for method in ("GET", "POST", "DELETE")])
    )
