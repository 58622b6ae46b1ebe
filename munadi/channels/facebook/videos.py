"""Videos of all kinds: uploaded ahead of the slot, and looked at by their id, known from the first answer.

Facebook publishes an upload once, however often its finish is asked for, so the id is a strong key.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from munadi.channels.facebook.errors import WRONG_OFFSET, codes_of
from munadi.channels.facebook.graph import Graph, token_of
from munadi.channels.facebook.spec import Kind, Settings
from munadi.channels.facebook.state import VIDEO_FIELDS, Upload, VideoStatus, read_status
from munadi.channels.http import ChannelTools, given_id, no_proof
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Published

EDGES = {Kind.REEL: "video_reels", Kind.VIDEO: "videos", Kind.STORY: "video_stories"}
# Read and sent so much at a time, whatever the network would take.
PART = 4 * 1024 * 1024
QUICK_FOR, SLOW_FOR = timedelta(seconds=30), timedelta(minutes=5)


class Videos:
    """The calls that concern one video."""

    def __init__(self, graph: Graph, settings: Settings, tools: ChannelTools) -> None:
        self._graph = graph
        self._settings = settings
        self._tools = tools

    async def start(self, account: ConnectedAccount, kind: Kind, asset: MediaAsset) -> Upload:
        """Begin an upload. Raises ChannelError."""
        form = {"upload_phase": "start"}
        if kind is Kind.VIDEO:
            form["file_size"] = str(asset.bytes)
        path = f"{account.external_id}/{EDGES[kind]}"
        answer = await self._graph.post(path, account, form, video=kind is Kind.VIDEO)
        video_id, session_id = (given_id(answer.field(name)) for name in ("video_id", "upload_session_id"))
        url = answer.field("upload_url")
        if video_id is None or not (session_id if kind is Kind.VIDEO else isinstance(url, str) and url):
            raise _incomplete("an upload without an id or an address")
        return Upload(
            video_id=video_id,
            started_at=self._tools.clock.now(),
            url=None if kind is Kind.VIDEO else url,
            session_id=session_id if kind is Kind.VIDEO else None,
            until=_offset(answer.field("end_offset")) or 0,
        )

    async def send_rest(self, account: ConnectedAccount, upload: Upload, asset: MediaAsset, offset: int) -> None:
        """A reel's or story's bytes from `offset` on, in one request. Raises ChannelError."""
        content = self._parts(asset, offset)
        await self._graph.send_bytes(upload.url or "", account, content, offset, asset.bytes)

    async def send_part(self, account: ConnectedAccount, upload: Upload, asset: MediaAsset) -> Upload:
        """A video's next part; the answer tells which one is wanted then. Raises ChannelError."""
        length = min(max(upload.until - upload.offset, 1), PART) if upload.until else PART
        part = await self._tools.media.read(asset, upload.offset, length)
        form = {
            "upload_phase": "transfer",
            "upload_session_id": upload.session_id or "",
            "start_offset": str(upload.offset),
        }
        files = {"video_file_chunk": part}
        answer = await self._graph.post(f"{account.external_id}/videos", account, form, files=files, video=True)
        start = _offset(answer.field("start_offset"))
        if start is None or start <= upload.offset:
            raise _incomplete("a part that was not stored")
        return upload.model_copy(update={"offset": start, "until": _offset(answer.field("end_offset")) or 0})

    async def status(self, account: ConnectedAccount, video_id: str) -> VideoStatus:
        """Raises ChannelError: an answer without a status says nothing, least of all that nothing is published."""
        answer = await self._graph.get(video_id, token_of(account), {"fields": VIDEO_FIELDS})
        if not isinstance(answer.field("status"), dict):
            raise no_proof(answer)
        return read_status(answer)

    def wait(self, since: timedelta) -> timedelta:
        """When to look again at a video that is being worked on since then: the longer, the rarer."""
        if since < QUICK_FOR:
            return self._settings.poll_quick
        return self._settings.poll_slow if since < SLOW_FOR else self._settings.poll_idle

    def published(self, video_id: str, status: VideoStatus, kind: Kind) -> Published:
        """A live video. Facebook gives its permalink as a path."""
        site = self._settings.hosts.auth.rstrip("/")
        path = status.permalink or (f"/reel/{video_id}/" if kind is Kind.REEL else f"/{video_id}")
        url = path if path.startswith("https://") or path.startswith("http://") else f"{site}/{path.lstrip('/')}"
        return Published(post_id=video_id, url=url, published_at=status.created_at)

    async def _parts(self, asset: MediaAsset, offset: int) -> AsyncIterator[bytes]:
        for start in range(offset, asset.bytes, PART):
            yield await self._tools.media.read(asset, start, min(PART, asset.bytes - start))


def died(status: VideoStatus, sorting: Sorting) -> ChannelError:
    """A video that Facebook could not take, in its own words."""
    return ChannelError(
        Reason.MEDIA_PROCESSING_FAILED,
        sorting,
        "Facebook: the video could not be processed",
        provider_code=status.video_status or "error",
        provider_message=(status.error or "")[:MAX_MESSAGE] or None,
    )


def wanted_offsets(error: ChannelError) -> tuple[int, int] | None:
    """Where to go on after 1363037: `error_data` is an object, or one written as JSON."""
    if WRONG_OFFSET not in codes_of(error):
        return None
    try:
        data: Any = json.loads(error.raw or "")["error"]["error_data"]
        data = json.loads(data) if isinstance(data, str) else data
        return int(data["start_offset"]), int(data["end_offset"])
    except (ValueError, TypeError, KeyError):
        return None


def _offset(value: Any) -> int | None:
    """Offsets are numbers written as text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _incomplete(what: str) -> ChannelError:
    return ChannelError(Reason.PROVIDER_OUTAGE, Sorting.UNKNOWN, f"Facebook answered with {what}", "INCOMPLETE_ANSWER")
