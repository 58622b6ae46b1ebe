"""Bodies are read for valid keys only and within their time, over real connections too."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
from starlette.types import Message

from api.http.body_reading import Pace, bounded
from api.http.edge import Edge
from api.http.problems import ProblemError
from munadi.domain.key import KeyKind, Scope, write_key
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.test_edge import JSON, admit_all

BROKEN = b'{"a": ' * 1_000
QUICK = Pace(stall=0.2, whole=0.3, slowest_upload=1_000)
PATHS = ["/v1/contents", "/v1/contents/validate", "/v1/keys", "/v1/media", "/v1/nothing"]


class Sender:
    """A client's body in pieces, each after a pause. `taken` counts the pieces that were read."""

    def __init__(self, pieces: Iterable[bytes], pause: float = 0.0) -> None:
        self._pieces = iter(pieces)
        self._pause = pause
        self.taken = 0

    async def receive(self) -> Message:
        piece = next(self._pieces, None)
        if piece is None:
            await asyncio.sleep(60)
        await asyncio.sleep(self._pause)
        self.taken += 1
        return {"type": "http.request", "body": piece, "more_body": True}


async def post(app: Any, sender: Sender, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body that the application answers."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": raw, "http_version": "1.1"}
    scope |= {"scheme": "http", "server": ("munadi.test", 80), "client": ("127.0.0.1", 1), "root_path": ""}
    await asyncio.wait_for(app(scope, sender.receive, send), 20)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("key", ["", "mnd_admin_wrong", write_key(KeyKind.ADMIN, "0" * 32)])
async def test_no_byte_of_a_body_is_read_without_a_valid_key(api: ApiHarness, path: str, key: str) -> None:
    sender = Sender([BROKEN])
    headers = {**JSON, "Transfer-Encoding": "chunked"} | ({"Authorization": f"Bearer {key}"} if key else {})
    status, _, _ = await post(api.app, sender, path, headers)
    assert (status, sender.taken) == (401, 0)


async def test_no_byte_of_a_body_is_read_without_a_valid_session(api: ApiHarness) -> None:
    sender = Sender([BROKEN])
    headers = {**JSON, "Content-Length": "6000", "Cookie": "munadi_session=AAAA"}
    status, _, _ = await post(api.app, sender, "/v1/contents", headers)
    assert (status, sender.taken) == (401, 0)
    async with api.dashboard(api.admin_key) as dashboard:
        answer = await dashboard.client.post("/v1/contents/validate", content=BROKEN, headers=JSON)
    assert answer.json()["code"] == "JSON_TOO_DEEP"


async def test_a_key_is_refused_at_once_after_it_is_revoked(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_WRITE)
    assert (await api.try_submit(key=key)).status_code == 202
    await api.revoke(key)
    expect_problem(await api.try_submit(key=key), 401, "KEY_REVOKED")


@pytest.mark.parametrize(
    ("pieces", "pause", "words"),
    [([b"{"], 0.0, "no byte"), ([b"x"] * 50, 0.05, "within")],
    ids=["stops halfway", "one byte at a time"],
)
async def test_a_body_that_does_not_come_in_time_is_refused(pieces: list[bytes], pause: float, words: str) -> None:
    async def app(*_: object) -> None:
        raise AssertionError("the body never came")

    edge = Edge(app, max_upload=10, admit=admit_all, pace=QUICK)
    status, headers, body = await post(edge, Sender(pieces, pause), "/v1/contents", {**JSON, "Content-Length": "100"})
    assert (status, headers["connection"]) == (408, "close")
    assert json.loads(body)["code"] == "BODY_TOO_SLOW"
    assert words in json.loads(body)["detail"]


async def test_an_upload_may_take_long_but_not_be_too_slow() -> None:
    steady = bounded(Sender([b"x" * 200] * 20, 0.05).receive, 10_000, QUICK)
    for _ in range(20):  # a second at 4 000 bytes a second
        await steady()
    slow = bounded(Sender([b"x"] * 100, 0.05).receive, 10_000, QUICK)

    async def read() -> None:
        for _ in range(100):
            await slow()

    with pytest.raises(ProblemError, match="BODY_TOO_SLOW"):
        await read()


async def test_a_body_with_two_lengths_is_refused(api: ApiHarness) -> None:
    sender = Sender([b"{}"])
    headers = {**JSON, "Content-Length": "2", "Transfer-Encoding": "chunked"}
    for path in ("/v1/contents", "/healthz", "/sign-in"):
        status, answered, body = await post(api.app, sender, path, headers)
        assert (status, answered["connection"], sender.taken) == (400, "close", 0)
        assert json.loads(body)["code"] == "FRAMING_AMBIGUOUS"


async def test_an_empty_stream_is_no_body(api: ApiHarness) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        for chunk in ():
            yield chunk

    content = await api.submit()
    assert (await api.post(f"/v1/contents/{content['id']}/cancel", content=nothing())).status_code == 200


async def test_a_form_without_a_key_is_bounded(api: ApiHarness) -> None:
    expect_problem(await api.post("/sign-in", data={"key": "x" * 70_000}, key=""), 413)


async def test_one_connection_carries_request_after_request(api: ApiHarness) -> None:
    headers = {"Authorization": f"Bearer {api.admin_key}"}
    async with api.served() as address, httpx.AsyncClient(base_url=address, headers=headers) as client:
        for _ in range(5):
            assert (await client.post("/v1/contents", json=api.body())).status_code == 202
        refused = await client.post("/v1/contents", content=b"{", headers=JSON)
        assert (refused.status_code, "server" in refused.headers) == (400, False)
        assert (await client.get("/healthz")).status_code == 200


async def test_a_body_that_is_announced_too_large_is_refused_unread(api: ApiHarness) -> None:
    async with api.served() as address:
        reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
        head = f"POST /v1/contents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.admin_key}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 50000000\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer


async def test_a_websocket_is_refused_with_a_problem(api: ApiHarness) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    upgrade |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "eA=="}
    async with api.served() as address, httpx.AsyncClient(base_url=address, headers=upgrade) as client:
        for path in ("/live", "/v1/contents", "/nothing"):
            answer = await client.get(path, headers={"Authorization": f"Bearer {api.admin_key}"})
            assert (answer.status_code, answer.json()["code"]) == (400, "UPGRADE_NOT_SUPPORTED")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["instance"] == path


async def longest_gap(until: asyncio.Event) -> float:
    """The longest time between two turns of the event loop, in seconds."""
    longest, last = 0.0, time.perf_counter()
    while not until.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


async def test_checking_a_megabyte_of_texts_does_not_block_the_event_loop(api: ApiHarness) -> None:
    parts = ["Words that people wrote, été, 你好, 🙂. " * 300 for _ in range(50)]
    done = asyncio.Event()
    watching = asyncio.create_task(longest_gap(done))
    began = time.perf_counter()
    checked = await api.validate(channels=[{"channel": "bluesky", "parts": parts}])
    whole = time.perf_counter() - began
    done.set()
    gap = await watching
    assert checked["problems"]
    # In the event loop, half of the time would be one gap.
    assert gap < whole / 4, f"{gap:.3f} s of {whole:.3f} s"
