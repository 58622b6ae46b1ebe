"""A Facebook in memory that takes photos, reels and videos, and what prepares them."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.channels.facebook.state import Prepared
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import Bench, Saved, account, bench, error_of, image, publication, video
from tests.channels.network import answer, form_of, ok

PAGE, VIDEO = "100000000000001", "990000000000001"
WHO = account("facebook", PAGE)
PHOTOS = publication("Hello", media=(image(0, alt="Teal"), image(1), image(2)))
SIZE = 10_000_000
REEL = publication("Hello", media=(video(bytes=SIZE),))
FILM = publication("Hello", media=(video(bytes=SIZE, width=1920, height=1080),))
URL = f"https://rupload.facebook.com/video-upload/v26.0/{VIDEO}"
STARTED = ok({"video_id": VIDEO, "upload_url": URL})


def phases(video_status: str, uploading: str, processing: str = "not_started", received: int = SIZE) -> httpx.Response:
    status = {
        "video_status": video_status,
        "uploading_phase": {"status": uploading, "bytes_transfered": received},
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": "not_started"},
    }
    return ok({"id": VIDEO, "status": status})


PROCESSING = phases("processing", "complete", "in_progress")
READY = phases("ready", "complete", "complete")
BROKEN = ok(
    {"status": {"video_status": "error", "processing_phase": {"status": "error", "error": {"message": "bad GOP"}}}}
)


def error(code: int, **more: Any) -> httpx.Response:
    return answer(400, {"error": {"code": code, "message": "no", "type": "OAuthException", **more}})


def photos(*answers: httpx.Response | Exception) -> Bench:
    """Photos are numbered p1, p2…, after what `answers` say of the first ones."""
    built, made, planned = bench("facebook"), [0], list(answers)

    def create(request: httpx.Request) -> httpx.Response:
        if planned:
            found = planned.pop(0)
            if isinstance(found, Exception):
                raise found
            return found
        made[0] += 1
        return ok({"id": f"p{made[0]}"})

    built.network.on("POST", f"/{PAGE}/photos", create)
    return built


def reels(*statuses: httpx.Response | Exception, upload: Any = None) -> Bench:
    built = bench("facebook")
    built.media.files["med_0"] = bytes(range(250)) * (SIZE // 250)
    built.network.on("POST", f"/{PAGE}/video_reels", STARTED)
    built.network.on("POST", f"/v26.0/{VIDEO}", *(upload or [ok({"success": True})]))
    built.network.on("GET", f"/v26.0/{VIDEO}", *(statuses or (READY,)))
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
            found = planned.pop(0)
            if isinstance(found, Exception):
                raise found
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
    assert fields["upload_phase"] == b"transfer"
    assert fields["upload_session_id"] == b"77"
    return int(fields["start_offset"]), fields["video_file_chunk"]


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready | Pending:
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def until_ready(built: Bench, given: PublicationDraft, saved: Saved, runs: int = 9) -> Ready:
    for _ in range(runs):
        found = await prepare(built, given, saved)
        if isinstance(found, Ready):
            return found
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError(f"not ready after {runs} runs")


async def failure(built: Bench, given: PublicationDraft, saved: Saved) -> ChannelError:
    return await error_of(prepare(built, given, saved))


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)
