"""The API as a server: what only shows over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn

from api.connection import Connection
from tests.api.desk import Desk, open_desk
from tests.support.ports import LOOPBACK, free_port


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    port = free_port()
    config = uvicorn.Config(
        desk.app, host=LOOPBACK, port=port, lifespan="off", log_config=None, server_header=False, http=Connection
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=None))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await task


async def test_one_connection_carries_request_after_request(tmp_path: Path) -> None:
    async with (
        open_desk(tmp_path) as desk,
        served(desk) as address,
        httpx.AsyncClient(base_url=address, headers=desk.client.headers) as client,
    ):
        for _ in range(5):
            assert (await client.post("/v1/contents", json=desk.content())).status_code == 202
        refused = await client.post("/v1/contents", content=b"{", headers={"Content-Type": "application/json"})
        assert refused.status_code == 400
        assert (await client.get("/healthz")).status_code == 200
        assert "server" not in refused.headers


async def test_a_body_that_is_announced_too_large_is_refused_unread(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk, served(desk) as address:
        host, port = address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        key = desk.client.headers["authorization"]
        head = (
            f"POST /v1/contents HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 50000000\r\n\r\n"
        )
        writer.write(head.encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"application/problem+json" in answer


async def test_a_websocket_is_refused_with_a_problem_document(tmp_path: Path) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    async with (
        open_desk(tmp_path) as desk,
        served(desk) as address,
        httpx.AsyncClient(base_url=address, headers=desk.client.headers) as client,
    ):
        for path in ("/live", "/v1/contents", "/nothing"):
            answer = await client.get(path, headers=upgrade)
            assert (answer.status_code, answer.json()["code"]) == (400, "UPGRADE_NOT_SUPPORTED")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["instance"] == path


async def test_fifty_connections_with_one_key_make_one_content(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk, served(desk) as address:
        limits = httpx.Limits(max_connections=50)
        headers = dict(desk.client.headers) | {"Idempotency-Key": "k"}
        async with httpx.AsyncClient(base_url=address, headers=headers, limits=limits, timeout=30) as client:
            answers = await asyncio.gather(*(client.post("/v1/contents", json=desk.content()) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert await desk.count() == 1
