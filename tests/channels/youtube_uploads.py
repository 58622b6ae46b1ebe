"""YouTube's upload host in memory: sessions that store what they are sent, and can be turned against us."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.youtube.state import Prepared
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Bench, Saved, bench, publication, video
from tests.channels.network import answer
from tests.channels.scene_youtube import KIDS, VIDEO, VIDEOS, YOUTUBE, listed, resource

UNIT = 262_144
UPLOAD = "/upload/youtube/v3/videos"
SESSION = f"https://www.googleapis.com{UPLOAD}?uploadType=resumable&upload_id=s"
RANGE = re.compile(r"^bytes (?:\*|(\d+)-(\d+))/(\d+)$")
BYTES = bytes(range(256)) * 1024 * 3 + b"the end"  # three whole chunks and a short one
ASSET = video(bytes=len(BYTES), width=1920, height=1080)
DRAFT = publication("Monsoon\n\nThe sale has begun", media=(ASSET,), options=KIDS)
WHO = YOUTUBE.account


class Sessions:
    """`s1`, `s2`…; an entry of `answers` is given instead of taking a request, and `short` bytes are stored at most."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.done: set[str] = set()
        self.answers: list[httpx.Response | Exception | None] = []
        self.short: int | None = None

    def open(self, request: httpx.Request) -> httpx.Response:
        session = f"{SESSION}{len(self.stored) + 1}"
        self.stored[session] = b""
        return httpx.Response(200, headers={"location": session})

    def put(self, request: httpx.Request) -> httpx.Response:
        session = str(request.url)
        planned = self.answers.pop(0) if self.answers else None
        if isinstance(planned, Exception):
            raise planned
        if planned is not None:
            return planned
        given = RANGE.match(request.headers["content-range"])
        assert given is not None
        assert int(request.headers["content-length"]) == len(request.content)
        if given[1] is not None:
            self._store(session, int(given[1]), int(given[2]), int(given[3]), request.content)
        if len(self.stored[session]) == int(given[3]):
            self.done.add(session)
            return answer(201, resource("private", "uploaded"))
        kept = len(self.stored[session])
        return httpx.Response(308, headers={"range": f"bytes=0-{kept - 1}"} if kept else {})

    def _store(self, session: str, first: int, last: int, total: int, content: bytes) -> None:
        assert first == len(self.stored[session]), "a chunk begins where the stored bytes end"
        assert len(content) == last - first + 1
        assert last + 1 == total or len(content) % UNIT == 0
        self.stored[session] += content[: self.short]


def begun(sessions: Sessions | None = None, **settings: Any) -> tuple[Bench, Sessions]:
    """A channel that sends two chunks of 256 KiB a run; every video is processed already."""
    sessions = sessions or Sessions()
    built = bench("youtube", {"chunk_bytes": UNIT, "chunks_per_run": 2, **settings})
    built.media.files[ASSET.id] = BYTES
    built.network.on("POST", UPLOAD, sessions.open).on("PUT", UPLOAD, sessions.put)
    built.network.on("GET", VIDEOS, listed(resource("private")))
    return built, sessions


async def prepare(built: Bench, saved: Saved, given: PublicationDraft = DRAFT) -> Ready | Pending:
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def until_ready(built: Bench, saved: Saved, runs: int = 12, given: PublicationDraft = DRAFT) -> Ready:
    for _ in range(runs):
        found = await prepare(built, saved, given)
        if isinstance(found, Ready):
            return found
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError(f"not ready after {runs} runs")


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


def uploaded(minutes_ago: float = 20, **changes: Any) -> Saved:
    """A handle whose video was uploaded a while ago."""
    saved = Saved(YOUTUBE.handle)
    known = {"video_id": VIDEO, "uploaded_at": (NOW - timedelta(minutes=minutes_ago)).isoformat(), **changes}
    saved.handle = saved.kept.model_copy(update={"state": known, "ready": False})
    return saved


def ranges(built: Bench) -> list[str]:
    """What was put, in order."""
    return [request.headers["content-range"] for request in built.network.requests if request.method == "PUT"]


def sized(size: int) -> MediaAsset:
    return video(bytes=size)


PLAYLIST = "/youtube/v3/playlistItems"


def upload_entry(video_id: str = VIDEO, minutes: float = 1, **words: str) -> dict[str, object]:
    """An entry of the uploads list."""
    at = (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    snippet = {"title": "Monsoon", "description": DRAFT.text, "publishedAt": at, **words}
    return {"snippet": snippet, "contentDetails": {"videoId": video_id}}
