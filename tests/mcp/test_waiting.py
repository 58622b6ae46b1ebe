"""A long wait reports progress, outlasts an unreachable API, and ends in time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from munadi.client import AsyncClient
from munadi.domain.publication import PublicationStatus
from munadi.mcp.inputs import WaitInput
from munadi.mcp.offered import ToolContext
from munadi.mcp.tools import wait
from tests.api.harness import open_api
from tests.mcp.conftest import client_of


async def test_a_long_wait_reports_progress(tmp_path: Path) -> None:
    messages: list[tuple[float, float, str]] = []

    async def progress(done: float, total: float, message: str) -> None:
        messages.append((done, total, message))

    async with open_api(tmp_path) as api, client_of(api) as munadi:
        content_id = (await api.submit())["id"]
        await api.move(content_id, PublicationStatus.QUEUED, PublicationStatus.PUBLISHING)
        asked = WaitInput(contentId=content_id, timeoutSeconds=30)  # type: ignore[call-arg]
        waiting = asyncio.create_task(wait(ToolContext(munadi, progress, beat=0.1), asked))
        await asyncio.sleep(0.5)
        await api.move(content_id, PublicationStatus.FAILED)
        result = await asyncio.wait_for(waiting, 5)
    assert result.structured_content["ended"]
    assert len(messages) >= 2
    assert [done for done, _, _ in messages] == sorted(done for done, _, _ in messages)
    assert all(total == 30 and f"{content_id} publishing" in message for _, total, message in messages)


async def test_a_wait_outlasts_an_unreachable_api(tmp_path: Path) -> None:
    messages: list[str] = []
    requests = 0

    async def progress(done: float, total: float, message: str) -> None:
        messages.append(message)

    async with open_api(tmp_path) as api:
        content_id = (await api.submit())["id"]
        await api.change(content_id, "cancel")
        application = httpx.ASGITransport(app=api.app)

        async def restarting(request: httpx.Request) -> httpx.Response:
            nonlocal requests
            requests += 1
            if requests <= 8:
                raise httpx.ConnectError("refused")
            return await application.handle_async_request(request)

        async with AsyncClient(
            "http://munadi.test", api.admin_key, transport=httpx.MockTransport(restarting)
        ) as munadi:
            asked = WaitInput(contentId=content_id, timeoutSeconds=30)  # type: ignore[call-arg]
            result = await wait(ToolContext(munadi, progress, beat=0.1), asked)
    assert result.structured_content["content"]["status"] == "canceled"
    assert any("does not answer" in message for message in messages)
