"""Reels and videos: start, bytes, processing, finish. Bytes of unfinished uploads live in memory only.

A finish of what is finished already answers success and changes nothing; Meta documents no answer to it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook import errors
from munadi.sandbox.facebook.errors import upload_refused
from munadi.sandbox.facebook.fetching import VIDEO_BYTES, fetch, image_type, video_problem
from munadi.sandbox.facebook.graph import DAY, READ, Graph, graph_time, new_id
from munadi.sandbox.facebook.graph import POST as PUBLISH
from munadi.sandbox.facebook.model import Page, Post, Video
from munadi.sandbox.facebook.parameters import file_in, parameters
from munadi.sandbox.facebook.site import video_path
from munadi.sandbox.graph.errors import bad_parameter, missing_object, refuse
from munadi.sandbox.graph.parameters import fields, flag, whole_number
from munadi.sandbox.media import sniff

CHUNK = 1024 * 1024
VIDEO_FIELDS = {"id", "status", "published", "permalink_url", "post_id", "created_time", "description", "title"}


class Videos:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._bytes: dict[str, bytearray] = {}

    async def start(self, call: Call) -> Answer:
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        kind = _kind(call)
        size = whole_number(parameters(call), "file_size", 0) if kind == "video" else 0
        if kind == "video" and size <= 0:
            raise bad_parameter("The parameter file_size is required.")
        video = self._begin(page, kind, size)
        if video.is_reel:
            version = next((part for part in call.path.split("/") if part.startswith("v")), "v26.0")
            url = f"{call.base_url}/facebook/upload/video-upload/{version}/{video.id}"
            return Answer(200, {"video_id": video.id, "upload_url": url}, effect=True)
        offsets = {"start_offset": "0", "end_offset": str(min(CHUNK, size))}
        body = {"video_id": video.id, "upload_session_id": video.session_id, **offsets}
        return Answer(200, body, effect=True)

    async def upload(self, call: Call) -> Answer:
        """rupload: the bytes from `offset` on, or a `file_url` to pull. What arrives is kept, whole or not."""
        page = self._graph.caller(call, PUBLISH)
        video = self._video(call.path.split("/")[-1], page, call)
        if video.uploaded_at is not None:
            raise upload_refused("OffsetInvalidError", "Every byte of the video has arrived already")
        stored = self._bytes.setdefault(video.id, bytearray())
        if url := call.headers.get("file_url"):
            body, video.size = await fetch(url, VIDEO_BYTES, errors.VIDEO_UNFETCHABLE), 0
            stored[:] = b""
        else:
            body, offset = call.body, call.headers.get("offset", "0")
            video.size = int(call.headers.get("file_size", "0") or 0)
            if not offset.isdecimal() or int(offset) != len(stored):
                raise upload_refused("OffsetInvalidError", f"Request starting offset is invalid, not {len(stored)}")
        stored += body[: max(self._graph.limits["bytesPerUpload"], 1)]
        video.size = video.size or len(stored)
        if len(stored) < video.size:
            self._graph.videos.put(video.id, video)
            raise upload_refused("PartialRequestError", "Partial request (did not match length of file)")
        await self._complete(video)
        return Answer(200, {"success": True, "message": "Upload successful."}, effect=True)

    async def transfer(self, call: Call) -> Answer:
        """One chunk of a video; a wrong offset names the right one."""
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        video = self._session(values, page)
        part, received = file_in(call, "video_file_chunk"), self._received(video)
        wanted = {"start_offset": str(received), "end_offset": str(min(received + CHUNK, video.size))}
        if values.get("start_offset") != wanted["start_offset"]:
            raise refuse(errors.WRONG_OFFSET, data=wanted)
        if not part or video.uploaded_at is not None:
            raise bad_parameter("The parameter video_file_chunk is required.")
        stored = self._bytes.setdefault(video.id, bytearray())
        stored += part[: video.size - received]
        if len(stored) == video.size:
            await self._complete(video)
        start, end = len(stored), min(len(stored) + CHUNK, video.size)
        return Answer(200, {"start_offset": str(start), "end_offset": str(end)}, effect=True)

    async def finish(self, call: Call) -> Answer:
        """Without any await, so that of two calls at once only one publishes."""
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        kind = _kind(call)
        video = self._session(values, page) if kind == "video" else self._video(values.get("video_id", ""), page, call)
        if video.finished_at is not None and not video.draft:
            return Answer(200, self._finished(video))
        if video.uploaded_at is None or video.kind != kind or self.state(video) == "expired":
            raise refuse(errors.VIDEO_INVALID)
        if kind == "reel":
            self._require_quota(page)
        if thumb := file_in(call, "thumb"):
            self._cover(video, thumb)
        self._make_public(video, page, values)
        return Answer(200, self._finished(video), effect=True)

    async def thumbnail(self, call: Call) -> Answer:
        """`POST /{video}/thumbnails` with `source`: its cover from now on."""
        page = self._graph.caller(call, PUBLISH)
        video = self._video(call.path.split("/")[-2], page, call)
        self._cover(video, file_in(call, "source") or b"")
        self._graph.videos.put(video.id, video)
        return Answer(200, {"success": True}, effect=True)

    async def delete(self, call: Call) -> Answer:
        """A video goes, and the post that shows it."""
        page = self._graph.caller(call, PUBLISH)
        video = self._video(call.path.split("/")[-1], page, call)
        self._bytes.pop(video.id, None)
        self._graph.videos.remove(video.id)
        if video.post_id is not None:
            self._graph.posts.remove(video.post_id)
        return Answer(200, {"success": True}, effect=True)

    async def post_at_once(self, call: Call) -> Answer:
        """`POST /{page}/videos` with `source` or `file_url`: the id at once, processing goes on."""
        page = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        body = file_in(call, "source")
        if body is None:
            body = await fetch(values.get("file_url", ""), VIDEO_BYTES, errors.VIDEO_UNFETCHABLE)
        video = self._begin(page, "video", len(body))
        self._bytes[video.id] = bytearray(body)
        await self._complete(video)
        self._make_public(video, page, values)
        return Answer(200, {"id": video.id}, effect=True)

    async def status(self, call: Call) -> Answer:
        page = self._graph.caller(call, READ)
        video = self._video(call.path.split("/")[-1], page, call)
        wanted = fields(parameters(call), VIDEO_FIELDS, "Video") or ["id"]
        post = self._graph.posts.get(video.post_id or "")
        live = post is not None and self._is_live(video)
        facts: dict[str, Any] = {"id": video.id, "status": self._phases(video), "published": live}
        if post is not None:
            facts |= {"permalink_url": video_path(post), "created_time": graph_time(post.created_at)}
            facts |= {"description": post.message, "title": post.title or "", "post_id": post.number}
        return Answer(200, {name: facts[name] for name in {*wanted, "id"} if name in facts})

    def state(self, video: Video) -> str:
        now = self._graph.clock.now()
        if video.finished_at is None and now >= video.started_at + DAY:
            return "expired"
        if video.uploaded_at is None:
            return "uploading"
        if now < self._ready_at(video):
            return "processing"
        return "error" if video.error else "ready"

    def _phases(self, video: Video) -> dict[str, Any]:
        state = self.state(video)
        sent = "in_progress" if state == "uploading" else "complete"
        uploading = {"status": sent, "bytes_transfered": self._received(video)}
        words = {"processing": "in_progress", "ready": "complete", "error": "error"}
        processing: dict[str, Any] = {"status": words.get(state, "not_started")}
        publishing: dict[str, Any] = {"status": "not_started"}
        if state == "error":
            processing["error"] = {"message": video.error}
        elif video.finished_at is not None:
            publishing["status"] = "complete" if self._is_live(video) or video.draft else "in_progress"
            if publishing["status"] == "complete":
                publishing["publish_status"] = "draft" if video.draft else "published"
        phases = {"uploading_phase": uploading, "processing_phase": processing, "publishing_phase": publishing}
        return {"video_status": state, **phases}

    def _received(self, video: Video) -> int:
        return len(self._bytes.get(video.id, b"")) if video.uploaded_at is None else video.size

    def _is_live(self, video: Video) -> bool:
        post = self._graph.posts.get(video.post_id or "")
        return post is not None and self._graph.is_visible(post)

    def _ready_at(self, video: Video) -> float:
        """A reel is processed once its bytes are there, a video once its finish was asked for."""
        if video.is_reel:
            return (video.uploaded_at or 0) + self._graph.delays["reel"]
        return (video.finished_at or video.uploaded_at or 0) + self._graph.delays["video"]

    def _begin(self, page: Page, kind: str, size: int) -> Video:
        video = Video(new_id("99"), page.id, kind != "video", new_id("77"), size, self._graph.clock.now())
        video.is_story = kind == "story"
        return self._graph.videos.put(video.id, video)

    def _cover(self, video: Video, image: bytes) -> None:
        video.cover = self._graph.shelf.keep(image, image_type(image)).digest

    def _finished(self, video: Video) -> dict[str, Any]:
        """Only a story's finish tells the post."""
        post = self._graph.posts.get(video.post_id or "")
        return {"success": True, **({"post_id": post.number} if post and video.is_story else {})}

    async def _complete(self, video: Video) -> None:
        """Every byte is there; what is wrong with them shows later, in the status."""
        body = bytes(self._bytes.pop(video.id))
        video.error = await asyncio.to_thread(video_problem, body, video.kind)
        video.digest = self._graph.shelf.keep(body, sniff(body) or "application/octet-stream").digest
        video.uploaded_at = self._graph.clock.now()
        self._graph.videos.put(video.id, video)

    def _make_public(self, video: Video, page: Page, values: dict[str, str]) -> None:
        """A post that is visible once processing and publishing have ended; one that cannot be processed never is."""
        now = self._graph.clock.now()
        video.finished_at, video.draft = now, values.get("video_state") == "DRAFT"
        self._graph.videos.put(video.id, video)
        if video.draft or video.error:
            return
        message = "" if video.is_story else values.get("description", "")
        visible_at = max(now, self._ready_at(video)) + self._graph.delays["publish"]
        post = Post(f"{page.id}_{new_id('122')}", page.id, message, video.kind, now, wall_time(), visible_at)
        post.is_published, post.title = flag(values, "published", True), values.get("title")
        post.cover, post.video_id, post.digests, post.alts = (
            video.cover,
            video.id,
            [video.digest or ""],
            [values.get("title", "")],
        )
        self._graph.posts.put(post.id, post)
        video.post_id = post.id
        self._graph.videos.put(video.id, video)

    def _require_quota(self, page: Page) -> None:
        since = self._graph.clock.now() - DAY
        recent = [
            v for v in self._graph.videos if v.kind == "reel" and v.page_id == page.id and (v.finished_at or 0) > since
        ]
        if len(recent) >= self._graph.limits["reelsPerDay"]:
            raise refuse(errors.REELS_QUOTA)

    def _session(self, values: dict[str, str], page: Page) -> Video:
        for video in self._graph.videos:
            if video.session_id == values.get("upload_session_id") and video.page_id == page.id:
                return video
        raise refuse(errors.VIDEO_INVALID)

    def _video(self, video_id: str, page: Page, call: Call) -> Video:
        video = self._graph.videos.get(video_id)
        if video is None or video.page_id != page.id:
            raise missing_object(video_id, call.method)
        return video


def _kind(call: Call) -> str:
    return {"video_reels": "reel", "video_stories": "story"}.get(call.path.split("/")[-1], "video")
