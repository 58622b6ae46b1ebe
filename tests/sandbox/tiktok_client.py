"""A client of the emulated TikTok, and the bodies it sends."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_tiktok_login import TOKEN

FILE = b"0123456789" * 5  # no video: five chunks of ten bytes
INFO = {"title": "Waves", "privacy_level": "PUBLIC_TO_EVERYONE"}


class TikTok:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def post(self, path: str, body: Any = None, token: str = TOKEN) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return self.sandbox.http.post(f"/tiktok/api/v2/{path}", json=body or {}, headers=headers)

    def code(self, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, str]:
        answer = self.post(path, body, token)
        return answer.status_code, answer.json()["error"]["code"]

    def data(self, path: str, body: Any = None, token: str = TOKEN) -> dict[str, Any]:
        answer = self.post(path, body, token)
        assert answer.json()["error"]["code"] == "ok", answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def status(self, publish_id: str) -> dict[str, Any]:
        return self.data("post/publish/status/fetch/", {"publish_id": publish_id})

    def settled(self, publish_id: str) -> dict[str, Any]:
        for _ in range(200):
            status = self.status(publish_id)
            if not status["status"].startswith("PROCESSING"):
                break
            time.sleep(0.02)
        return status

    def set(self, what: str, kind: str, **value: Any) -> None:
        self.sandbox.control("PUT", f"/{what}", {"channel": "tiktok", "kind": kind, **value})

    def put(self, url: str, first: int, last: int, total: int = 50, **headers: str) -> httpx.Response:
        given = {"content-type": "video/mp4", "content-range": f"bytes {first}-{last}/{total}", **headers}
        return self.sandbox.http.put(url, content=FILE[first : last + 1], headers=given)


def calm(sandbox: Sandbox) -> TikTok:
    """Small chunks, no waiting, and calls enough."""
    network = TikTok(sandbox)
    network.set("limits", "minChunkBytes", value=10)
    network.set("limits", "initPerMinute", value=100)
    network.set("limits", "statusPerMinute", value=1000)
    for kind in ("processing", "moderation"):
        network.set("delays", kind, seconds=0)
    return network


def file(size: int = 50, chunk: int = 10, count: int = 5, **info: Any) -> dict[str, Any]:
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    return {"post_info": {**INFO, **info}, "source_info": source}


def photo(urls: list[str], **info: Any) -> dict[str, Any]:
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
    post = {"title": "Title", "description": "Text", "privacy_level": "PUBLIC_TO_EVERYONE", **info}
    return {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": post, "source_info": source}


def begun(tiktok: TikTok) -> tuple[str, str]:
    data = tiktok.data("post/publish/video/init/", file())
    return data["publish_id"], data["upload_url"]
