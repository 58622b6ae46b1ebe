"""The kinds of posts at each network of the sandbox, for the tests of lost answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Kind:
    """`visible` is the sandbox's name of the visible call, `outage` an error after which nothing is known.

    `live_errors` are answers that call an error what is live.
    """

    name: str
    visible: str
    outage: Mapping[str, Any]
    live_errors: tuple[Mapping[str, Any], ...] = ()


GRAPH = {"error": {"code": 2}}
FACEBOOK = {
    "text": "feed",
    "photos": "feed",
    "reel": "finish_reel",
    "video": "finish_video",
    "photo story": "photo_story",
    "video story": "finish_story",
}
TELEGRAM = {"text": "sendMessage", "photo": "sendPhoto", "photos": "sendMediaGroup", "video": "sendVideo"}
TELEGRAM |= {"document": "sendDocument"}
SPAM = {"error": {"code": 4, "subcode": 2207051}}
RESTART = {"error": {"error": "restart"}}
KINDS: dict[str, tuple[Kind, ...]] = {
    "bluesky": tuple(
        Kind(name, f"com.atproto.repo.{operation}", {"status": 502, "body": "<html>"})
        for name, operation in (("text", "putRecord"), ("closed", "applyWrites"))
    ),
    "discord": tuple(
        Kind(
            name,
            "create_message",
            {"status": 502, "body": "<html>"},
            ({"status": 500}, {"error": {"error": "restart"}}),
        )
        for name in ("text", "photo", "photos", "video", "document")
    ),
    "nostr": tuple(
        Kind(name, "publish_note", {"status": 502, "body": "<html>"}, ({"status": 500, "body": "<html>"},))
        for name in ("text", "photo", "photos", "video")
    ),
    "facebook": tuple(Kind(name, operation, GRAPH, (GRAPH,)) for name, operation in FACEBOOK.items()),
    "google_business": tuple(
        Kind(name, "create_post", {"status": 502, "body": "<html>"}, ({"status": 500}, {"error": {"error": "busy"}}))
        for name in ("text", "photo")
    ),
    "instagram": (Kind("photo", "media_publish", GRAPH, (SPAM,)),),
    "linkedin": tuple(
        Kind(
            name, "create_post", {"status": 502, "body": "<html>"}, ({"status": 500}, {"error": {"error": "conflict"}})
        )
        for name in ("text", "photo", "photos", "video", "document")
    ),
    "mastodon": tuple(
        Kind(name, "post_status", {"status": 502, "body": "<html>"}, ({"status": 500}, {"error": {"error": "busy"}}))
        for name in ("text", "photos", "video")
    ),
    "pinterest": tuple(
        Kind(name, "create_pin", {"status": 502, "body": "<html>"}, ({"status": 500}, {"error": {"error": "busy"}}))
        for name in ("photo", "photos", "video")
    ),
    "telegram": tuple(
        Kind(name, operation, {"status": 502, "body": "<html>"}, ({"status": 500}, {"error": {"error": "restart"}}))
        for name, operation in TELEGRAM.items()
    ),
    "threads": (Kind("text", "threads_publish", GRAPH, (SPAM, {"error": {"code": 10}, "status": 500})),),
    "tiktok": (Kind("file", "upload_last_chunk", {}, ({},)),),
    "x": tuple(
        Kind(name, "create_post", {"status": 502, "body": "<html>"}, ({"status": 500}, {"error": {"error": "busy"}}))
        for name in ("text", "photos", "video")
    ),
    "youtube": (Kind("clip", "update_video", {"error": {"reason": "backendError"}}, ({},)),),
}
EACH = [(channel, kind) for channel, kinds in KINDS.items() for kind in kinds]
each_kind = pytest.mark.parametrize(
    ("acme", "kind"), EACH, indirect=["acme"], ids=[f"{channel} {kind.name}" for channel, kind in EACH]
)
