"""The MCP server over the API in this process, and the official client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from munadi.client import AsyncClient
from munadi.mcp import create_server
from tests.api.harness import ApiHarness, open_api
from tests.db.seeding import START

T = TypeVar("T")
# The server compares with the real clock what the API answers.
DAY = (datetime.now(UTC) + timedelta(days=30)).date()
FAR = f"{DAY}T09:00:00Z"


@dataclass
class Agent:
    """A client of the server, and the API behind it."""

    session: Client
    api: ApiHarness

    async def ask(self, tool: str, **arguments: Any) -> CallToolResult:
        return await self.session.call_tool(tool, arguments)

    async def data(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured result of a tool that must succeed."""
        result = await self.ask(tool, **arguments)
        assert not result.is_error, words(result)
        found: dict[str, Any] = result.structured_content
        return found


def words(result: CallToolResult) -> str:
    """What the model reads."""
    assert all(isinstance(block, TextContent) for block in result.content)
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def client_of(api: ApiHarness, key: str | None = None) -> AsyncClient:
    """A client of the API in process with a key, the administrator's by default."""
    return AsyncClient("http://munadi.test", key or api.admin_key, transport=httpx.ASGITransport(app=api.app))


@asynccontextmanager
async def held(manager: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave a context in one task of its own. A fixture would leave it in another task."""
    entered: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        async with manager as value:
            entered.set_result(value)
            await over.wait()

    holding = asyncio.create_task(hold())
    await asyncio.wait({holding, entered}, return_when=asyncio.FIRST_COMPLETED)
    if not entered.done():
        await holding
    try:
        yield entered.result()
    finally:
        over.set()
        await holding


@asynccontextmanager
async def open_agent(folder: Path) -> AsyncIterator[Agent]:
    """An agent with the administrator's key. The API's clock is not behind the server's, which is the real one."""
    async with (
        open_api(folder) as api,
        client_of(api) as munadi,
        Client(create_server(lambda _: munadi)) as session,
    ):
        api.clock.ahead = max(timedelta(0), datetime.now(UTC) - START)
        yield Agent(session, api)


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Agent]:
    async with held(open_agent(tmp_path)) as opened:
        yield opened
