"""One sandbox on a real socket for this folder, reset before each test, and a site with media to fetch."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av
import httpx
import pytest
import uvicorn
from PIL import Image

from munadi.sandbox import SandboxState, create_app
from munadi.sandbox.server import server

PASSWORD = "sand-box2-app3-pass"
HANDLE = "munadi.bsky.test"
INSTAGRAM_ID = "17841400000000001"
INSTAGRAM_TOKEN = "IGsandboxMunadiAccessToken"


class Sandbox:
    """A client of a running sandbox; `control` calls its control API and expects a good answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=5)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"/control{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def plant(self, channel: str, operation: str, mode: str, **rest: Any) -> str:
        fault = {"channel": channel, "operation": operation, "mode": mode, **rest}
        return str(self.control("POST", "/faults", fault)["id"])

    def posts(self, channel: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", f"/posts?channel={channel}")
        return found

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return [call for call in self.control("GET", "/calls") if call["operation"] == operation]


class Bluesky:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = self.xrpc("server.createSession", json={"identifier": HANDLE, "password": PASSWORD}).json()
        self.did = self.session["did"]

    def xrpc(self, name: str, token: str | None = None, method: str = "POST", **rest: Any) -> httpx.Response:
        headers = rest.pop("headers", {}) | ({"authorization": f"Bearer {token}"} if token else {})
        url = f"/bluesky/pds/xrpc/com.atproto.{name}"
        return self.sandbox.http.request(method, url, headers=headers, **rest)

    def put(self, rkey: str, record: dict[str, Any], **rest: Any) -> httpx.Response:
        body = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": rkey, "record": record, **rest}
        return self.xrpc("repo.putRecord", self.session["accessJwt"], json=body)

    def get(self, rkey: str) -> httpx.Response:
        query = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": rkey}
        return self.xrpc("repo.getRecord", method="GET", params=query)

    def upload(self, body: bytes, mime_type: str = "image/png") -> dict[str, Any]:
        headers = {"content-type": mime_type}
        answer = self.xrpc("repo.uploadBlob", self.session["accessJwt"], content=body, headers=headers)
        blob: dict[str, Any] = answer.json()["blob"]
        return blob


class Instagram:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def get(self, path: str, **query: Any) -> httpx.Response:
        query = {"access_token": INSTAGRAM_TOKEN} | query
        return self.sandbox.http.get(f"/instagram/graph/{path}", params=query)

    def post(self, path: str, **form: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {INSTAGRAM_TOKEN}"}
        return self.sandbox.http.post(f"/instagram/graph/v26.0/{path}", data=form, headers=headers)

    def container(self, **form: Any) -> str:
        answer = self.post(f"{INSTAGRAM_ID}/media", **form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def status(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"v26.0/{container}", fields="status_code,status").json()
        return found

    def finished(self, container: str, wanted: str = "FINISHED") -> dict[str, Any]:
        """The status once it is settled; videos are fetched beside the call."""
        for _ in range(100):
            status = self.status(container)
            if status["status_code"] != "IN_PROGRESS":
                break
            time.sleep(0.02)
        assert status["status_code"] == wanted, status
        return status

    def publish(self, container: str) -> httpx.Response:
        return self.post(f"{INSTAGRAM_ID}/media_publish", creation_id=container)


class MediaSite:
    """Serves what a test puts into `files`: path → (bytes, type)."""

    def __init__(self) -> None:
        files: dict[str, tuple[bytes, str]] = {}

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, mime_type = files.get(self.path, (b"no", "text/plain"))
                self.send_response(200 if self.path in files else 404)
                self.send_header("content-type", mime_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.files = files
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)

    def put(self, name: str, body: bytes, mime_type: str) -> str:
        self.files[f"/{name}"] = body, mime_type
        return f"http://127.0.0.1:{self.server.server_port}/{name}"

    def image(self, name: str = "a.jpg", size: tuple[int, int] = (400, 400), format: str = "JPEG") -> str:
        return self.put(name, picture(size, format), f"image/{format.lower()}")


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    state = SandboxState()
    uvicorn_server: uvicorn.Server = server(create_app(state), "127.0.0.1", port)
    thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
    thread.start()
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    yield sandbox
    sandbox.http.close()
    uvicorn_server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.control("POST", "/reset")
    for kind in ("image", "reel", "parent"):
        running.control("PUT", "/delays", {"channel": "instagram", "kind": kind, "seconds": 0})
    return running


@pytest.fixture
def bluesky(sandbox: Sandbox) -> Bluesky:
    return Bluesky(sandbox)


@pytest.fixture
def instagram(sandbox: Sandbox) -> Instagram:
    return Instagram(sandbox)


@pytest.fixture(scope="session")
def site() -> Iterator[MediaSite]:
    media_site = MediaSite()
    thread = threading.Thread(target=media_site.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield media_site
    media_site.server.shutdown()
    media_site.server.server_close()
    thread.join(timeout=5)


def picture(size: tuple[int, int] = (40, 30), format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, format)
    return buffer.getvalue()


def video(seconds: int, codec: str = "h264") -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 90, 160, "yuv420p"
        teal: Any = Image.new("RGB", (90, 160), "teal")
        frames: Any = av.VideoFrame
        for _ in range(24 * seconds + 1):
            container.mux(stream.encode(frames.from_image(teal)))
        container.mux(stream.encode())
    return buffer.getvalue()


def post(text: str = "hello", **rest: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-25T01:00:00.000Z", **rest}
