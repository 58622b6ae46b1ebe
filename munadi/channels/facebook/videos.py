"""Videos of all kinds: uploaded ahead of the slot, and read by their id, which the first answer has.

Facebook publishes an upload once, however often its finish is sent, so the id is a strong key. Every call raises
ChannelError.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from munadi.channels.facebook.errors import incomplete
from munadi.channels.facebook.graph import PageGraph
from munadi.channels.facebook.spec import Kind
from munadi.channels.facebook.state import Case, Upload
from munadi.channels.facebook.wire import VIDEO_FIELDS, VideoStatus, read_status
from munadi.channels.http import given_id, no_proof
from munadi.channels.meta.errors import number
from munadi.channels.meta.graph import words
from munadi.domain.account import ConnectedAccount
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Published
from munadi.ports import MediaReader

EDGES = {Kind.REEL: "video_reels", Kind.VIDEO: "videos", Kind.STORY: "video_stories"}
# Read and sent so much at a time, whatever the network would take.
PART = 4 * 1024 * 1024
QUICK_FOR, SLOW_FOR = timedelta(seconds=30), timedelta(minutes=5)


async def start(case: Case, asset: MediaAsset) -> Upload:
    """Begin the upload of a video. Raises ChannelError."""
    is_plain = case.kind is Kind.VIDEO
    form = {"upload_phase": "start", **({"file_size": str(asset.bytes)} if is_plain else {})}
    answer = await case.graph.post(case.path(EDGES[case.kind]), case.token, form)
    video_id, session_id = (given_id(answer.field(name)) for name in ("video_id", "upload_session_id"))
    url = words(answer.field("upload_url"))
    if video_id is None or not (session_id if is_plain else url):
        raise incomplete("an upload without an id or an address")
    until = number(answer.field("end_offset")) or 0
    known: dict[str, Any] = {"session_id": session_id, "until": until} if is_plain else {"url": url}
    return Upload(video_id=video_id, started_at=case.graph.now(), **known)


async def send_rest(case: Case, upload: Upload, asset: MediaAsset, offset: int) -> None:
    """A reel's or story's bytes from `offset` on, in one request."""
    content = _parts(case.graph.tools.media, asset, offset)
    await case.graph.send_bytes(upload.url or "", case.token, content, offset, asset.bytes)


async def send_part(case: Case, upload: Upload, asset: MediaAsset) -> Upload:
    """A video's next part; the answer names the one after it."""
    length = min(max(upload.until - upload.offset, 1), PART) if upload.until else PART
    files = {"video_file_chunk": await case.graph.tools.media.read(asset, upload.offset, length)}
    form = {"upload_phase": "transfer", "start_offset": str(upload.offset)}
    form["upload_session_id"] = upload.session_id or ""
    answer = await case.graph.post(case.path("videos"), case.token, form, files=files)
    at = number(answer.field("start_offset"))
    if at is None or at <= upload.offset:
        raise incomplete("a part that was not stored")
    return upload.model_copy(update={"offset": at, "until": number(answer.field("end_offset")) or 0})


async def status_of(graph: PageGraph, account: ConnectedAccount, video_id: str) -> VideoStatus:
    """An answer without a status proves nothing, least of all that nothing is published."""
    answer = await graph.get(video_id, account.token, {"fields": VIDEO_FIELDS})
    if not isinstance(answer.field("status"), dict):
        raise no_proof(answer)
    return read_status(answer)


def wait(case: Case, since: timedelta) -> timedelta:
    """When to read a video again that has been processing for so long: the longer, the rarer."""
    return case.graph.settings.poll_wait(since, QUICK_FOR, SLOW_FOR)


def published(case: Case, video_id: str, status: VideoStatus) -> Published:
    """A live video. Facebook gives its permalink as a path."""
    path = status.permalink or (f"/reel/{video_id}/" if case.kind is Kind.REEL else f"/{video_id}")
    url = path if path.startswith(("https://", "http://")) else f"{case.graph.settings.site}/{path.lstrip('/')}"
    return Published(post_id=video_id, url=url, published_at=status.created_at)


async def _parts(media: MediaReader, asset: MediaAsset, offset: int) -> AsyncIterator[bytes]:
    for at in range(offset, asset.bytes, PART):
        yield await media.read(asset, at, min(PART, asset.bytes - at))
