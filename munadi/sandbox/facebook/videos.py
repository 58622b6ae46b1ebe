"""Reels and videos: start, bytes, processing, finish. Bytes of unfinished uploads live in memory only.

A finish of what is finished already answers success and changes nothing; Meta documents no answer to it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook import model as errors
from munadi.sandbox.facebook.model import PUBLISH, READ, Page, Post, Video, image_type, upload_refused, video_problem
from munadi.sandbox.graph.errors import bad_parameter, bad_parameter_if, refuse, refuse_if
from munadi.sandbox.graph.reading import graph_time, listing, new_id, node_in, parameters, selected, whole_number
from munadi.sandbox.media import sniff

if TYPE_CHECKING:
    from munadi.sandbox.facebook import Facebook

CHUNK = 1024 * 1024


async def start(platform: Facebook, call: Call) -> Answer:
    page = platform.owner(call, node_in(call, -2), PUBLISH)
    kind = _kind(call)
    size = whole_number(parameters(call), "file_size", 0) if kind == "video" else 0
    bad_parameter_if(kind == "video" and size <= 0, "The parameter file_size is required.")
    video = _begin(platform, page, kind, size)
    if video.kind != "video":
        version = next((part for part in call.path.split("/") if part.startswith("v")), "v26.0")
        url = f"{call.base_url}/facebook/upload/video-upload/{version}/{video.id}"
        return Answer(200, {"video_id": video.id, "upload_url": url}, effect=True)
    offsets = {"start_offset": "0", "end_offset": str(min(CHUNK, size))}
    body = {"video_id": video.id, "upload_session_id": video.session_id, **offsets}
    return Answer(200, body, effect=True)


async def upload(platform: Facebook, call: Call) -> Answer:
    """rupload: the bytes from `offset` on. An incomplete upload keeps its bytes."""
    page = platform.caller(call, PUBLISH)
    video = platform.own_video(node_in(call), page, call)
    if video.uploaded_at is not None:
        raise upload_refused("OffsetInvalidError", "Every byte of the video has arrived already")
    stored = platform.received.setdefault(video.id, bytearray())
    offset, video.size = call.headers.get("offset", "0"), int(call.headers.get("file_size", "0") or 0)
    if not offset.isdecimal() or int(offset) != len(stored):
        raise upload_refused("OffsetInvalidError", f"Request starting offset is invalid, not {len(stored)}")
    stored += call.body[: max(platform.limits["bytesPerUpload"], 1)]
    video.size = video.size or len(stored)
    if len(stored) < video.size:
        platform.videos.put(video.id, video)
        raise upload_refused("PartialRequestError", "Partial request (did not match length of file)")
    await _complete(platform, video)
    return Answer(200, {"success": True, "message": "Upload successful."}, effect=True)


async def transfer(platform: Facebook, call: Call) -> Answer:
    """One chunk of a video; a wrong offset names the right one."""
    page = platform.owner(call, node_in(call, -2), PUBLISH)
    values = parameters(call)
    video = _session(platform, values, page)
    part, received = call.parts.get("video_file_chunk"), _received(platform, video)
    wanted = {"start_offset": str(received), "end_offset": str(min(received + CHUNK, video.size))}
    refuse_if(values.get("start_offset") != wanted["start_offset"], errors.WRONG_OFFSET, data=wanted)
    if not part or video.uploaded_at is not None:
        raise bad_parameter("The parameter video_file_chunk is required.")
    stored = platform.received.setdefault(video.id, bytearray())
    stored += part[: video.size - received]
    if len(stored) == video.size:
        await _complete(platform, video)
    start, end = len(stored), min(len(stored) + CHUNK, video.size)
    return Answer(200, {"start_offset": str(start), "end_offset": str(end)}, effect=True)


async def finish(platform: Facebook, call: Call) -> Answer:
    """Without any await, so that of two calls at once only one publishes."""
    page = platform.owner(call, node_in(call, -2), PUBLISH)
    values = parameters(call)
    kind = _kind(call)
    if kind == "video":
        video = _session(platform, values, page)
    else:
        video = platform.own_video(values.get("video_id", ""), page, call)
    if video.finished_at is not None:
        return Answer(200, _finished(platform, video))
    if video.uploaded_at is None or video.kind != kind or _state(platform, video) == "expired":
        raise refuse(errors.VIDEO_INVALID)
    if kind == "reel":
        _require_quota(platform, page)
    if thumb := call.parts.get("thumb"):
        _cover(platform, video, thumb)
    _make_public(platform, video, page, values)
    return Answer(200, _finished(platform, video), effect=True)


async def thumbnail(platform: Facebook, call: Call) -> Answer:
    """`POST /{video}/thumbnails` with `source`: its cover from now on."""
    page = platform.caller(call, PUBLISH)
    video = platform.own_video(node_in(call, -2), page, call)
    _cover(platform, video, call.parts.get("source", b""))
    platform.videos.put(video.id, video)
    return Answer(200, {"success": True}, effect=True)


async def delete(platform: Facebook, call: Call) -> Answer:
    """Delete a video and the post that shows it; a story cannot be deleted."""
    page = platform.caller(call, PUBLISH)
    refuse_if(page.status == "restricted", errors.RESTRICTED)
    video = platform.own_video(node_in(call), page, call)
    post = platform.published.get(video.post_id or "")
    if post is not None and post.kind == "story":
        raise platform.missing(video.id, call)
    platform.received.pop(video.id, None)
    platform.videos.remove(video.id)
    if post is not None:
        platform.remove_post(post)
    return Answer(200, {"success": True}, effect=True)


async def status(platform: Facebook, call: Call) -> Answer:
    page = platform.caller(call, READ)
    return Answer(200, _shown(platform, platform.own_video(node_in(call), page, call), call))


async def list_videos(platform: Facebook, call: Call) -> Answer:
    """Whether it has reels too is not documented; here each has a list of its own."""
    return _list(platform, call, "video")


async def list_reels(platform: Facebook, call: Call) -> Answer:
    return _list(platform, call, "reel")


def _list(platform: Facebook, call: Call, kind: str) -> Answer:
    page = platform.owner(call, node_in(call, -2), READ)
    own = [video for video in platform.videos if video.profile_id == page.id and video.kind == kind]
    posts = {video.id: platform.published.get(video.post_id or "") for video in own}
    listed = [video for video in own if (post := posts[video.id]) is not None and platform.is_listed(post)]
    return listing(call, listed, lambda video: video.started_at, lambda video: _shown(platform, video, call))


def _shown(platform: Facebook, video: Video, call: Call) -> dict[str, Any]:
    post = platform.published.get(video.post_id or "")
    live = post is not None and _is_live(platform, video)
    facts: dict[str, Any] = {"id": video.id, "status": _phases(platform, video), "published": live}
    facts |= {
        "permalink_url": post.video_path if post else None,
        "created_time": graph_time(post.created_at) if post else None,
        "post_id": post.number if post else None,
        "copyright_check_information": {"status": {"status": "completed", "matches_found": False}} if live else None,
    }
    return selected(call, platform.changed(post.id, facts) if post else facts, "id")


def _state(platform: Facebook, video: Video) -> str:
    now = platform.clock.now()
    if video.finished_at is None and now >= video.started_at + DAY:
        return "expired"
    if video.uploaded_at is None:
        return "uploading"
    if now < _ready_at(platform, video):
        return "processing"
    return "error" if video.error else "ready"


def _phases(platform: Facebook, video: Video) -> dict[str, Any]:
    state = _state(platform, video)
    sent = "in_progress" if state == "uploading" else "complete"
    uploading = {"status": sent, "bytes_transfered": _received(platform, video)}
    words = {"processing": "in_progress", "ready": "complete", "error": "error"}
    processing: dict[str, Any] = {"status": words.get(state, "not_started")}
    publishing: dict[str, Any] = {"status": "not_started"}
    if state == "error":
        processing["error"] = {"message": video.error}
    elif video.finished_at is not None:
        publishing["status"] = "complete" if _is_live(platform, video) else "in_progress"
        if publishing["status"] == "complete":
            publishing["publish_status"] = "published"
    phases = {"uploading_phase": uploading, "processing_phase": processing, "publishing_phase": publishing}
    return {"video_status": state, **phases}


def _received(platform: Facebook, video: Video) -> int:
    return len(platform.received.get(video.id, b"")) if video.uploaded_at is None else video.size


def _is_live(platform: Facebook, video: Video) -> bool:
    post = platform.published.get(video.post_id or "")
    return post is not None and platform.is_visible(post)


def _ready_at(platform: Facebook, video: Video) -> float:
    """A reel is processed when all its bytes have arrived, a video after its finish call."""
    if video.kind != "video":
        return (video.uploaded_at or 0) + platform.delays["reel"]
    return (video.finished_at or video.uploaded_at or 0) + platform.delays["video"]


def _begin(platform: Facebook, page: Page, kind: str, size: int) -> Video:
    video = Video(new_id("99", 15), page.id, kind, new_id("77", 15), size, platform.clock.now())
    return platform.videos.put(video.id, video)


def _cover(platform: Facebook, video: Video, image: bytes) -> None:
    video.cover = platform.blob_store.keep(image, image_type(image)).digest


def _finished(platform: Facebook, video: Video) -> dict[str, Any]:
    """Only the answer for a story names the post."""
    post = platform.published.get(video.post_id or "")
    return {"success": True, **({"post_id": post.number} if post and video.kind == "story" else {})}


async def _complete(platform: Facebook, video: Video) -> None:
    """Every byte has arrived; a problem with them shows later, in the status."""
    body = bytes(platform.received.pop(video.id))
    video.error = await asyncio.to_thread(video_problem, body, video.kind)
    video.digest = platform.blob_store.keep(body, sniff(body) or "application/octet-stream").digest
    video.uploaded_at = platform.clock.now()
    platform.videos.put(video.id, video)


def _make_public(platform: Facebook, video: Video, page: Page, values: dict[str, str]) -> None:
    """A post that is visible once processing and publishing have ended; one that cannot be processed never is."""
    now = platform.clock.now()
    video.finished_at = now
    platform.videos.put(video.id, video)
    if video.error:
        return
    message = "" if video.kind == "story" else values.get("description", "")
    visible_at = max(now, _ready_at(platform, video)) + platform.delays["publish"]
    post = Post(f"{page.id}_{new_id('122')}", page.id, message, video.kind, now, wall_time(), visible_at)
    post.cover, post.video_id = video.cover, video.id
    post.digests, post.alts = [video.digest or ""], [values.get("title", "")]
    platform.published.put(post.id, post)
    video.post_id = post.id
    platform.videos.put(video.id, video)


def _require_quota(platform: Facebook, page: Page) -> None:
    since = platform.clock.now() - DAY
    recent = [
        v for v in platform.videos if v.kind == "reel" and v.profile_id == page.id and (v.finished_at or 0) > since
    ]
    refuse_if(len(recent) >= platform.limits["reelsPerDay"], errors.REELS_QUOTA)


def _session(platform: Facebook, values: dict[str, str], page: Page) -> Video:
    for video in platform.videos:
        if video.session_id == values.get("upload_session_id") and video.profile_id == page.id:
            return video
    raise refuse(errors.VIDEO_INVALID)


def _kind(call: Call) -> str:
    return {"video_reels": "reel", "video_stories": "story"}.get(node_in(call), "video")
