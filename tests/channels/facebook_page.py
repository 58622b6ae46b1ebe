"""A Facebook Page in memory: its answers to uploads, posts and reads, and its posts."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import httpx

from munadi.channels.facebook.state import Prepared
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Pending, Preparation, Published, Ready
from munadi.ports import PublicationDraft
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.containers import at
from tests.channels.making import NOW, Bench, account, bench, error_of, image, publication, video
from tests.channels.network import form_of, ok

PAGE, VIDEO = "100000000000001", "990000000000001"
POST, COMMENT = f"{PAGE}_122000000000001", "122000000000001_55"
WHO = account("facebook", PAGE)
TIME = at(NOW)
SIZE = 10_000_000
TEXT = publication("Hello")
LINK = publication("Hello", link="https://acme.example/sale")
PHOTO = publication("Hello", media=(image(),))
PHOTOS = publication("Hello", media=(image(0, alt="Teal"), image(1)))
REEL = publication("Hello", media=(video(bytes=SIZE),), options={"title": "Sale", "place": "7", "isAiGenerated": True})
FILM = publication("Hello", media=(video(bytes=SIZE, width=1920, height=1080),), options={"title": "Sale"})
COMMENTED = publication("Hello", first_comment="First")
READ = {"id": POST, "message": "Hello", "created_time": TIME, "permalink_url": "https://www.facebook.com/1/posts/2"}
URL = f"https://rupload.facebook.com/video-upload/v26.0/{VIDEO}"
STARTED = ok({"video_id": VIDEO, "upload_url": URL})
DONE = ok({"success": True})


def phases(
    publishing: str = "not_started",
    publish_status: str | None = None,
    *,
    uploading: str = "complete",
    processing: str = "complete",
    received: int = SIZE,
    video_status: str = "ready",
) -> httpx.Response:
    """A video as Facebook returns it, by default uploaded, processed and not published."""
    status = {
        "video_status": video_status,
        "uploading_phase": {"status": uploading, "bytes_transfered": received},
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": publishing, "publish_status": publish_status},
    }
    return ok({"id": VIDEO, "status": status, "permalink_url": f"/reel/{VIDEO}/", "created_time": TIME})


LIVE = phases("complete", "published")
WAITING = phases()
PUBLISHING = phases("in_progress")
DRAFT = phases("complete", "draft")
DEAD = phases("error", "error", video_status="error")
ON_ITS_WAY = phases("in_progress", "published")
SCHEDULED = phases("complete", "scheduled")
PROCESSING = phases(video_status="processing", processing="in_progress")


def resting(received: int) -> httpx.Response:
    """An upload whose bytes have arrived in part."""
    return phases(video_status="uploading", uploading="in_progress", processing="not_started", received=received)


def uploaded(**state: Any) -> Preparation:
    upload = {
        "video_id": VIDEO,
        "started_at": (NOW - timedelta(hours=1)).isoformat(),
        "uploaded_at": (NOW - timedelta(minutes=50)).isoformat(),
        "session_id": "77",
        "url": URL,
    }
    return Preparation(draft_version=1, state={"upload": upload, **state}, ready=True)


def with_photos(**state: Any) -> Preparation:
    made = [{"id": f"p{index}", "made_at": (NOW - timedelta(hours=1)).isoformat()} for index in (1, 2)]
    return Preparation(draft_version=1, state={"photos": made, **state}, ready=True)


def over(visible: Any = None, status: Any = LIVE, posts: Any = None) -> Bench:
    """A network where everything is uploaded. `visible` answers the visible call, `status` and `posts` the reads."""
    built = bench("facebook")
    for edge, accepted in (("feed", ok({"id": POST})), ("comments", ok({"id": COMMENT})), *FINISHES):
        built.network.on("POST", f"/{edge}", visible or accepted)
    built.network.on("GET", f"/v26.0/{VIDEO}", *(status if isinstance(status, list) else [status]))
    built.network.on("GET", f"/v26.0/{POST}", ok(READ))
    built.network.on("GET", f"/{PAGE}/published_posts", ok({"data": []}) if posts is None else posts)
    return built


FINISHES = (("video_reels", DONE), ("videos", DONE))


def photos(*answers: Any) -> Bench:
    """A network that numbers photos p1, p2… `answers` are the answers to the first uploads."""
    built, numbers = bench("facebook"), count(1)
    built.network.on("POST", f"/{PAGE}/photos", *answers, lambda _: ok({"id": f"p{next(numbers)}"}))
    return built


def reels(*statuses: Any, upload: Any = None) -> Bench:
    built = bench("facebook")
    built.media.files["med_0"] = bytes(range(250)) * (SIZE // 250)
    built.network.on("POST", f"/{PAGE}/video_reels", STARTED)
    built.network.on("POST", f"/v26.0/{VIDEO}", *(upload or [DONE]))
    built.network.on("GET", f"/v26.0/{VIDEO}", *(statuses or (WAITING,)))
    return built


def films(*transfers: Any) -> Bench:
    """A server that wants parts of 3 MB; `transfers` are its answers to the first ones."""
    built, planned = bench("facebook"), list(transfers)
    built.media.files["med_0"] = bytes(SIZE)

    def videos(request: httpx.Request) -> httpx.Response:
        if b"start_offset" not in request.content:
            assert form_of(request) == {"upload_phase": "start", "file_size": str(SIZE)}
            started = {"video_id": VIDEO, "upload_session_id": "77", "start_offset": "0", "end_offset": "3000000"}
            return ok(started)
        if planned:
            found: httpx.Response = planned.pop(0)
            return found
        start, part = part_of(request)
        end = start + len(part)
        return ok({"start_offset": str(end), "end_offset": str(min(end + 3_000_000, SIZE))})

    built.network.on("POST", f"/{PAGE}/videos", videos)
    return built


def part_of(request: httpx.Request) -> tuple[int, bytes]:
    """The offset and the bytes of a multipart transfer."""
    boundary = request.headers["content-type"].split("boundary=")[1].encode()
    fields = {}
    for part in request.content.split(b"--" + boundary)[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        fields[head.split(b'name="')[1].split(b'"')[0].decode()] = body[:-2]
    assert (fields["upload_phase"], fields["upload_session_id"]) == (b"transfer", b"77")
    return int(fields["start_offset"]), fields["video_file_chunk"]


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready | Pending:
    return await built.prepare(given, WHO, saved)


async def until_ready(built: Bench, given: PublicationDraft, saved: Saved) -> None:
    for _ in range(9):
        found = await prepare(built, given, saved)
        if isinstance(found, Ready):
            return
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError("not ready after 9 runs")


async def unprepared(built: Bench, given: PublicationDraft, saved: Saved) -> ChannelError:
    """The error that ends a preparation."""
    return await error_of(prepare(built, given, saved))


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


async def publish(built: Bench, given: PublicationDraft, saved: Saved) -> Published | Pending:
    gate = GateThatCounts()
    found: Published | Pending = await built.publish(given, WHO, saved, gate=gate)
    assert gate.asked == len(built.network.mutations)
    return found


async def failure(built: Bench, given: PublicationDraft, saved: Saved) -> ChannelError:
    """The error that ends the visible call."""
    return await error_of(built.publish(given, WHO, saved))


async def find(built: Bench, given: PublicationDraft, handle: Preparation | None = None, minutes: float = 0) -> Any:
    """The result of `find` for an attempt that began `minutes` after now."""
    found = await built.find(given, WHO, handle, NOW + timedelta(minutes=minutes))
    assert built.network.mutations == []
    return found
