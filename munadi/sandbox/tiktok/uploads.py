"""`PUT <upload_url>`: chunks in sequence, 206 until the last byte, which publishes by itself (201)."""

from __future__ import annotations

import re

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.tiktok.model import Publish
from munadi.sandbox.tiktok.platform import HOUR, Platform
from munadi.sandbox.tiktok.processing import Processing

RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")
TYPES = {"video/mp4", "video/quicktime", "video/webm"}


class Uploads:
    def __init__(self, platform: Platform, processing: Processing) -> None:
        self._platform = platform
        self._processing = processing
        self._bytes: dict[str, bytearray] = {}

    def clear(self) -> None:
        self._bytes.clear()

    def publish_of(self, call: Call) -> Publish | None:
        token = call.query.get("upload_token", "")
        return next((one for one in self._platform.publishes if token and one.upload_token == token), None)

    def is_last(self, call: Call) -> bool:
        given = RANGE.match(call.headers.get("content-range", ""))
        return given is not None and int(given[2]) + 1 == int(given[3])

    async def put(self, call: Call) -> Answer:
        publish = self.publish_of(call)
        if publish is None or publish.cancelled or (publish.uploaded and publish.id not in self._bytes):
            return Answer(404)
        if publish.accepted_at is None and self._platform.clock.now() >= publish.created_at + HOUR:
            return Answer(403)
        given = RANGE.match(call.headers.get("content-range", ""))
        if given is None or call.content_type not in TYPES:
            return Answer(400)
        first, last, total = (int(number) for number in given.groups())
        if total != publish.size or last - first + 1 != len(call.body):
            return Answer(400)
        if first != publish.uploaded:
            return Answer(416, None, self._progress(publish))
        if not self._is_chunk(publish, first, last):
            return Answer(400)
        held = self._bytes.setdefault(publish.id, bytearray())
        held += call.body
        publish.uploaded = len(held)
        self._platform.publishes.put(publish.id, publish)
        if publish.uploaded < publish.size:
            return Answer(206, None, self._progress(publish), effect=True)
        self._processing.accept(publish, body=bytes(held))
        held.clear()
        return Answer(201, None, self._progress(publish), effect=True)

    def _is_chunk(self, publish: Publish, first: int, last: int) -> bool:
        index, rest = divmod(first, publish.chunk_size)
        if rest or index >= publish.chunks:
            return False
        end = publish.size if index == publish.chunks - 1 else first + publish.chunk_size
        return last + 1 == end

    def _progress(self, publish: Publish) -> dict[str, str]:
        return {"content-range": f"bytes 0-{publish.uploaded}/{publish.size}"}
