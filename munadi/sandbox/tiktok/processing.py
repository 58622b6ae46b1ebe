"""What becomes of an accepted post: pulled, judged, published by itself, and where it stands.

A title or description with `[fail:<fail_reason>]` makes the post fail so: the way to meet reasons such as spam_risk.
"""

from __future__ import annotations

import asyncio
import re

import httpx

from munadi.sandbox.clock import wall_time
from munadi.sandbox.media import VideoFacts, image_facts, sniff, video_facts
from munadi.sandbox.tiktok.errors import FAIL_REASONS
from munadi.sandbox.tiktok.model import Publish
from munadi.sandbox.tiktok.platform import Platform, new_post_id

VIDEO_BYTES, PHOTO_BYTES = 4_000_000_000, 20_000_000
CODECS = {"h264", "hevc", "vp8", "vp9"}
PLANNED = re.compile(r"\[fail:(\w+)\]")
TIMEOUT = httpx.Timeout(20, connect=5)


class Processing:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tasks: set[asyncio.Task[None]] = set()
        for one in platform.publishes:
            if one.loading:  # interrupted by a restart
                one.loading, one.fail_reason = False, "internal"
                platform.publishes.put(one.id, one)

    def accept(self, publish: Publish, *, body: bytes | None = None, urls: list[str] | None = None) -> None:
        """From here on it goes out by itself. Without any await: an answer lost now changes nothing."""
        publish.accepted_at, publish.received_at = self._platform.clock.now(), wall_time()
        publish.post_id, publish.loading = new_post_id(), True
        self._platform.publishes.put(publish.id, publish)
        task = asyncio.create_task(self._work(publish, body, urls or []))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def status(self, publish: Publish) -> str:
        now = self._platform.clock.now()
        working = "PROCESSING_UPLOAD" if publish.source == "FILE_UPLOAD" else "PROCESSING_DOWNLOAD"
        if publish.cancelled:
            return "FAILED"
        if publish.accepted_at is None or publish.loading:
            return working
        if now < publish.accepted_at + self._platform.delays["processing"]:
            return working
        if publish.fail_reason:
            return "FAILED"
        return "SEND_TO_USER_INBOX" if publish.inbox else "PUBLISH_COMPLETE"

    def shown_id(self, publish: Publish) -> str | None:
        """The post's id, once it is public and moderated; never for a private post."""
        if self.status(publish) != "PUBLISH_COMPLETE" or publish.privacy == "SELF_ONLY":
            return None
        delays = self._platform.delays
        known_at = (publish.accepted_at or 0) + delays["processing"] + delays["moderation"]
        if self._platform.switches["postIdNever"] or self._platform.clock.now() < known_at:
            return None
        return publish.post_id

    async def _work(self, publish: Publish, body: bytes | None, urls: list[str]) -> None:
        reason = "internal"
        try:
            bodies = [body] if body is not None else [await self._pull(publish, url) for url in urls]
            reason = await self._judge(publish, [one for one in bodies if one is not None], len(bodies))
        finally:
            publish.loading, publish.fail_reason = False, reason
            if publish.id in self._platform.publishes:  # not after a reset
                self._platform.publishes.put(publish.id, publish)

    async def _judge(self, publish: Publish, bodies: list[bytes], wanted: int) -> str:
        """The fail_reason, or nothing; what is good is kept."""
        planned = PLANNED.search(f"{publish.title} {publish.text}")
        if planned and planned[1] in FAIL_REASONS:
            return planned[1]
        if len(bodies) < wanted:
            return f"{publish.kind}_pull_failed"
        for body in bodies:
            judge = photo_problem if publish.kind == "photo" else video_problem
            longest = 0 if publish.kind == "photo" else self._platform.limits["maxVideoSeconds"]
            if reason := await asyncio.to_thread(judge, body, longest):
                return reason
        for body in bodies:
            mime_type = sniff(body) or "video/webm"
            publish.digests.append(self._platform.shelf.keep(body, mime_type).digest)
        return ""

    async def _pull(self, publish: Publish, url: str) -> bytes | None:
        """One plain GET: no redirect is followed."""
        cap = PHOTO_BYTES if publish.kind == "photo" else VIDEO_BYTES
        body = bytearray()
        try:
            async with (
                httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
                client.stream("GET", url, headers={"user-agent": "TikTok (munadi sandbox)"}) as response,
            ):
                if response.status_code != 200:
                    return None
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > cap:
                        break
        except (httpx.HTTPError, httpx.InvalidURL):
            return None
        return bytes(body)


def photo_problem(body: bytes, _longest: int) -> str:
    facts = image_facts(body)
    if facts is None or facts.format not in ("JPEG", "WEBP") or len(body) > PHOTO_BYTES:
        return "file_format_check_failed"
    short, long = sorted((facts.width, facts.height))
    return "picture_size_check_failed" if short > 1080 or long > 1920 else ""


def video_problem(body: bytes, longest: int) -> str:
    facts = video_facts(body)
    if facts is None or facts.codec not in CODECS or not _known_container(facts):
        return "file_format_check_failed"
    if not 2.95 <= facts.seconds <= min(longest, 600) + 0.5:  # containers round
        return "duration_check_failed"
    if not 22.5 <= facts.frames_per_second <= 60.5:
        return "frame_rate_check_failed"
    if not (360 <= facts.width <= 4096 and 360 <= facts.height <= 4096):
        return "picture_size_check_failed"
    return ""


def _known_container(facts: VideoFacts) -> bool:
    return "mp4" in facts.container or "webm" in facts.container
