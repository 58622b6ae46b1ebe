"""All six networks over real processes: one image, one video, and slow processing that must not make a post late."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.stack import Brand, Stack, clip, picture

SIX = ("instagram", "threads", "facebook", "bluesky", "tiktok", "youtube")
TIKTOK = {"channel": "tiktok", "options": {"privacyLevel": "PUBLIC_TO_EVERYONE"}}
YOUTUBE = {"channel": "youtube", "options": {"title": "A clip", "madeForKids": False}}
SLOW = 60


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("six")).start()
    yield running
    assert running.stop() == 0


async def upload(api: httpx.AsyncClient, content: bytes, name: str, kind: str) -> dict[str, Any]:
    answer = await api.post("/v1/media", files={"file": (name, content, kind)}, data={"brandRef": "six"})
    assert answer.status_code == 201, answer.text
    return {"id": answer.json()["id"]}


async def with_ids(brand: Brand, content: dict[str, Any]) -> dict[str, Any]:
    """A photo at TikTok is live before it has an id: later looks fill it in."""
    for _ in range(240):
        if all(publication["providerPostId"] for publication in content["publications"]):
            break
        await asyncio.sleep(0.5)
        content = (await brand.api.get(f"/v1/contents/{content['id']}")).json()
    return content


async def check_each(brand: Brand, content: dict[str, Any]) -> None:
    """Published, once, with id and URL, and on time: the networks' own lists say so."""
    for publication in content["publications"]:
        channel = publication["channel"]
        assert publication["status"] == "published", publication
        assert publication["providerPostId"], publication
        assert publication["providerUrl"].startswith("http"), publication
        assert 0 <= publication["latenessMs"] <= 1500, (channel, publication["latenessMs"])
        listed = await brand.sandbox.get("/control/posts", params={"channel": channel})
        rows = listed.json()
        ids = [row["id"] for row in (rows if isinstance(rows, list) else rows["posts"])]
        assert ids.count(publication["providerPostId"]) == 1, (channel, ids)


@pytest.mark.timeout(420)  # a minute of processing before the slot, and TikTok's minute after it
async def test_an_image_and_a_video_to_all_six_on_time_with_a_minute_of_processing(six: Stack) -> None:
    """One image (a video where nothing else is taken), one video, and a reel, a TikTok and a YouTube video more.

    The networks take a minute to process a video; all is done before the slot, and only the visible call is left.
    """
    async with six.client() as api, six.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "six", *SIX)
        for channel, kind in (("instagram", "reel"), ("tiktok", "processing"), ("youtube", "processing")):
            delay = {"channel": channel, "kind": kind, "seconds": SLOW}
            assert (await sandbox.put("/control/delays", json=delay)).status_code < 300
        image = await upload(api, picture(), "a.jpg", "image/jpeg")
        videos = [await upload(api, clip(seconds), f"{seconds}.mp4", "video/mp4") for seconds in (4, 5, 6)]
        four = ["instagram", "threads", "facebook", "bluesky"]
        submitted = [
            await brand.submit(
                "Monsoon sale starts today",
                seconds=SLOW + 40,
                media=[image],
                channels=[*four, TIKTOK, {**YOUTUBE, "media": [videos[0]]}],
            ),
            await brand.submit(
                "Behind the scenes", seconds=SLOW + 42, media=[videos[1]], channels=[*four, TIKTOK, YOUTUBE]
            ),
            await brand.submit(
                "Slow to process", seconds=SLOW + 44, media=[videos[2]], channels=["instagram", TIKTOK, YOUTUBE]
            ),
        ]
        for content, count in zip(submitted, (6, 6, 3), strict=True):
            ended = await with_ids(brand, await brand.ended(content["id"], 240))
            assert len(ended["publications"]) == count
            await check_each(brand, ended)
