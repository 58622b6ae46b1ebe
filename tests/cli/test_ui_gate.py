"""Temporal's Web UI under `munadi dev`: for browsers that call it by this machine's names, and for no other page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Error

from munadi.cli.dev.ports import NEVER_CALLED
from munadi.cli.dev.ui_gate import checked_head, hidden_address, open_gate
from tests.harness.web import Call, serving
from tests.support.ports import LOOPBACK, free_port


@asynccontextmanager
async def gate() -> AsyncIterator[tuple[int, list[Call]]]:
    """The gate's port, and what has come through."""
    seen: list[Call] = []

    async def answer(call: Call) -> None:
        seen.append(call)
        await call.answer(b"the UI", "text/html", 200)

    async with serving(answer) as address:
        port, target = free_port(), address.removeprefix("http://").split(":")
        server = await open_gate(LOOPBACK, port, (target[0], int(target[1])))
        try:
            yield port, seen
        finally:
            server.close()


async def sent(port: int, raw: str) -> str:
    """All that is answered, until the connection closes."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(raw.encode())
    try:
        return (await asyncio.wait_for(reader.read(), 20)).decode()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "127.0.0.2:{port}"]
)
async def test_another_host_is_refused(host: str) -> None:
    async with gate() as (port, seen):
        answer = await sent(port, f"GET /api/v1/namespaces HTTP/1.1\r\nHost: {host.format(port=port)}\r\n\r\n")
        assert (answer.startswith("HTTP/1.1 403"), seen) == (True, [])
        twice = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n"
        assert (await sent(port, twice)).startswith("HTTP/1.1 403")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_form_of_another_page_is_refused(origin: str) -> None:
    async with gate() as (port, seen):
        head = f"POST /api/v1/x HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: {origin}\r\nContent-Length: 2\r\n\r\n{{}}"
        assert (await sent(port, head)).startswith("HTTP/1.1 403")
        assert seen == []


async def test_own_pages_are_passed_on_one_request_for_each_connection() -> None:
    async with gate() as (port, seen):
        own = f"Host: localhost:{port}\r\nConnection: keep-alive\r\n"
        second = "GET /second HTTP/1.1\r\nHost: evil.example\r\n\r\n"
        answer = await sent(port, f"GET /first HTTP/1.1\r\n{own}\r\n{second}")
        assert (answer.startswith("HTTP/1.1 200"), answer.endswith("the UI")) == (True, True)
        assert [call.path for call in seen] == ["/first"]
        body = f"POST /x HTTP/1.1\r\n{own}Origin: http://localhost:{port}\r\nContent-Length: 5\r\n\r\nhello"
        assert (await sent(port, body)).startswith("HTTP/1.1 200")
        assert seen[-1].body == b"hello"


def test_a_request_is_the_only_one_of_its_connection() -> None:
    head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8233\r\nconnection: keep-alive\r\nKeep-Alive: 5\r\nA: b\r\n\r\n"
    assert checked_head(head, 8233) == b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8233\r\nA: b\r\nConnection: close\r\n\r\n"


def test_the_uis_own_address_is_hard_to_guess() -> None:
    assert len({hidden_address() for _ in range(100)}) > 90


async def test_no_browser_calls_the_ports_of_what_answers_everyone(browser: Browser) -> None:
    page = await browser.new_page()
    for port in NEVER_CALLED:
        with pytest.raises(Error, match="ERR_UNSAFE_PORT"):
            await page.goto(f"http://127.0.0.1:{port}/metrics")
