"""An AI client publishes: the client of the official package, over both transports, against a whole Munadi."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.networks import plant
from tests.harness.stack import MUNADI, Stack
from tests.support.processes import Process


@asynccontextmanager
async def over_stdio(stack: Stack, folder: Path, mode: str, *options: str) -> AsyncIterator[Client]:
    env = {"MUNADI_URL": stack.info["api"], "MUNADI_API_KEY": stack.info["apiKey"]}
    async with Client(
        StdioServerParameters(command=str(MUNADI), args=["mcp", *options], env=env, cwd=folder), mode=mode
    ) as session:
        yield session


@asynccontextmanager
async def over_http(stack: Stack, folder: Path, mode: str) -> AsyncIterator[Client]:
    argv = [MUNADI, "mcp", "--http", "--port", "0", "--json", "--url", stack.info["api"]]
    # Another key of the server's own: it must not be used.
    server = Process(argv, log=folder / "mcp.log", env={"MUNADI_API_KEY": "mnd_not_for_others"}, cwd=folder)
    server.start()
    try:
        url = server.wait_for_line(r'^\{"url": "(http://127\.0\.0\.1:\d+/mcp)"', 30).group(1)
        headers = {"authorization": f"Bearer {stack.info['apiKey']}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as session,
        ):
            yield session
    finally:
        assert server.terminate(20) == 0
        server.assert_nothing_left()


WAYS = {"stdio": over_stdio, "http": over_http}


@pytest.mark.parametrize(
    ("way", "mode"), [("stdio", "legacy"), ("stdio", "auto"), ("http", "legacy"), ("http", "auto")]
)
async def test_repeated_calls_never_create_a_second_post(
    stack: Stack, brand: Brand, tmp_path: Path, way: str, mode: str
) -> None:
    text = f"From an agent over {way} {mode}"
    post = {"brandRef": brand.ref, "text": text, "channels": ["bluesky"]}
    async with WAYS[way](stack, tmp_path, mode) as session:
        assert len((await session.list_tools()).tools) == 24
        accounts = await _data(session, "list_accounts", brandRef=brand.ref)
        assert {each["channel"] for each in accounts["data"]} == {"bluesky", "instagram"}
        assert (await _data(session, "validate", **post))["valid"]
        accepted = await _data(session, "publish", **post)
        assert accepted["content"]["status"] == "accepted"
        ended = await _data(session, "wait", contentId=accepted["content"]["id"])
        assert ended["content"]["status"] == "published"
        assert ended["content"]["publications"][0]["providerUrl"].startswith("http")
        again = await _data(session, "publish", **post)
        assert (again["replayed"], again["content"]["id"]) == (True, accepted["content"]["id"])
        assert again["content"]["status"] == "published", "as it stands now"
        assert again["idempotencyKey"] == accepted["idempotencyKey"]
        kinds = [each["type"] for each in (await _data(session, "events", contentId=again["content"]["id"]))["data"]]
        assert kinds[-1] == "content.completed"
    assert len(await brand.posts(text)) == 1


@pytest.mark.parametrize("way", ["stdio", "http"])
async def test_a_failure_has_its_remedy_and_only_the_failed_channel_is_retried(
    stack: Stack, brand: Brand, tmp_path: Path, way: str
) -> None:
    text = f"Half of it over {way}"
    error = {"code": 368, "message": "blocked"}
    await plant(brand.sandbox, "instagram", "media_publish", "error", error=error, times=1)
    media, channels = [await brand.upload(picture("navy"), alt="Navy")], ["bluesky", {"channel": "instagram"}]
    async with WAYS[way](stack, tmp_path, "auto") as session:
        accepted = await _data(session, "publish", brandRef=brand.ref, text=text, media=media, channels=channels)
        content_id = accepted["content"]["id"]
        waited = await session.call_tool("wait", {"contentId": content_id})
        text_shown = waited.content[0].text  # type: ignore[union-attr]
        assert waited.structured_content["content"]["status"] == "partially_published"
        assert "ACCOUNT_RESTRICTED (POLICY; retry helps once the cause is fixed)" in text_shown
        assert re.search(r"what to do: Resolve the restriction .*\n.*the network answered: 368", text_shown)
        assert "then call retry" in text_shown
        await _data(session, "retry", contentId=content_id)
        assert (await _data(session, "wait", contentId=content_id))["content"]["status"] == "published"
    assert [len(await brand.posts(text, channel)) for channel in ("bluesky", "instagram")] == [1, 1]


async def test_a_person_approves_what_an_agent_drafted(stack: Stack, brand: Brand, tmp_path: Path) -> None:
    text = "Drafted by an agent"
    async with over_stdio(stack, tmp_path, "auto", "--drafts-only") as session:
        assert "publish" not in {tool.name for tool in (await session.list_tools()).tools}
        draft = (await _data(session, "create_post_draft", brandRef=brand.ref, text=text))["draft"]
        assert [each["pointer"] for each in draft["problems"]] == ["/channels"]
        named = {"draftId": draft["id"], "version": draft["version"]}
        ready = (await _data(session, "update_post_draft", **named, channels=["bluesky"]))["draft"]
        assert ready["valid"]
    async with over_http(stack, tmp_path, "auto") as session:
        approved = {"draftId": draft["id"], "version": ready["version"]}
        ids = {(await _data(session, "submit_post_draft", **approved))["content"]["id"] for _ in range(2)}
        (content_id,) = ids
        assert (await _data(session, "wait", contentId=content_id))["content"]["status"] == "published"
        assert (await _data(session, "list_post_drafts", brandRef=brand.ref))["data"] == []
    assert len(await brand.posts(text)) == 1


async def _data(session: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await session.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return found
