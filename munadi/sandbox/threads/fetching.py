"""What Threads makes of the media it pulls: images are judged at creation, videos afterwards.

Limits: channels/threads.md section 4.
"""

from __future__ import annotations

from munadi.sandbox.exchange import Refusal
from munadi.sandbox.graph.errors import ASPECT_RATIO, IMAGE_FORMAT, IMAGE_TOO_LARGE, refuse
from munadi.sandbox.graph.fetching import FetchFailed, fetch
from munadi.sandbox.media import VideoFacts, image_facts, video_facts
from munadi.sandbox.threads import errors

IMAGE_BYTES, VIDEO_BYTES = 8 * 1024 * 1024, 1_000_000_000
WIDEST, NARROWEST_VIDEO = 10, 0.01
MAX_BITS_PER_SECOND = 100_000_000


async def fetch_image(url: str) -> tuple[bytes, str]:
    """The image and its type; raises the refusal of the container's creation."""
    try:
        body = await fetch(url, IMAGE_BYTES)
    except FetchFailed:
        raise refuse(errors.NOT_FETCHABLE) from None
    facts = image_facts(body)
    if facts is None:
        raise refuse(errors.NOT_FETCHABLE)
    if problem := _image_problem(len(body), facts.format, facts.width / max(facts.height, 1)):
        raise problem
    return body, facts.mime_type


async def fetch_video(url: str) -> bytes | None:
    try:
        return await fetch(url, VIDEO_BYTES)
    except FetchFailed:
        return None


def video_problem(body: bytes) -> str | None:
    """The `error_message` that the container will carry, or None for a good video."""
    facts = video_facts(body)
    if facts is None or "mp4" not in facts.container or facts.codec not in ("h264", "hevc"):
        return "FAILED_PROCESSING_VIDEO"
    if facts.audio_codec not in (None, "aac"):
        return "FAILED_PROCESSING_AUDIO"
    return _shape_problem(facts, len(body))


def _image_problem(size: int, format: str, ratio: float) -> Refusal | None:
    if size > IMAGE_BYTES:
        return refuse(IMAGE_TOO_LARGE)
    if format not in ("JPEG", "PNG"):
        return refuse(IMAGE_FORMAT)
    return refuse(ASPECT_RATIO) if ratio > WIDEST + 0.05 else None


def _shape_problem(facts: VideoFacts, size: int) -> str | None:
    if not 0 < facts.seconds <= 300.5 or size > VIDEO_BYTES:
        return "INVALID_DURATION"
    if not NARROWEST_VIDEO <= facts.width / max(facts.height, 1) <= WIDEST or facts.width > 1920:
        return "INVALID_ASPEC_RATIO"
    if not 22.5 <= facts.frames_per_second <= 60.5:
        return "INVALID_FRAME_RATE"
    return "INVALID_BIT_RATE" if size * 8 / facts.seconds > MAX_BITS_PER_SECOND else None
