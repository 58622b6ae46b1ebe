"""The media that the emulated networks received or fetched, and their measured properties.

A network fetches by one plain GET, without redirects and with a size cap; videos are fetched beside the call.
Bytes are kept by SHA-256, in the data folder or in memory, and served under `/media/<digest>`. Pillow and FFmpeg are
imported when the first file is measured: they are most of what a sandbox without media would hold in memory.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import warnings
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from munadi.sandbox.storage import Store, Table

CONNECT_SECONDS, READ_SECONDS = 5, 20
META_AGENT = "facebookexternalhit/1.1 (munadi sandbox)"
Row = TypeVar("Row", bound=Any)  # a dataclass with `id` and `loading`
# Only these are ever served with their own type; anything else is an opaque download, never markup.
VIEWABLE = {"image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime"}


@dataclass
class StoredMedia:
    digest: str
    mime_type: str
    size: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class ImageFacts:
    format: str  # Pillow's name: JPEG, PNG, WEBP, MPO …
    mime_type: str
    width: int
    height: int


@dataclass(frozen=True)
class VideoFacts:
    container: str  # FFmpeg's list of names: "mov,mp4,m4a,3gp,3g2,mj2"
    codec: str
    width: int
    height: int
    seconds: float
    frames_per_second: float
    audio_codec: str | None


def image_facts(body: bytes) -> ImageFacts | None:
    """What Pillow reads from the header, or None when it is no image."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a huge image is refused for its size; a warning is not needed
            with Image.open(io.BytesIO(body)) as image:
                name = image.format or ""
                return ImageFacts(name, Image.MIME.get(name, "application/octet-stream"), *image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def video_facts(body: bytes) -> VideoFacts | None:
    """What FFmpeg reads from the headers, or None when there is no video stream."""
    import av

    try:
        with av.open(io.BytesIO(body), mode="r") as container:
            if not container.streams.video:
                return None
            stream = container.streams.video[0]
            audio = container.streams.audio[0].codec_context.name if container.streams.audio else None
            seconds = (container.duration or 0) / 1_000_000
            rate = float(stream.average_rate or 0)
            codec = stream.codec_context
            return VideoFacts(container.format.name, codec.name, codec.width, codec.height, seconds, rate, audio)
    except (av.error.FFmpegError, ValueError):
        return None


@dataclass(frozen=True)
class VideoRules:
    """What a network accepts of a video; each pair is the least and the most. Containers round durations and rates."""

    seconds: tuple[float, float]
    ratio: tuple[float, float] = (0, float("inf"))
    width: tuple[int, int] = (1, 1920)
    height: tuple[int, int] = (1, 1 << 16)
    frames: tuple[float, float] = (22.5, 60.5)
    largest: int = 1 << 40  # bytes
    containers: tuple[str, ...] = ("mp4",)
    codecs: tuple[str, ...] = ("h264", "hevc")
    audio: tuple[str, ...] | None = ("aac",)  # None: any

    def problem(self, body: bytes) -> str | None:
        """The name of the first broken rule: format, audio, seconds, ratio, size, frames or bytes."""
        facts = video_facts(body)
        if facts is None or facts.codec not in self.codecs:
            return "format"
        broken = {
            "format": not any(name in facts.container for name in self.containers),
            "audio": self.audio is not None and facts.audio_codec not in (None, *self.audio),
            "seconds": not self.seconds[0] <= facts.seconds <= self.seconds[1],
            "ratio": not self.ratio[0] <= facts.width / max(facts.height, 1) <= self.ratio[1],
            "size": not (_within(facts.width, self.width) and _within(facts.height, self.height)),
            "frames": not self.frames[0] <= facts.frames_per_second <= self.frames[1],
            "bytes": len(body) > self.largest,
        }
        return next((name for name, is_broken in broken.items() if is_broken), None)


def sniff(body: bytes) -> str | None:
    """The media type that the bytes show, or None when it cannot be determined."""
    if body.startswith(b"%PDF-"):
        return "application/pdf"
    if body[4:8] == b"ftyp":
        return "video/quicktime" if body[8:10] == b"qt" else "video/mp4"
    facts = image_facts(body)
    return facts.mime_type if facts else None


class BlobStore:
    def __init__(self, store: Store, folder: Path | None) -> None:
        self._facts: Table[StoredMedia] = Table(store, "media", StoredMedia)
        self._folder = folder
        self._bytes: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def keep(self, body: bytes, mime_type: str) -> StoredMedia:
        digest = hashlib.sha256(body).hexdigest()
        known = self._facts.get(digest)
        if known is not None:
            return known
        if self._folder is not None:
            (self._folder / digest).write_bytes(body)
        else:
            self._bytes[digest] = body
        width, height = _dimensions(body, mime_type)
        return self._facts.put(digest, StoredMedia(digest, mime_type, len(body), width, height))

    def facts(self, digest: str) -> StoredMedia | None:
        return self._facts.get(digest)

    def read(self, digest: str) -> bytes | None:
        if digest not in self._facts:  # also the guard against path tricks: only known digests are read
            return None
        if self._folder is None:
            return self._bytes.get(digest)
        path = self._folder / digest
        return path.read_bytes() if path.is_file() else None

    def clear(self) -> None:
        for stored in self._facts:
            if self._folder is not None:
                (self._folder / stored.digest).unlink(missing_ok=True)
        self._facts.clear()
        self._bytes.clear()


def _within(value: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= value <= limits[1]


def _dimensions(body: bytes, mime_type: str) -> tuple[int | None, int | None]:
    if mime_type.startswith("image/") and (image := image_facts(body)):
        return image.width, image.height
    if mime_type.startswith("video/") and (video := video_facts(body)):
        return video.width, video.height
    return None, None


class FetchFailed(Exception):
    """The URL could not be read; `timed_out` when it took too long."""

    def __init__(self, *, timed_out: bool = False) -> None:
        super().__init__("timed out" if timed_out else "not fetchable")
        self.timed_out = timed_out


async def fetch(url: str, cap: int, agent: str = META_AGENT) -> bytes:
    """At most one chunk more than `cap`, so that the caller can see that it is too large. Raises FetchFailed."""
    import httpx  # at the first fetch: it makes the start slow, and a sandbox may never need it

    if not url.isascii() or not url.startswith(("http://", "https://")):
        raise FetchFailed
    body, timeout = bytearray(), httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        async with (
            httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"user-agent": agent}) as response,
        ):
            if response.status_code != 200:
                raise FetchFailed
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > cap:
                    break
    except httpx.TimeoutException:
        raise FetchFailed(timed_out=True) from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise FetchFailed from None
    return bytes(body)


class Downloads(Generic[Row]):
    """Media that are fetched and checked beside the call: a problem shows later, in the row's status.

    `problem` is the column for it, `interrupted` its value for a download that a restart ended.
    """

    def __init__(self, rows: Table[Row], problem: str, interrupted: str) -> None:
        self._rows = rows
        self._tasks: set[asyncio.Task[None]] = set()
        for row in rows:
            if row.loading:
                row.loading = False
                setattr(row, problem, interrupted)
                rows.put(row.id, row)

    def begin(self, row: Row, check: Coroutine[Any, Any, None]) -> None:
        """`check` fetches the media and writes its findings into the row."""
        row.loading = True
        task = asyncio.create_task(self._run(row, check))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, row: Row, check: Coroutine[Any, Any, None]) -> None:
        try:
            await check
        finally:
            row.loading = False
            if row.id in self._rows:  # not after a reset
                self._rows.put(row.id, row)
