"""TikTok in memory: it counts the bytes of an upload and publishes with the last one."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from munadi.channels.tiktok.state import Prepared
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Pending, Preparation, Ready
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import Bench, bench, publication, video
from tests.channels.network import answer
from tests.channels.scene_tiktok import (
    CREATOR,
    CREATOR_INFO,
    HOSTS,
    POST_ID,
    SETTINGS,
    STATUS,
    UPLOAD_PATH,
    WHO,
    done,
    refused,
)

RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")
INIT, PHOTOS, CANCEL = (f"/v2/post/publish/{path}/" for path in ("video/init", "content/init", "cancel"))
BYTES = bytes(range(44))  # five chunks of 8, the last one has 12
PREPARED = {"v_pub~1": BYTES[:32]}  # all but the last chunk
OPTIONS = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
VIDEO = publication("Monsoon", media=(video(bytes=len(BYTES)),), options=OPTIONS)


def state_of(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


def bodies(built: Bench, path: str) -> list[dict[str, Any]]:
    return [json.loads(request.content) for request in built.network.sent(path)]


class TikTokInMemory:
    """`answers` replace the answers to chunks, in order. None accepts a chunk, `lost` accepts it without an answer."""

    def __init__(self, known: Preparation | None = None) -> None:
        self.uploads: dict[str, bytes] = {}
        self.sizes: dict[str, int] = {}
        self.answers: list[httpx.Response | Exception | str | None] = []
        self.creator: dict[str, Any] = dict(CREATOR_INFO)
        self.saved = Saved(known)
        self.bench: Bench = bench("tiktok", SETTINGS)
        self.bench.media.files["med_0"] = BYTES
        network = self.bench.network
        network.reading_posts = (STATUS, CREATOR)
        network.on("POST", CREATOR, lambda _: done(self.creator)).on("POST", INIT, self.init)
        network.on("POST", STATUS, self.status).on("PUT", UPLOAD_PATH, self.put)

    def init(self, request: httpx.Request) -> httpx.Response:
        name = f"v_pub~{len(self.uploads) + 1}"
        source = json.loads(request.content)["source_info"]
        self.uploads[name], self.sizes[name] = b"", source.get("video_size", 0)
        data = {"publish_id": name}
        if source["source"] == "FILE_UPLOAD":
            data["upload_url"] = f"{HOSTS['upload']}/video/?upload_token=secret-{name}"
        return done(data)

    def put(self, request: httpx.Request) -> httpx.Response:
        name = request.url.params["upload_token"].removeprefix("secret-")
        planned = self.answers.pop(0) if self.answers else None
        if isinstance(planned, Exception):
            raise planned
        if isinstance(planned, httpx.Response):
            return planned
        given = RANGE.match(request.headers["content-range"])
        assert given is not None
        first, last, total = (int(number) for number in given.groups())
        assert (len(request.content), total) == (last - first + 1, self.sizes[name])
        if first != len(self.uploads[name]):
            return answer(416)
        self.uploads[name] += request.content
        if planned == "lost":
            raise httpx.ReadTimeout("the answer was lost")
        return httpx.Response(201 if last + 1 == total else 206)

    def status(self, request: httpx.Request) -> httpx.Response:
        name = json.loads(request.content)["publish_id"]
        if name not in self.uploads:
            return refused(400, "invalid_publish_id")
        uploaded = len(self.uploads[name])
        if uploaded < self.sizes[name]:
            return done({"status": "PROCESSING_UPLOAD", "uploaded_bytes": uploaded})
        return done({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [POST_ID]})

    @property
    def state(self) -> Prepared:
        return state_of(self.saved)

    def called(self, path: str) -> int:
        return len(self.bench.network.sent(path))

    async def prepare(self, given: PublicationDraft = VIDEO) -> Ready | Pending:
        return await self.bench.prepare(given, WHO, self.saved)

    async def publish(self, given: PublicationDraft = VIDEO) -> Any:
        return await self.bench.publish(given, WHO, self.saved)

    async def until_ready(self, given: PublicationDraft = VIDEO, *, patient: bool = False) -> Ready:
        """`patient`: retry after errors, as the activity does."""
        for _ in range(30):
            try:
                found = await self.prepare(given)
            except ChannelError:
                if not patient:
                    raise
                continue
            if isinstance(found, Ready):
                return found
            self.bench.clock.forward(seconds=found.after.total_seconds())
        raise AssertionError("never ready")
