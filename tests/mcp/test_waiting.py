"""A long wait reports progress, outlasts an unreachable API, and ends in time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from munadi.client import AsyncClient
from munadi.mcp.inputs import WaitInput
from munadi.mcp.tools import Desk, wait
from tests.api.desk import open_desk
from tests.mcp.conftest import client_of


async def test_a_long_wait_reports_progress(tmp_path: Path) -> None:
    told: list[tuple[float, float, str]] = []

    async def progress(done: float, total: float, message: str) -> None:
        told.append((done, total, message))

    async with open_desk(tmp_path) as desk, client_of(desk) as munadi:
        content_id = (await desk.accept())["id"]
        asked = WaitInput(contentId=content_id, timeoutSeconds=30)  # type: ignore[call-arg]
        waiting = asyncio.create_task(wait(Desk(munadi, progress, beat=0.1), asked))
        await asyncio.sleep(0.5)
        await munadi.contents.cancel(content_id)
        result = await asyncio.wait_for(waiting, 5)
    assert result.structured_content["ended"]
    assert len(told) >= 2
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert all(total == 30 and f"{content_id} accepted" in message for _, total, message in told)


async def test_a_wait_outlasts_an_unreachable_api(tmp_path: Path) -> None:
    told: list[str] = []
    looks = 0

    async def progress(done: float, total: float, message: str) -> None:
        told.append(message)

    async with open_desk(tmp_path) as desk:
        content_id = (await desk.accept())["id"]
        await desk.client.post(f"/v1/contents/{content_id}/cancel")
        through = httpx.ASGITransport(app=desk.app)

        async def restarting(request: httpx.Request) -> httpx.Response:
            nonlocal looks
            looks += 1
            if looks <= 8:
                raise httpx.ConnectError("refused")
            return await through.handle_async_request(request)

        key = desk.client.headers["authorization"].removeprefix("Bearer ")
        async with AsyncClient("http://munadi.test", key, transport=httpx.MockTransport(restarting)) as munadi:
            asked = WaitInput(contentId=content_id, timeoutSeconds=30)  # type: ignore[call-arg]
            result = await wait(Desk(munadi, progress, beat=0.1), asked)
    assert result.structured_content["content"]["status"] == "canceled"
    assert any("does not answer" in message for message in told)
