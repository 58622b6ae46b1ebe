"""The media of a post: sent in chunks or pulled from URLs, checked, and then published without another call.

`PUT <upload_url>` takes chunks in sequence: 206 until the last byte, 201 for it. A title or description with
`[fail:<fail_reason>]` makes the post fail with that reason, such as spam_risk.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import TYPE_CHECKING

from munadi.sandbox.clock import HOUR, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import FetchFailed, VideoRules, fetch, image_facts, sniff
from munadi.sandbox.tiktok.model import FAIL_REASONS, Publish

if TYPE_CHECKING:
    from munadi.sandbox.tiktok import TikTok

RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")
TYPES = {"video/mp4", "video/quicktime", "video/webm"}
VIDEO_BYTES, PHOTO_BYTES, LONGEST_SECONDS = 4_000_000_000, 20_000_000, 600
VIDEO = VideoRules(
    (2.95, LONGEST_SECONDS + 0.5),
    width=(360, 4096),
    height=(360, 4096),
    containers=("mp4", "webm"),
    codecs=("h264", "hevc", "vp8", "vp9"),
    audio=None,
)
VIDEO_PROBLEMS = {
    "format": "file_format_check_failed",
    "seconds": "duration_check_failed",
    "frames": "frame_rate_check_failed",
    "size": "picture_size_check_failed",
}
PLANNED = re.compile(r"\[fail:(\w+)\]")
AGENT = "TikTok (munadi sandbox)"


async def put(platform: TikTok, call: Call) -> Answer:
    publish = upload_of(platform, call)
    if publish is None or publish.cancelled or (publish.uploaded and publish.id not in platform.received):
        return Answer(404)
    if publish.accepted_at is None and platform.clock.now() >= publish.created_at + HOUR:
        return Answer(403)
    given = RANGE.match(call.headers.get("content-range", ""))
    if given is None or call.content_type not in TYPES:
        return Answer(400)
    first, last, total = (int(number) for number in given.groups())
    if total != publish.size or last - first + 1 != len(call.body):
        return Answer(400)
    if first != publish.uploaded:
        return Answer(416, None, _progress(publish))
    if not _is_chunk(publish, first, last):
        return Answer(400)
    held = platform.received.setdefault(publish.id, bytearray())
    held += call.body
    publish.uploaded = len(held)
    platform.publishes.put(publish.id, publish)
    if publish.uploaded < publish.size:
        return Answer(206, None, _progress(publish), effect=True)
    accept(platform, publish, body=bytes(held))
    held.clear()
    return Answer(201, None, _progress(publish), effect=True)


def upload_of(platform: TikTok, call: Call) -> Publish | None:
    token = call.query.get("upload_token", "")
    return next((one for one in platform.publishes if token and one.upload_token == token), None)


def is_last(call: Call) -> bool:
    given = RANGE.match(call.headers.get("content-range", ""))
    return given is not None and int(given[2]) + 1 == int(given[3])


def accept(platform: TikTok, publish: Publish, *, body: bytes | None = None, urls: list[str] | None = None) -> None:
    """From here on the post is published without another call. No await: an answer that is lost now changes nothing."""
    publish.accepted_at, publish.received_at = platform.clock.now(), wall_time()
    publish.post_id = "7" + "".join(secrets.choice("0123456789") for _ in range(18))  # too long for a float
    publish.fail_reason = "internal"  # unless the check below ends
    platform.downloads.begin(publish, _check(platform, publish, body, urls or []))
    platform.publishes.put(publish.id, publish)


async def _check(platform: TikTok, publish: Publish, body: bytes | None, urls: list[str]) -> None:
    bodies = [body] if body is not None else [await _pull(publish, url) for url in urls]
    publish.fail_reason = await _problem(platform, publish, [one for one in bodies if one is not None], len(bodies))


async def _pull(publish: Publish, url: str) -> bytes | None:
    try:
        return await fetch(url, PHOTO_BYTES if publish.kind == "photo" else VIDEO_BYTES, AGENT)
    except FetchFailed:
        return None


async def _problem(platform: TikTok, publish: Publish, bodies: list[bytes], wanted: int) -> str:
    """The fail_reason, or nothing; good media are stored."""
    planned = PLANNED.search(f"{publish.title} {publish.text}")
    if planned and planned[1] in FAIL_REASONS:
        return planned[1]
    if len(bodies) < wanted:
        return f"{publish.kind}_pull_failed"
    check = _photo_problem if publish.kind == "photo" else _video_problem
    for body in bodies:
        if reason := await asyncio.to_thread(check, body):
            return reason
    publish.digests += [platform.blob_store.keep(body, sniff(body) or "video/webm").digest for body in bodies]
    return ""


def _photo_problem(body: bytes) -> str:
    facts = image_facts(body)
    if facts is None or facts.format not in ("JPEG", "WEBP") or len(body) > PHOTO_BYTES:
        return "file_format_check_failed"
    short, long = sorted((facts.width, facts.height))
    return "picture_size_check_failed" if short > 1080 or long > 1920 else ""


def _video_problem(body: bytes) -> str:
    problem = VIDEO.problem(body)
    return VIDEO_PROBLEMS[problem] if problem else ""


def _is_chunk(publish: Publish, first: int, last: int) -> bool:
    index, rest = divmod(first, publish.chunk_size)
    if rest or index >= publish.chunks:
        return False
    end = publish.size if index == publish.chunks - 1 else first + publish.chunk_size
    return last + 1 == end


def _progress(publish: Publish) -> dict[str, str]:
    return {"content-range": f"bytes 0-{publish.uploaded}/{publish.size}"}
