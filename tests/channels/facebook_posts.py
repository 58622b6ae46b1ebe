"""A Facebook in memory that takes posts, finishes and comments, and what publishes to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import ChannelError
from munadi.domain.publication import Handle, Pending, Published
from munadi.ports import PublicationDraft, VisibleStep
from tests.channels.making import NOW, Bench, GateThatCounts, Saved, account, bench, error_of, image, publication, video
from tests.channels.network import answer, ok

PAGE, VIDEO = "100000000000001", "990000000000001"
POST, COMMENT = f"{PAGE}_122000000000001", "122000000000001_55"
WHO = account("facebook", PAGE)
TIME = NOW.strftime("%Y-%m-%dT%H:%M:%S+0000")
TEXT = publication("Hello")
LINK = publication("Hello", link="https://acme.example/sale")
PHOTOS = publication("Hello", media=(image(0), image(1)))
REEL = publication("Hello", media=(video(bytes=5000),), options={"title": "Sale", "place": "7", "isAiGenerated": True})
FILM = publication("Hello", media=(video(bytes=5000, width=1920, height=1080),), options={"title": "Sale"})
COMMENTED = publication("Hello", first_comment="First")
READ = {"id": POST, "message": "Hello", "created_time": TIME, "permalink_url": "https://www.facebook.com/1/posts/2"}


def error(code: int, subcode: int | None = None, status: int = 400) -> httpx.Response:
    return answer(status, {"error": {"code": code, "error_subcode": subcode, "message": "no"}})


def phases(publishing: str, publish_status: str | None, **more: Any) -> httpx.Response:
    status = {
        "video_status": "ready",
        "uploading_phase": {"status": "complete"},
        "processing_phase": {"status": "complete"},
        "publishing_phase": {"status": publishing, "publish_status": publish_status},
    }
    return ok({"id": VIDEO, "status": {**status, **more}, "permalink_url": f"/reel/{VIDEO}/", "created_time": TIME})


LIVE = phases("complete", "published")
WAITING = phases("not_started", None)
PUBLISHING = phases("in_progress", None)
DRAFT = phases("complete", "draft")
DEAD = phases("error", "error", video_status="error")
ON_ITS_WAY = phases("in_progress", "published")
SCHEDULED = phases("complete", "scheduled")


def uploaded(**state: Any) -> Handle:
    upload = {
        "video_id": VIDEO,
        "started_at": (NOW - timedelta(hours=1)).isoformat(),
        "uploaded_at": (NOW - timedelta(minutes=50)).isoformat(),
        "session_id": "77",
        "url": "https://rupload.facebook.com/x",
    }
    return Handle(draft_version=1, state={"upload": upload, **state}, ready=True)


def with_photos(**state: Any) -> Handle:
    made = [{"id": f"p{index}", "made_at": (NOW - timedelta(hours=1)).isoformat()} for index in (1, 2)]
    return Handle(draft_version=1, state={"photos": made, **state}, ready=True)


def over(visible: Any = None, status: Any = LIVE, posts: Any = None) -> Bench:
    built = bench("facebook")
    for edge, accepted in (
        ("feed", {"id": POST}),
        ("video_reels", {"success": True}),
        ("videos", {"success": True}),
        ("comments", {"id": COMMENT}),
    ):
        built.network.on("POST", f"/{edge}", visible or ok(accepted))
    built.network.on("GET", f"/v26.0/{VIDEO}", *(status if isinstance(status, list) else [status]))
    built.network.on("GET", f"/v26.0/{POST}", ok(READ))
    built.network.on("GET", f"/{PAGE}/published_posts", ok({"data": []}) if posts is None else posts)
    return built


async def publish(built: Bench, given: PublicationDraft, saved: Saved, name: str = "post") -> Published | Pending:
    gate = GateThatCounts()
    found: Published | Pending = await built.channel.publish(given, WHO, saved.handle, saved, VisibleStep(gate, name))
    assert gate.asked == len(built.network.mutations)
    return found


async def failure(built: Bench, given: PublicationDraft, saved: Saved, name: str = "post") -> ChannelError:
    return await error_of(built.channel.publish(given, WHO, saved.handle, saved, VisibleStep(GateThatCounts(), name)))
