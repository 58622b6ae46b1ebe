"""A client of the emulated YouTube. Every call and answer is checked against Google's description of the API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.judges.discovery import Discovery
from tests.sandbox.conftest import Sandbox, video

CHANNEL, UPLOADS = "UCmunadisandboxdefault00", "UUmunadisandboxdefault00"
TOKEN, GRANT = "ya29.sandboxMunadiAccessToken", "1//0sandboxMunadiRefreshToken"
API, UPLOAD = "/youtube/api/youtube/v3", "/youtube/api/upload/youtube/v3"
APP = {"client_id": "a", "client_secret": "b"}
UNIT = 262_144
DAY = 86_400
CLIP = video(1)
PARTS = "snippet,status"
JUDGE = Discovery("/youtube/api")


class Tube:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = TOKEN
        for kind in ("processing", "listing"):
            sandbox.control("PUT", "/delays", {"channel": "youtube", "kind": kind, "seconds": 0})

    def call(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | rest.pop("headers", {})
        answer = self.sandbox.http.request(method, path, headers=headers, **rest)
        if answer.is_success:
            assert JUDGE.request(answer.request) + JUDGE.answer(answer.request, answer) == []
        return answer

    def start(self, body: Any = None, size: int = len(CLIP), part: str = PARTS) -> httpx.Response:
        body = body or {"snippet": {"title": "T", "categoryId": "22"}, "status": {"privacyStatus": "private"}}
        headers = {"x-upload-content-length": str(size), "x-upload-content-type": "video/mp4"}
        params = {"uploadType": "resumable", "part": part}
        return self.call("POST", f"{UPLOAD}/videos", json=body, headers=headers, params=params)

    def put(self, session: str, content: bytes, content_range: str | None = None) -> httpx.Response:
        headers = {"content-range": content_range} if content_range else {}
        return self.call("PUT", session, content=content, headers=headers)

    def upload(self, content: bytes = CLIP, **body: Any) -> dict[str, Any]:
        session = self.start(body or None, len(content)).headers["location"]
        answer = self.put(session, content)
        assert answer.status_code == 201, answer.text
        resource: dict[str, Any] = answer.json()
        return resource

    def video(self, video_id: str, part: str = "status,processingDetails") -> dict[str, Any] | None:
        listed = self.call("GET", f"{API}/videos", params={"part": part, "id": video_id}).json()["items"]
        return listed[0] if listed else None

    def set(self, what: str, kind: str, **value: Any) -> None:
        self.sandbox.control("PUT", f"/{what}", {"channel": "youtube", "kind": kind, **value})


@pytest.fixture
def tube(sandbox: Sandbox) -> Tube:
    return Tube(sandbox)


def reason(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"]
