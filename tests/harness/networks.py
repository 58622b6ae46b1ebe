"""The control API of the sandbox: what the networks received, and how they fail."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import httpx

# A kept connection may have been closed by its server just when the next call takes it. With a connection for each
# call, what a trial cuts is never one of its own.
FRESH = httpx.Limits(max_keepalive_connections=0)
# The call that followers see, by what is published (the shapes of tests/harness/world.py).
VISIBLE = {
    "bluesky": "com.atproto.repo.putRecord",
    "google_business": "create_post",
    "google_business-text": "create_post",
    "instagram": "media_publish",
    "instagram-reel": "media_publish",
    "threads": "threads_publish",
    "threads-text": "threads_publish",
    "discord": "create_message",
    "discord-text": "create_message",
    "facebook": "feed",
    "facebook-photo": "feed",
    "facebook-reel": "finish_reel",
    "linkedin": "create_post",
    "linkedin-text": "create_post",
    "linkedin-document": "create_post",
    "mastodon": "post_status",
    "mastodon-text": "post_status",
    "nostr": "publish_note",
    "nostr-text": "publish_note",
    "pinterest": "create_pin",
    "pinterest-video": "create_pin",
    "telegram": "sendPhoto",
    "telegram-text": "sendMessage",
    "telegram-stored": "sendPhoto",
    "tiktok": "upload_last_chunk",
    "tiktok-photo": "init_photo",
    "x": "create_post",
    "x-text": "create_post",
    "youtube": "update_video",
}


async def posts_of(sandbox: httpx.AsyncClient, channel: str = "bluesky") -> list[dict[str, Any]]:
    """The posts that the network lists."""
    answer = await sandbox.get("/control/posts", params={"channel": channel})
    listed: list[dict[str, Any]] = answer.raise_for_status().json()
    return listed


async def posts_by_text(sandbox: httpx.AsyncClient, channel: str = "bluesky") -> dict[str, list[dict[str, Any]]]:
    """The posts that the network lists, by their text."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for post in await posts_of(sandbox, channel):
        found[post["text"]].append(post)
    return found


async def calls(
    sandbox: httpx.AsyncClient, channel: str, operation: str = "", profile: str = ""
) -> list[dict[str, Any]]:
    """The calls that the network received: all, or those of one operation or one profile."""
    made = (await sandbox.get("/control/calls", params={"channel": channel})).json()
    return [call for call in made if operation in ("", call["operation"]) and profile in ("", call["profile"])]


async def plant(sandbox: httpx.AsyncClient, channel: str, operation: str, mode: str, **fields: Any) -> dict[str, Any]:
    """Let the network fail at an operation."""
    fault = {"channel": channel, "operation": operation, "mode": mode, **fields}
    answer = await sandbox.post("/control/faults", json=fault)
    assert answer.status_code == 201, answer.text
    planted: dict[str, Any] = answer.json()
    return planted


async def hits(sandbox: httpx.AsyncClient, fault_id: str = "") -> int:
    """How many calls have met a planted fault, or any of them."""
    planted = (await sandbox.get("/control/faults")).json()
    return sum(fault["hits"] for fault in planted if fault_id in ("", fault["id"]))


async def create_profile(sandbox: httpx.AsyncClient, channel: str, name: str, **more: Any) -> dict[str, Any]:
    """A new profile of an owner, not connected."""
    answer = await sandbox.post("/control/profiles", json={"channel": channel, "name": name, **more})
    assert answer.status_code < 300, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def remove_quotas(sandbox: httpx.AsyncClient, seconds: float = 0.1) -> None:
    """Remove the networks' quotas, and let their delays last `seconds`, so that only Munadi is measured."""
    for channel, of in (await sandbox.get("/control/settings")).json().items():
        changes = [("delays", {"kind": kind, "seconds": seconds}) for kind in of["delays"]]
        changes += [("limits", {"kind": kind, "value": 1_000_000}) for kind in of["limits"] if "Per" in kind]
        for name, change in changes:
            answer = await sandbox.put(f"/control/{name}", json={"channel": channel, **change})
            assert answer.status_code == 200, answer.text
