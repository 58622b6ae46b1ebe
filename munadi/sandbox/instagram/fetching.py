"""Instagram pulls media from a URL: one plain GET, no redirects, a size cap, then a look at the bytes.

Images are judged while the container is created, videos afterwards. Limits: channels/instagram.md section 4.
"""

from __future__ import annotations

import httpx

from munadi.sandbox.instagram import errors
from munadi.sandbox.instagram.errors import GraphError
from munadi.sandbox.media import VideoFacts, image_facts, video_facts

MIB = 1024 * 1024
IMAGE_BYTES, VIDEO_BYTES, STORY_VIDEO_BYTES = 8 * MIB, 300 * MIB, 100 * MIB
NARROWEST, WIDEST = 0.8, 1.91  # 4:5 and 1.91:1
ROUNDING = 0.01  # a crop to whole pixels misses the ratio by this much
TIMEOUT = httpx.Timeout(20, connect=5)
USER_AGENT = "facebookexternalhit/1.1 (munadi sandbox)"


class FetchError(Exception):
    def __init__(self, error: GraphError) -> None:
        super().__init__(error.message)
        self.error = error


async def fetch(url: str, cap: int) -> bytes:
    """At most `cap` + 1 bytes, so that the caller can tell too large from large."""
    if not url.isascii() or not url.startswith(("http://", "https://")):
        raise FetchError(errors.NOT_FETCHABLE)
    body = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"user-agent": USER_AGENT}) as response,
        ):
            if response.status_code != 200:
                raise FetchError(errors.NOT_FETCHABLE)
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > cap:
                    break
    except httpx.TimeoutException:
        raise FetchError(errors.DOWNLOAD_TIMEOUT) from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise FetchError(errors.NOT_FETCHABLE) from None
    return bytes(body)


async def fetch_image(url: str, *, any_ratio: bool) -> tuple[bytes, str]:
    """The image and its type, or the refusal that Instagram gives at creation."""
    body = await fetch(url, IMAGE_BYTES)
    facts = image_facts(body)
    if facts is None:
        raise FetchError(errors.NOT_FETCHABLE)
    if len(body) > IMAGE_BYTES:
        raise FetchError(errors.IMAGE_TOO_LARGE)
    if facts.format not in ("JPEG", "PNG"):  # PNG is accepted in practice, MPO and the others are not
        raise FetchError(errors.IMAGE_FORMAT)
    ratio = facts.width / facts.height
    if not any_ratio and not NARROWEST - ROUNDING <= ratio <= WIDEST + ROUNDING:
        raise FetchError(errors.ASPECT_RATIO)
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
