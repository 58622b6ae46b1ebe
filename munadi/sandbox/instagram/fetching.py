"""What Instagram makes of the media it pulls: images are judged while the container is created, videos afterwards.

Limits: channels/instagram.md section 4.
"""

from __future__ import annotations

from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph import fetching
from munadi.sandbox.graph.errors import GraphError
from munadi.sandbox.graph.fetching import FetchFailed
from munadi.sandbox.instagram import errors
from munadi.sandbox.media import VideoFacts, image_facts, video_facts

MIB = 1024 * 1024
IMAGE_BYTES, VIDEO_BYTES, STORY_VIDEO_BYTES = 8 * MIB, 300 * MIB, 100 * MIB
NARROWEST, WIDEST = 0.8, 1.91  # 4:5 and 1.91:1
ROUNDING = 0.01  # a crop to whole pixels misses the ratio by this much


class FetchError(Exception):
    def __init__(self, error: GraphError) -> None:
        super().__init__(error.message)
        self.error = error


async def fetch(url: str, cap: int) -> bytes:
    """As the family does, a failure in Instagram's words."""
    try:
        return await fetching.fetch(url, cap)
    except FetchFailed as failure:
        raise FetchError(errors.DOWNLOAD_TIMEOUT if failure.timed_out else errors.NOT_FETCHABLE) from None


async def fetch_image(url: str, *, any_ratio: bool) -> tuple[bytes, str]:
    """The image and its type, or the refusal that Instagram gives at creation."""
    body = await fetch(url, IMAGE_BYTES)
    facts = image_facts(body)
    if facts is None:
        raise FetchError(errors.NOT_FETCHABLE)
    if len(body) > IMAGE_BYTES:
        raise FetchError(shared.IMAGE_TOO_LARGE)
    if facts.format not in ("JPEG", "PNG"):  # PNG is accepted in practice, MPO and the others are not
        raise FetchError(shared.IMAGE_FORMAT)
    ratio = facts.width / facts.height
    if not any_ratio and not NARROWEST - ROUNDING <= ratio <= WIDEST + ROUNDING:
        raise FetchError(shared.ASPECT_RATIO)
    return body, facts.mime_type


def video_problem(body: bytes, kind: str) -> int | None:
    """The subcode that the container's `status` will carry, or None for a good video."""
    facts = video_facts(body)
    story = kind == "STORIES"
    too_large = len(body) > (STORY_VIDEO_BYTES if story else VIDEO_BYTES)
    if facts is None or too_large or not _acceptable(facts, longest=60 if story else 900):
        return errors.VIDEO_UNSUPPORTED
    return None


def _acceptable(facts: VideoFacts, longest: float) -> bool:
    return (
        "mp4" in facts.container
        and facts.codec in ("h264", "hevc")
        and facts.audio_codec in (None, "aac")
        and facts.width <= 1920
        and 0.01 <= facts.width / max(facts.height, 1) <= 10
        and 2.95 <= facts.seconds <= longest + 0.5  # containers round
        and 22.5 <= facts.frames_per_second <= 60.5
    )
