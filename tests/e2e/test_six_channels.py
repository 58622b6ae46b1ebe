"""All networks over real processes: a picture, videos, and slow processing that must not make a post late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from munadi.sandbox.pinterest.model import board_of
from tests.harness.brand import Brand, until
from tests.harness.files import clip, picture
from tests.harness.networks import posts_of

ALL = (
    "instagram",
    "threads",
    "facebook",
    "bluesky",
    "linkedin",
    "mastodon",
    "pinterest",
    "telegram",
    "discord",
    "google_business",
    "nostr",
    "tiktok",
    "x",
    "youtube",
)
TIKTOK = {"channel": "tiktok", "options": {"privacyLevel": "PUBLIC_TO_EVERYONE"}}
YOUTUBE = {"channel": "youtube", "options": {"title": "A clip", "madeForKids": False}}
SLOW = 12.0


async def with_ids(brand: Brand, content: dict[str, Any]) -> dict[str, Any]:
    """The post once every publication has its id. TikTok shows a photo before it names the photo's id."""

    async def read() -> dict[str, Any] | None:
        now = await brand.content(content["id"])
        return now if all(publication["providerPostId"] for publication in now["publications"]) else None

    found: dict[str, Any] = await until(read, 120, 0.5)
    return found


async def check_each(brand: Brand, content: dict[str, Any]) -> None:
    """Published once, with id and URL, and on time. The judge is the network's own list."""
    for publication in content["publications"]:
        channel = publication["channel"]
        assert publication["status"] == "published", publication
        assert publication["providerUrl"].startswith("http"), publication
        assert 0 <= publication["latenessMs"] <= 1500, (channel, publication["latenessMs"])
        profile = await brand.profile(channel)  # ids are a chat's own at Telegram
        ids = [row["id"] for row in await posts_of(brand.sandbox, channel) if row["profile"] == profile]
        assert ids.count(publication["providerPostId"]) == 1, (channel, ids)


@asynccontextmanager
async def slow_processing(sandbox: httpx.AsyncClient) -> AsyncIterator[None]:
    """Videos take long to process until the block ends."""
    before = (await sandbox.get("/control/settings")).json()
    slow = (
        ("instagram", "reel"),
        ("linkedin", "video"),
        ("mastodon", "video"),
        ("pinterest", "video"),
        ("x", "video"),
        ("tiktok", "processing"),
        ("youtube", "processing"),
    )

    async def delay(seconds: dict[tuple[str, str], float]) -> None:
        for (channel, kind), value in seconds.items():
            body = {"channel": channel, "kind": kind, "seconds": value}
            assert (await sandbox.put("/control/delays", json=body)).status_code < 300

    await delay(dict.fromkeys(slow, SLOW))
    try:
        yield
    finally:
        await delay({(channel, kind): before[channel]["delays"][kind] for channel, kind in slow})


@pytest.mark.timeout(420)
async def test_a_picture_and_videos_are_on_time_on_all_six_networks_with_slow_processing(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    """Everything but the visible call is done before the due time, so that slow processing delays nothing."""
    brand = await Brand.create(api, sandbox, "all", *ALL)
    async with slow_processing(sandbox):
        image = await brand.upload(picture())
        videos = [await brand.upload(clip(seconds), f"{seconds}.mp4") for seconds in (4, 5, 6)]
        board = {"boardId": board_of(await brand.profile("pinterest"))}
        pinterest: dict[str, Any] = {"channel": "pinterest", "options": board}
        names = (
            "instagram",
            "threads",
            "facebook",
            "bluesky",
            "linkedin",
            "mastodon",
            "telegram",
            "discord",
            "nostr",
            "x",
        )
        plain: list[Any] = [*names, pinterest]
        pictured = [*plain, "google_business"]  # which takes no video
        posts = (
            ("Monsoon sale starts today", [image], [*pictured, TIKTOK, {**YOUTUBE, "media": [videos[0]]}]),
            ("Behind the scenes", [videos[1]], [*plain, TIKTOK, YOUTUBE]),
            ("Slow to process", [videos[2]], ["instagram", "linkedin", "mastodon", "x", pinterest, TIKTOK, YOUTUBE]),
        )
        submitted = [
            await brand.submit(text, seconds=SLOW + 25 + number, media=media, channels=channels)
            for number, (text, media, channels) in enumerate(posts)
        ]
        for content, (_, _, channels) in zip(submitted, posts, strict=True):
            ended = await with_ids(brand, await brand.ended(content["id"], 240))
            assert len(ended["publications"]) == len(channels)
            await check_each(brand, ended)
