"""All six networks over real processes: one image, one video, and slow processing that must not make a post late."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
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


@pytest.fixture
async def api(six: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with six.client() as client:
        yield client


@pytest.fixture
async def brand(six: Stack, api: httpx.AsyncClient) -> AsyncIterator[Brand]:
    async with six.sandbox() as sandbox:
        if (await api.get("/v1/brands/six")).status_code == 404:
            yield await Brand.create(api, sandbox, "six", *SIX)
        else:
            yield Brand(api, sandbox, "six")


async def upload(api: httpx.AsyncClient, content: bytes, name: str, kind: str) -> dict[str, Any]:
    answer = await api.post("/v1/media", files={"file": (name, content, kind)}, data={"brandRef": "six"})
    assert answer.status_code == 201, answer.text
    return {"id": answer.json()["id"]}


async def check_each(brand: Brand, content: dict[str, Any], limit_ms: int) -> None:
    """Published everywhere, once, with id and URL, and on time: the networks' own lists say so."""
    for publication in content["publications"]:
        channel = publication["channel"]
        assert publication["status"] == "published", publication
        assert publication["providerPostId"], publication
        assert publication["providerUrl"].startswith("http"), publication
        assert 0 <= publication["latenessMs"] < limit_ms, (channel, publication["latenessMs"])
        listed = await brand.sandbox.get("/control/posts", params={"channel": channel})
        rows = listed.json()
        ids = [row["id"] for row in (rows if isinstance(rows, list) else rows["posts"])]
        assert ids.count(publication["providerPostId"]) == 1, (channel, ids)
    assert len(content["publications"]) == len(SIX)


async def test_an_image_goes_to_all_six_a_video_where_nothing_else_is_taken(
    api: httpx.AsyncClient, brand: Brand
) -> None:
    image = await upload(api, picture(), "a.jpg", "image/jpeg")
    video = await upload(api, clip(), "a.mp4", "video/mp4")
    accepted = await brand.submit(
        "Monsoon sale starts today",
        seconds=25,
        media=[image],
        channels=["instagram", "threads", "facebook", "bluesky", TIKTOK, {**YOUTUBE, "media": [video]}],
    )
    await check_each(brand, await brand.ended(accepted["id"], 90), 1500)


async def test_a_video_goes_to_all_six(api: httpx.AsyncClient, brand: Brand) -> None:
    video = await upload(api, clip(5), "b.mp4", "video/mp4")
    accepted = await brand.submit(
        "Behind the scenes",
        seconds=25,
        media=[video],
        channels=["instagram", "threads", "facebook", "bluesky", TIKTOK, YOUTUBE],
    )
    await check_each(brand, await brand.ended(accepted["id"], 90), 1500)


async def test_a_minute_of_processing_makes_no_post_late(api: httpx.AsyncClient, brand: Brand) -> None:
    """The visible call of a reel, a TikTok and a YouTube video comes at its second: all else is done before."""
    for channel, kind in (("instagram", "reel"), ("tiktok", "processing"), ("youtube", "processing")):
        answer = await brand.sandbox.put("/control/delays", json={"channel": channel, "kind": kind, "seconds": SLOW})
        assert answer.status_code < 300, answer.text
    video = await upload(api, clip(6), "c.mp4", "video/mp4")
    accepted = await brand.submit(
        "Slow to process", seconds=SLOW + 35, media=[video], channels=["instagram", TIKTOK, YOUTUBE]
    )
    content = await brand.ended(accepted["id"], 240)
    for publication in content["publications"]:
        assert publication["status"] == "published", publication
        assert 0 <= publication["latenessMs"] <= 1500, publication
