"""What a preparation left at a network is removed after a cancel, whatever dies: the network's own lists show it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.points import Passage
from tests.harness.brand import until
from tests.harness.networks import calls, plant
from tests.harness.world import QUICK, World, open_world

# Within the lead of a video, so that it is prepared at once, and late enough not to be published during the test.
SOON = 600.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path, QUICK) as opened:
        yield opened


@dataclass(frozen=True)
class Owner:
    """The owner of the video channel sees private videos. One token, since a new one may end an older one's grant."""

    world: World
    token: str

    @classmethod
    async def of(cls, world: World) -> Owner:
        profile = await world.brand.profile("youtube")
        fresh = await world.sandbox.post(f"/control/profiles/youtube/{profile}/credentials")
        return cls(world, fresh.json()["accessToken"])

    async def _read(self, path: str, **query: str) -> list[dict[str, Any]]:
        headers = {"authorization": f"Bearer {self.token}"}
        answer = await self.world.sandbox.get(f"/youtube/api/youtube/v3/{path}", params=query, headers=headers)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def private_videos(self) -> list[str]:
        """Their titles."""
        (channel,) = await self._read("channels", part="contentDetails", mine="true")
        uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
        listed = await self._read("playlistItems", part="snippet,status", playlistId=uploads)
        return [one["snippet"]["title"] for one in listed if one["status"]["privacyStatus"] == "private"]

    async def sees(self, text: str) -> bool:
        return text in await self.private_videos()

    async def misses(self, text: str) -> bool:
        return not await self.sees(text)

    async def prepared(self, text: str) -> dict[str, Any]:
        """A post whose video is private at the network and waits for its time."""
        content = await self.world.submit("youtube", text, seconds=SOON)
        await until(lambda: self.sees(text))
        return content


async def cancel(world: World, content: dict[str, Any]) -> None:
    answer = await world.api.post(f"/v1/contents/{content['id']}/cancel")
    assert answer.status_code == 200, answer.text


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_a_canceled_video_is_removed_though_the_worker_dies_or_the_network_is_down(world: World) -> None:
    owner = await Owner.of(world)
    stays = await owner.prepared("stays")
    plain = await owner.prepared("plain")
    await cancel(world, plain)
    await until(lambda: owner.misses("plain"))

    killed = await owner.prepared("killed in between")
    before = Passage("worker.discards.take.before")
    death = world.points.plant(before, "kill")
    await cancel(world, killed)
    assert await death.hit() is not None
    assert await owner.sees("killed in between")
    await until(lambda: owner.misses("killed in between"), 60)

    down = await owner.prepared("network down")
    await plant(world.sandbox, "youtube", "delete_video", "error", status=503, times=1)
    await cancel(world, down)
    await until(lambda: owner.misses("network down"), 60)

    assert await owner.private_videos() == ["stays"]
    await world.publish_now(stays)
    await world.brand.published(stays["id"])
    assert len(await world.posts("stays", "youtube")) == 1


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_photos_and_films_of_a_page_are_removed_and_what_is_published_stays(world: World) -> None:
    """A cancel after the preparation; the same Page publishes another post of the same kind before and after."""
    shapes = ("facebook-photo", "facebook-reel")
    first = [await world.submit(shape, f"first {shape}") for shape in shapes]
    for content in first:
        await world.brand.published(content["id"])
    waiting = [await world.submit(shape, f"waiting {shape}", seconds=240) for shape in shapes]
    await until(lambda: _uploads(world, 2))
    for content in waiting:
        await cancel(world, content)
    await until(lambda: _removals(world, {"delete_photo", "delete_video"}))
    for shape in shapes:
        assert len(await world.posts(f"first {shape}", shape)) == 1


async def _effects(world: World) -> list[str]:
    """The operations by which Munadi changed something at Facebook."""
    return [call["operation"] for call in await calls(world.sandbox, "facebook") if call["effect"]]


async def _uploads(world: World, count: int) -> bool:
    made = await _effects(world)
    return made.count("upload_photo") == count and made.count("upload_reel") == count


async def _removals(world: World, wanted: set[str]) -> bool:
    return {operation for operation in await _effects(world) if operation.startswith("delete")} == wanted
