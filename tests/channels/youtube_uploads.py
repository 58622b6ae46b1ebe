"""YouTube's upload host in memory: sessions that store the bytes, and whose answers a test replaces."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.youtube.state import Prepared
from munadi.domain.publication import Pending, Preparation, Ready
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import NOW, bench, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import KIDS, VIDEO, VIDEOS, YOUTUBE, listed, resource

UNIT = 262_144
UPLOAD, PLAYLIST = "/upload/youtube/v3/videos", "/youtube/v3/playlistItems"
SESSION = f"https://www.googleapis.com{UPLOAD}?uploadType=resumable&upload_id=s"
RANGE = re.compile(r"^bytes (?:\*|(\d+)-(\d+))/(\d+)$")
BYTES = bytes(range(256)) * 1024 * 3 + b"the end"  # three whole chunks and a short one
STORED = {f"{SESSION}1": BYTES}
ASSET = video(bytes=len(BYTES), width=1920, height=1080)
DRAFT = publication("Monsoon\n\nThe sale has begun", media=(ASSET,), options=KIDS)
WHO = YOUTUBE.account


def uploaded(minutes_ago: float = 20, **changes: Any) -> Preparation:
    """A handle whose video was uploaded some minutes ago."""
    known = {"video_id": VIDEO, "uploaded_at": (NOW - timedelta(minutes=minutes_ago)).isoformat(), **changes}
    return Preparation(draft_version=1, state=known)


def upload_entry(video_id: str = VIDEO, minutes: float = 1, **words: str) -> dict[str, object]:
    """An entry of the uploads list."""
    at = (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    snippet = {"title": "Monsoon", "description": DRAFT.text, "publishedAt": at, **words}
    return {"snippet": snippet, "contentDetails": {"videoId": video_id}}


class YouTubeInMemory:
    """A channel that sends two chunks of 256 KiB a run to sessions `s1`, `s2`…; every video is processed already.

    An entry of `answers` is given instead of taking a request, `lost` takes it first; `short` bytes are stored at most.
    """

    def __init__(self, known: Preparation | None = None, **settings: Any) -> None:
        self.stored: dict[str, bytes] = {}
        self.answers: list[httpx.Response | Exception | None] = []
        self.lost: dict[int, httpx.Response | Exception] = {}
        self.short: int | None = None
        self.saved = Saved(known)
        self.bench = bench("youtube", {"chunk_bytes": UNIT, "chunks_per_run": 2, **settings})
        self.bench.media.files[ASSET.id] = BYTES
        self.network = self.bench.network
        self.network.on("POST", UPLOAD, self._open).on("PUT", UPLOAD, self._put)
        self.shows(resource("private"))

    def shows(self, *resources: dict[str, Any]) -> None:
        """What videos.list finds."""
        self.network.on("GET", VIDEOS, listed(*resources))

    def lists(self, *entries: Any) -> None:
        """What the list of uploads has."""
        self.network.on("GET", PLAYLIST, ok({"items": list(entries)}))

    async def prepare(self, given: PublicationDraft = DRAFT) -> Ready | Pending:
        return await self.bench.prepare(given, WHO, self.saved)

    async def until_ready(self, runs: int = 12) -> Ready:
        for _ in range(runs):
            found = await self.prepare()
            if isinstance(found, Ready):
                return found
            self.bench.clock.forward(seconds=found.after.total_seconds())
        raise AssertionError(f"not ready after {runs} runs")

    @property
    def state(self) -> Prepared:
        return Prepared.model_validate(self.saved.kept.state)

    @property
    def ranges(self) -> list[str]:
        """The uploaded ranges, in order."""
        return [request.headers["content-range"] for request in self.network.requests if request.method == "PUT"]

    @property
    def deleted(self) -> list[str]:
        """The videos that were deleted."""
        return [request.url.params["id"] for request in self.network.requests if request.method == "DELETE"]

    def _open(self, request: httpx.Request) -> httpx.Response:
        session = f"{SESSION}{len(self.stored) + 1}"
        self.stored[session] = b""
        return httpx.Response(200, headers={"location": session})

    def _put(self, request: httpx.Request) -> httpx.Response:
        planned = self.answers.pop(0) if self.answers else None
        if planned is None:
            taken = self._take(request)
            planned = self.lost.pop(len(self.ranges), taken)
        if isinstance(planned, Exception):
            raise planned
        return planned

    def _take(self, request: httpx.Request) -> httpx.Response:
        session, given = str(request.url), RANGE.match(request.headers["content-range"])
        assert given is not None
        assert int(request.headers["content-length"]) == len(request.content)
        if given[1] is not None:
            first, last, total = (int(number) for number in given.groups())
            assert first == len(self.stored[session]), "a chunk begins where the stored bytes end"
            assert len(request.content) == last - first + 1
            assert last + 1 == total or len(request.content) % UNIT == 0
            self.stored[session] += request.content[: self.short]
        kept = len(self.stored[session])
        if kept == int(given[3]):
            return answer(201, resource("private", "uploaded"))
        return httpx.Response(308, headers={"range": f"bytes=0-{kept - 1}"} if kept else {})
