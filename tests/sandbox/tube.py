"""A client of the emulated YouTube. Every call and answer is checked against Google's description of the API."""

from __future__ import annotations

from typing import Any

import httpx

from tests.judges.discovery import Discovery
from tests.sandbox.conftest import Client, video

CHANNEL, UPLOADS = "UCmunadisandboxdefault00", "UUmunadisandboxdefault00"
API, UPLOAD = "/youtube/api/youtube/v3", "/youtube/api/upload/youtube/v3"
UNIT = 262_144
CLIP = video(1)
PARTS = "snippet,status"
JUDGE = Discovery("/youtube/api")
PRIVATE, PUBLIC = {"privacyStatus": "private"}, {"privacyStatus": "public"}


class Tube(Client):
    channel, base, token = "youtube", API, "ya29.sandboxMunadiAccessToken"

    def call(self, method: str, path: str, token: str | None = None, **rest: Any) -> httpx.Response:
        answer = super().call(method, path, token, **rest)
        if answer.is_success and "/api/" in answer.request.url.path:
            assert JUDGE.request(answer.request) + JUDGE.answer(answer.request, answer) == []
        return answer

    def start(self, body: Any = None, size: int = len(CLIP), part: str = PARTS) -> httpx.Response:
        body = body or {"snippet": {"title": "T", "categoryId": "22"}, "status": PRIVATE}
        headers = {"x-upload-content-length": str(size), "x-upload-content-type": "video/mp4"}
        params = {"uploadType": "resumable", "part": part}
        return self.call("POST", f"{UPLOAD}/videos", json=body, headers=headers, params=params)

    def session(self, body: Any = None, size: int = len(CLIP), part: str = PARTS) -> str:
        return self.start(body, size, part).headers["location"]

    def put(self, session: str, content: bytes, content_range: str | None = None) -> httpx.Response:
        headers = {"content-range": content_range} if content_range else {}
        return self.call("PUT", session, content=content, headers=headers)

    def upload(self, content: bytes = CLIP, title: str = "T", **status: Any) -> str:
        """The id of a new video, which is private unless `status` says otherwise."""
        body = {"snippet": {"title": title}, "status": PRIVATE | status}
        answer = self.put(self.session(body, len(content)), content)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def update(self, video_id: str, **status: Any) -> httpx.Response:
        return self.call("PUT", "videos", params={"part": "status"}, json={"id": video_id, "status": status})

    def video(self, video_id: str, part: str = "status,processingDetails") -> dict[str, Any]:
        """The parts of a video; nothing when it is not shown."""
        listed = self.get("videos", part=part, id=video_id).json()["items"]
        return listed[0] if listed else {}
