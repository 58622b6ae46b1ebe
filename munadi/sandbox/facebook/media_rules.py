"""The media that Facebook accepts: how it fetches them, and its rules for images and videos."""

from __future__ import annotations

from munadi.sandbox import downloads
from munadi.sandbox.downloads import FetchFailed
from munadi.sandbox.facebook import errors
from munadi.sandbox.graph.errors import GraphError, refuse
from munadi.sandbox.media import VideoFacts, image_facts, video_facts

MIB = 1024 * 1024
IMAGE_BYTES, VIDEO_BYTES = 4 * MIB, 64 * MIB
IMAGES = {"JPEG", "PNG", "GIF", "BMP", "TIFF"}
REEL_RATIO, ROUNDING = 9 / 16, 0.01


async def fetch(url: str, cap: int, refused: GraphError) -> bytes:
    """At most one chunk more than `cap`, so that the caller can see that it is too large."""
    try:
        return await downloads.fetch(url, cap)
    except FetchFailed:
        raise refuse(refused) from None


def image_type(body: bytes) -> str:
    """The image's type; raises Facebook's refusal of an invalid image."""
    facts = image_facts(body)
    if facts is None or facts.format not in IMAGES:
        raise refuse(errors.IMAGE_INVALID)
    if len(body) > IMAGE_BYTES:
        raise refuse(errors.IMAGE_TOO_LARGE)
    return facts.mime_type


def video_problem(body: bytes, kind: str) -> str | None:
    """The later `processing_phase.error.message`, or None for a good video."""
    facts = video_facts(body)
    if facts is None:
        return "The video file is corrupt or of a format that is not supported."
    ratio = facts.width / max(facts.height, 1)
    if kind == "video":
        good = REEL_RATIO - ROUNDING <= ratio <= 1 / REEL_RATIO + ROUNDING
        return None if good else "The aspect ratio of the video is not supported."
    return _reel_problem(facts, ratio, longest=60 if kind == "story" else 90)


def _reel_problem(facts: VideoFacts, ratio: float, longest: int) -> str | None:
    if abs(ratio - REEL_RATIO) > ROUNDING:
        return "The aspect ratio of the reel must be 9:16."
    if facts.width < 540 or facts.height < 960:
        return "The resolution of the reel must be at least 540 x 960."
    if not 2.95 <= facts.seconds <= longest + 0.5:  # containers round
        return f"The reel must be between 3 and {longest} seconds long."
    if not 23.5 <= facts.frames_per_second <= 60.5:
        return "The frame rate of the reel must be between 24 and 60."
    if facts.codec not in ("h264", "hevc", "vp9", "av1"):
        return "The codec of the reel is not supported."
    return None
