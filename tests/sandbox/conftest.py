"""One sandbox on a real socket for this folder, reset before each test, and a site with media to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.channels import servers
from tests.channels.conftest import Oracle
from tests.channels.conftest import running_sandbox as running_sandbox  # fixtures
from tests.channels.conftest import verdicts as verdicts
from tests.channels.connected import jpeg
from tests.channels.connected import mp4 as video  # of 90 by 160 pixels

DAY = 86_400
__all__ = ["video"]
SETTINGS = {"delays": "seconds", "limits": "value", "switches": "enabled"}  # each one's field in a change


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

    def set(self, channel: str, **values: float) -> None:
        """Change delays, limits and switches by their names."""
        known = self.control("GET", "/settings")[channel]
        for kind, value in values.items():
            (what,) = (what for what, kinds in known.items() if kind in kinds)
            self.control("PUT", f"/{what}", {"channel": channel, "kind": kind, SETTINGS[what]: value})

    def status(self, channel: str, profile: str, status: str) -> None:
        self.control("PATCH", f"/profiles/{channel}/{profile}", {"status": status})

    def advance(self, seconds: float) -> None:
        self.control("POST", "/clock", {"advanceSeconds": seconds})

    def posts(self, channel: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", f"/posts?channel={channel}")
        return found

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return [call for call in self.control("GET", "/calls") if call["operation"] == operation]


class Client:
    """A client of one emulated network, by default with the token of its default profile."""

    channel = base = token = ""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def call(self, method: str, path: str, token: str | None = None, **rest: Any) -> httpx.Response:
        token = self.token if token is None else token
        headers = rest.pop("headers", {}) | ({"authorization": f"Bearer {token}"} if token else {})
        url = path if path.startswith(("/", "http")) else f"{self.base}/{path}"
        return self.sandbox.http.request(method, url, headers=headers, **rest)

    def get(self, path: str, token: str | None = None, **query: Any) -> httpx.Response:
        return self.call("GET", path, token, params=query)

    def post(self, path: str, token: str | None = None, **form: Any) -> httpx.Response:
        return self.call("POST", path, token, data=form)

    def set(self, **values: float) -> None:
        self.sandbox.set(self.channel, **values)

    def posts(self) -> list[dict[str, Any]]:
        return self.sandbox.posts(self.channel)


def refusal(answer: httpx.Response) -> tuple[int, Any]:
    """How a network refuses: at Meta the code and the subcode, elsewhere the status and the error's name."""
    assert answer.status_code >= 400, answer.text
    body = answer.json()
    if "detail" in body:
        return answer.status_code, body["detail"]
    if "error" not in body:
        return answer.status_code, body.get("code", body.get("message"))
    error = body["error"]
    if isinstance(error, str):
        return answer.status_code, error
    if "errors" in error:
        assert error["code"] == answer.status_code
        return answer.status_code, error["errors"][0]["reason"]
    if "status" in error:
        return answer.status_code, error["status"]
    if "log_id" in error:
        return answer.status_code, error["code"]
    return error["code"], error.get("error_subcode")


class Bluesky(Client):
    channel, base, handle, password = "bluesky", "/bluesky/pds/xrpc", "munadi.bsky.test", "sand-box2-app3-pass"

    def __init__(self, sandbox: Sandbox, password: str = password, handle: str = handle) -> None:
        super().__init__(sandbox)
        login = {"identifier": handle, "password": password}
        self.session = self.xrpc("server.createSession", "", json=login).json()
        self.did = self.session["did"]

    def xrpc(self, name: str, token: str | None = None, method: str = "POST", **rest: Any) -> httpx.Response:
        token = self.session["accessJwt"] if token is None else token
        return self.call(method, f"com.atproto.{name}", token, **rest)

    def refresh(self, token: str | None = None) -> httpx.Response:
        return self.xrpc("server.refreshSession", token or self.session["refreshJwt"])

    def put(self, rkey: str, record: dict[str, Any], **rest: Any) -> httpx.Response:
        body = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": rkey, "record": record, **rest}
        return self.xrpc("repo.putRecord", json=body)

    def read(self, rkey: str) -> httpx.Response:
        query = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": rkey}
        return self.xrpc("repo.getRecord", "", "GET", params=query)

    def upload(self, body: bytes, mime_type: str = "image/png") -> dict[str, Any]:
        answer = self.xrpc("repo.uploadBlob", content=body, headers={"content-type": mime_type})
        blob: dict[str, Any] = answer.json()["blob"]
        return blob


class MediaSite(servers.MediaSite):
    """A site whose files have content types."""

    def put(self, name: str, body: bytes | None, mime_type: str) -> str:
        """The address of a file; without a body there is no such file."""
        self.files.pop(f"/{name}", None)
        if body is not None:
            self.files[f"/{name}"], self.types[f"/{name}"] = body, mime_type
        return f"{self.url}/{name}"

    def image(self, name: str = "a.jpg", size: tuple[int, int] = (400, 400), format: str = "JPEG") -> str:
        return self.put(name, picture(size, format), f"image/{format.lower()}")


@pytest.fixture(scope="session")
def running(running_sandbox: Oracle) -> Iterator[Sandbox]:
    sandbox = Sandbox(running_sandbox.url)
    yield sandbox
    sandbox.http.close()


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """A sandbox as new, whose media need no time."""
    running.control("POST", "/reset")
    for channel, kinds in running.control("GET", "/settings").items():
        running.set(channel, **{kind: 0 for kind in kinds["delays"] if channel != "bluesky"})
    return running


@pytest.fixture
def bluesky(sandbox: Sandbox) -> Bluesky:
    return Bluesky(sandbox)


@pytest.fixture(scope="session")
def site() -> Iterator[MediaSite]:
    with MediaSite().serving() as media_site:
        yield media_site


def picture(size: tuple[int, int] = (40, 30), format: str = "PNG") -> bytes:
    return jpeg(*size, kind=format)


def post(text: str = "hello", **rest: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-25T01:00:00.000Z", **rest}
