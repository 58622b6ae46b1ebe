"""The process that sends alerts: what it sends, and what it may not do whatever an address says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from munadi.alerts.sending import AddressRefused, AlertSender
from tests.api.servers import Subscriber, subscriber
from tests.harness.web import Call, serving
from tests.support.ports import LOOPBACK

RULES: dict[str, Any] = {"allow_loopback": True, "private_networks": "", "private_hosts": "", "proxy": None}


@pytest.fixture
async def server() -> AsyncIterator[Subscriber]:
    async with subscriber(200) as made:
        yield made


def place(server: Subscriber) -> str:
    return server.url.removeprefix("http://")


async def test_an_alert_is_sent(server: Subscriber) -> None:
    done = await AlertSender(RULES).send(f"json://{place(server)}", "Two failures", "Look.")
    assert (done.ok, done.error) == (True, None)
    [(_, body)] = server.requests
    assert b"Two failures" in body
    assert b"Look." in body


async def test_a_refusal_is_told_without_the_secrets_of_the_address() -> None:
    async with subscriber(500) as server:
        done = await AlertSender(RULES).send(f"json://{place(server)}/verysecrettoken", "title", "body")
    assert not done.ok
    assert done.error is not None
    assert "500" in done.error
    assert "verysecrettoken" not in done.error


@pytest.mark.parametrize(
    ("url", "service", "hidden"),
    [
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "Telegram", "abcdefg_hijklmnop"),
        ("mailto://someone:secretword@gmail.com", "E-Mail", "secretword"),
        ("ntfys://acme-posts", "ntfy", "no secret"),
    ],
)
async def test_an_address_is_shown_without_its_secrets(url: str, service: str, hidden: str) -> None:
    found = await AlertSender(RULES).read(url)
    assert found.service == service
    assert hidden not in found.shown


@pytest.mark.parametrize("url", ["nonsense://x", "", "syslog://", "dbus://", "file:///etc/passwd", "x" * 2_000])
async def test_what_is_no_service_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match="no address of a service"):
        await AlertSender(RULES).read(url)


@pytest.mark.parametrize("host", ["localhost", LOOPBACK, "[::1]", "169.254.169.254", "10.0.0.1"])
async def test_no_private_address_is_reached(server: Subscriber, host: str) -> None:
    port = place(server).partition("/")[0].rpartition(":")[2]
    sender = AlertSender({**RULES, "allow_loopback": False})
    done = await sender.send(f"json://{host}:{port}/hook", "title", "body")
    assert not done.ok
    assert "no public address" in str(done.error)
    assert server.requests == []


async def test_a_redirect_to_a_private_address_is_not_followed(server: Subscriber) -> None:
    # The first server is allowed with its port, so that the target is not.
    async with redirecting(server.url) as address:
        rules = {**RULES, "allow_loopback": False, "private_hosts": address.removeprefix("http://")}
        done = await AlertSender(rules).send(address.replace("http", "json"), "title", "body")
    assert not done.ok
    assert server.requests == []


async def test_a_private_host_that_the_operator_allows_is_reached(server: Subscriber) -> None:
    rules = {**RULES, "allow_loopback": False, "private_hosts": place(server).partition("/")[0]}
    assert (await AlertSender(rules).send(f"json://{place(server)}", "title", "body")).ok


async def test_no_file_is_read(server: Subscriber, tmp_path: Path) -> None:
    """Some services take a template from a file that the address names."""
    template = tmp_path / "template.json"
    template.write_text('{"secret": "of the machine"}')
    host = place(server).partition("/")[0]
    url = f"workflows://{host}/workflowabcd/signatureabcd/?template={template}"
    done = await AlertSender(RULES).send(url, "title", "body")
    assert not done.ok
    assert all(b"of the machine" not in body for _, body in server.requests)
    assert "file" in str(done.error)


async def test_the_process_has_no_secret_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_SECRET_KEYS", "k" * 40)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    seen: list[bytes] = []
    begun = asyncio.create_subprocess_exec

    async def watched(*command: str, **options: Any) -> asyncio.subprocess.Process:
        process = await begun(*command, **options)
        seen.append(await asyncio.to_thread(Path(f"/proc/{process.pid}/environ").read_bytes))
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    await AlertSender(RULES).read("ntfys://topic")
    assert len(seen) == 1
    assert b"MUNADI" not in seen[0]
    assert b"PROXY" not in seen[0]


async def test_a_server_that_never_answers_ends_the_process() -> None:
    ended = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(hold, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    children = _children()
    done = await AlertSender(RULES, seconds=3.0).send(f"json://{LOOPBACK}:{port}/?rto=50", "title", "body")
    assert (done.ok, done.error) == (False, "it took longer than 3 seconds")
    async with asyncio.timeout(10):
        await ended.wait()
    assert _children() == children
    server.close()


async def test_the_egress_proxy_gets_addresses(server: Subscriber) -> None:
    asked: list[bytes] = []
    ended = asyncio.Event()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        inward, outward = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pass(reader, outward), _pass(inward, writer))
        ended.set()

    through = await asyncio.start_server(proxy, LOOPBACK, 0)
    port = through.sockets[0].getsockname()[1]
    rules = {**RULES, "proxy": f"http://someone:word@{LOOPBACK}:{port}"}
    done = await AlertSender(rules).send(f"json://{place(server).replace(LOOPBACK, 'localhost')}", "title", "body")
    async with asyncio.timeout(10):
        await ended.wait()
    through.close()
    assert done.ok, done.error
    assert len(server.requests) == 1
    assert asked[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic " in asked[0]


def redirecting(target: str) -> Any:
    """A server that redirects to the target."""

    async def answer(call: Call) -> None:
        await call.answer(b"", "text/plain", 307, {"location": target})

    return serving(answer)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(4096):
        writer.write(part)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


def _children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
