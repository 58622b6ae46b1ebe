"""A client of the emulated Bluesky's video service; each call has a service token of its own."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.sandbox.conftest import Bluesky, video

SERVICE = "did:web:video.bsky.app"
LIMITS, STORE = "app.bsky.video.getUploadLimits", "com.atproto.repo.uploadBlob"
FILM = video(1)
PART = len(FILM) // 3 + 1  # three parts, the last one shorter


class Films:
    def __init__(self, bluesky: Bluesky) -> None:
        self.bluesky, self.sandbox = bluesky, bluesky.sandbox
        self.server = str(bluesky.xrpc("server.describeServer", "", "GET").json()["did"])

    def auth(self, **query: Any) -> httpx.Response:
        return self.bluesky.xrpc("server.getServiceAuth", method="GET", params=query)

    def token(self, **query: Any) -> str:
        return str(self.auth(**{"aud": self.server, "lxm": STORE} | query).json()["token"])

    def call(self, method: str, name: str, token: str | None = None, **rest: Any) -> httpx.Response:
        token = self.token() if token is None else token
        return self.bluesky.call(method, f"/bluesky/video/xrpc/app.bsky.video.{name}", token, **rest)

    def upload(self, body: bytes = FILM, token: str | None = None, kind: str = "video/mp4", **query: str) -> Any:
        params, headers = {"did": self.bluesky.did, "name": "a.mp4", **query}, {"content-type": kind}
        return self.call("POST", "uploadVideo", token, content=body, headers=headers, params=params)

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "getJobStatus", "", params={"jobId": job_id}).json()["jobStatus"]
        return found

    def limits(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "getUploadLimits", self.token(aud=SERVICE, lxm=LIMITS)).json()
        return found

    def now(self) -> int:
        return int(time.time() + self.sandbox.control("GET", "/clock")["shiftSeconds"])

    # Uploads in parts
    def start(self, **facts: Any) -> httpx.Response:
        return self.call("POST", "startUpload", json={"sizeBytes": len(FILM), "mimeType": "video/mp4", **facts})

    def begun(self, **facts: Any) -> str:
        answer = self.start(**facts)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["jobId"])

    def send(self, job_id: str, number: int | str, body: bytes | None = None) -> httpx.Response:
        if body is None:
            body = FILM[(int(number) - 1) * PART : int(number) * PART]
        headers = {"content-type": "application/octet-stream"}
        params = {"jobId": job_id, "partNumber": number}
        return self.call("POST", "uploadPart", params=params, content=body, headers=headers)

    def end(self, how: str, job_id: str) -> httpx.Response:
        """finishUpload or abortUpload."""
        return self.call("POST", f"{how}Upload", json={"jobId": job_id})

    def progress(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "getUploadStatus", params={"jobId": job_id}).json()
        return found

    def completed(self) -> tuple[str, str]:
        job_id = self.begun()
        for number in (1, 2, 3):
            self.send(job_id, number)
        return job_id, self.end("finish", job_id).json()["completedJobId"]
