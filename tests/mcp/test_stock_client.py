"""The official client of MCP, given only the address: it signs in through a real browser, and drafts.

Everything is real: two processes of Munadi, Chromium without scripts, the client's own OAuth code.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from playwright.async_api import Browser
from pydantic import AnyUrl

from munadi.domain.key import Scope
from tests.api.api_process import MUNADI, ApiProcesses, api_processes
from tests.mcp.conftest import words
from tests.support.axe import violations
from tests.support.ports import LOOPBACK
from tests.support.processes import Process

POST = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"]}


@dataclass
class Storage:
    """What the client keeps, in memory."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@dataclass
class Person:
    """A person with a browser, who signs in with their key and allows drafts for acme; and the client's own port."""

    browser: Browser
    key: str
    port: int = 0
    came_back: asyncio.Future[dict[str, str]] = field(default_factory=asyncio.Future)
    wrong: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The page that the client shows once the browser is back."""
        address = (await reader.readline()).split()[1].decode()
        if not self.came_back.done():
            self.came_back.set_result({name: found[0] for name, found in parse_qs(urlsplit(address).query).items()})
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nDone")
        await writer.drain()
        writer.close()

    async def visit(self, address: str) -> None:
        """Sign in, look at the question, allow it; without scripts."""
        context = await self.browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(address)
        await page.get_by_label("API key").fill(self.key)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_label("Brand").select_option("acme")
        assert await page.get_by_label("Prepare drafts").is_checked()
        await self._examine(page.url, await context.storage_state())
        await page.get_by_role("button", name="Allow", exact=True).click()
        await page.get_by_text("Done").wait_for()
        await context.close()

    async def _examine(self, address: str, state: object) -> None:
        context = await self.browser.new_context(storage_state=state, viewport={"width": 360, "height": 800})  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(address)
        self.wrong = await violations(page)
        await context.close()

    async def back(self) -> AuthorizationCodeResult:
        """What the browser brought back."""
        found = await asyncio.wait_for(self.came_back, 30)
        return AuthorizationCodeResult(code=found["code"], state=found.get("state"), iss=found.get("iss"))


@asynccontextmanager
async def mcp_process(api: ApiProcesses, *options: str) -> AsyncIterator[str]:
    """The address of an MCP server before an API."""
    command = [*MUNADI, "mcp", "--http", "--port", "0", "--json", "--url", api.urls[0], *options]
    env = {"MUNADI_API_KEY": "", "XDG_CONFIG_HOME": str(api.folder)}
    with Process(command, log=api.folder / "mcp.log", env=env) as process:
        found = await asyncio.to_thread(process.wait_for_line, r"^\{.*\}$")
        yield json.loads(found.group(0))["url"]


@asynccontextmanager
async def person_at(browser: Browser, key: str) -> AsyncIterator[Person]:
    person = Person(browser, key)
    server = await asyncio.start_server(person.answer, LOOPBACK, 0)
    person.port = server.sockets[0].getsockname()[1]
    async with server:
        yield person


def signing_in(address: str, person: Person, storage: Storage) -> OAuthClientProvider:
    """The client's own sign-in. It knows the address, and nothing of Munadi."""
    metadata = OAuthClientMetadata(
        client_name="Stock client", redirect_uris=[AnyUrl(f"http://{LOOPBACK}:{person.port}/callback")]
    )
    return OAuthClientProvider(address, metadata, storage, person.visit, person.back)


@pytest.mark.timeout(180)
async def test_the_official_client_signs_in_with_only_the_address_and_drafts(tmp_path: Path, browser: Browser) -> None:
    storage = Storage()
    async with (
        api_processes(tmp_path) as api,
        mcp_process(api) as address,
        person_at(browser, api.key) as person,
    ):
        auth = signing_in(address, person, storage)
        async with (
            create_mcp_http_client(auth=auth) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            await _drafts_for_one_brand(client)
            assert person.wrong == []
            before = storage.tokens
            # As an hour later: the client renews by itself.
            auth.context.token_expiry_time = time.time() - 1
            assert not (await client.call_tool("list_post_drafts", {"brandRef": "acme"})).is_error
            assert before is not None
            assert storage.tokens is not None
            assert storage.tokens.refresh_token != before.refresh_token
            _keeps_no_secret(api.folder, before, storage.tokens, person.came_back.result()["code"])
            await _revoke(api)
            refused = await client.call_tool("list_post_drafts", {"brandRef": "acme"})
            assert (refused.is_error, refused.structured_content["problem"]["code"]) == (True, "KEY_REVOKED")


async def _drafts_for_one_brand(client: Client) -> None:
    """The tools of drafts are offered and work; the API refuses the rest, whatever is called."""
    listed = {tool.name for tool in (await client.list_tools()).tools}
    assert "create_post_draft" in listed
    assert not listed & {"publish", "edit", "cancel", "withdraw", "submit_post_draft"}
    drafted = await client.call_tool("create_post_draft", POST)
    assert not drafted.is_error, words(drafted)
    assert drafted.structured_content["draft"]["valid"] is True
    draft = {"draftId": drafted.structured_content["draft"]["id"], "version": 1}
    for tool, arguments, status in (
        ("publish", POST, 403),
        ("submit_post_draft", draft, 403),
        ("create_post_draft", POST | {"brandRef": "rival"}, 422),
        ("list_accounts", {"brandRef": "rival"}, 404),
    ):
        refused = await client.call_tool(tool, arguments)
        assert (refused.is_error, refused.structured_content["problem"]["status"]) == (True, status), words(refused)


def _keeps_no_secret(folder: Path, before: OAuthToken, after: OAuthToken, code: str) -> None:
    """Neither the logs of the two processes nor the database have what opens the key."""
    stored = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(path.name == "mcp.log" for path in stored)
    for secret in (code, before.access_token, before.refresh_token, after.access_token, after.refresh_token):
        assert secret
        assert [path for path, kept in stored.items() if secret.encode() in kept] == []


async def _revoke(api: ApiProcesses) -> None:
    async with api.client() as admin:
        [key] = [each for each in (await admin.get("/v1/keys")).json()["data"] if each["name"] == "Stock client"]
        assert key["brandRef"] == "acme"
        assert key["scopes"] == [Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, Scope.DRAFTS_WRITE]
        assert (await admin.delete(f"/v1/keys/{key['id']}")).status_code == 204
