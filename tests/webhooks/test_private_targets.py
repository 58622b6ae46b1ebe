"""Private receivers that an operator lists are reached, and nothing else; connections go through the egress proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from munadi.config import load_settings
from munadi.outbound.guard import Guard, GuardCode, GuardRefused
from munadi.outbound.private_targets import PrivateTargets
from munadi.outbound.proxy import ProxiedBackend
from munadi.process.runtime import guard_of, webhook_guard_of
from munadi.webhooks.sender import WebhookSender
from munadi.webhooks.signing import generate_secret
from tests.harness.pages import answer
from tests.webhooks.corpus import DISGUISED_HOSTS, FORBIDDEN_ADDRESSES, PUBLIC, resolves_to

KEYS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"


def guard(networks: str = "", hosts: str = "", *addresses: str) -> Guard:
    return Guard(private=PrivateTargets.parse(networks, hosts), resolve=resolves_to(list(addresses)))


async def refusal(one: Guard, url: str) -> GuardCode:
    with pytest.raises(GuardRefused) as caught:
        await one.check(url)
    return caught.value.code


@pytest.mark.parametrize("url", ["http://10.1.2.3:3000/hook", "https://10.1.255.255/", "http://cms.internal:3000/"])
async def test_a_listed_network_is_reached_over_plain_http_on_any_port(url: str) -> None:
    target = await guard("10.1.0.0/16, fd12::/16", "", "10.1.9.9").check(url)
    assert str(target.addresses[0]).startswith("10.1.")


@pytest.mark.parametrize(
    ("url", "address", "code"),
    [
        ("https://10.2.0.1/", "", "ADDRESS_NOT_PUBLIC"),
        ("http://a.example/", "10.2.0.1", "ADDRESS_NOT_PUBLIC"),
        ("http://a.example/", PUBLIC, "URL_SCHEME"),
        ("https://a.example:22/", PUBLIC, "URL_PORT"),
        ("https://[::ffff:10.1.0.1]/", "", "ADDRESS_NOT_PUBLIC"),
        ("http://user@10.1.0.1/", "", "URL_USERINFO"),
        ("ftp://10.1.0.1/", "", "URL_SCHEME"),
    ],
)
async def test_beside_a_listed_network_the_rules_are_the_same(url: str, address: str, code: str) -> None:
    assert await refusal(guard("10.1.0.0/16", "", address), url) == code


async def test_a_name_with_one_address_outside_is_refused() -> None:
    assert await refusal(guard("10.1.0.0/16", "", "10.1.0.1", "10.2.0.1"), "https://a.example/") == "ADDRESS_NOT_PUBLIC"
    assert await refusal(guard("10.1.0.0/16", "", "10.1.0.1", PUBLIC), "http://a.example/") == "URL_SCHEME"


async def test_a_listed_host_is_reached_at_a_private_address_only() -> None:
    for url in ("http://cms.internal/", "http://cms.internal:9999/", "http://CMS.internal./"):
        await guard("", "cms.internal", "192.168.3.4").check(url)
    await guard("", "cms.internal:3000", "192.168.3.4").check("http://cms.internal:3000/")
    assert await refusal(guard("", "cms.internal:3000", "192.168.3.4"), "http://cms.internal:3001/") == "URL_SCHEME"
    assert await refusal(guard("", "cms.internal", "192.168.3.4"), "https://other.internal/") == "ADDRESS_NOT_PUBLIC"
    for address in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::ffff:10.0.0.1"):
        assert await refusal(guard("", "cms.internal", address), "http://cms.internal/") == "ADDRESS_NOT_PUBLIC"
    assert await refusal(guard("", "cms.internal", PUBLIC), "http://cms.internal/") == "URL_SCHEME"


async def test_nothing_else_of_the_corpus_is_reached_beside_a_listed_network() -> None:
    one = guard("10.1.0.0/16", "cms.internal", "10.9.9.9")
    hosts = [*DISGUISED_HOSTS, *(f"[{a}]" if ":" in a else a for a in FORBIDDEN_ADDRESSES)]
    for host in hosts:
        await refusal(one, f"http://{host}/")
    assert len(hosts) > 120


@pytest.mark.parametrize(
    ("networks", "hosts"), [("10.1.0.0/99", ""), ("10.1.2.3/16", ""), ("internal", ""), ("", "a b"), ("", "http://a/")]
)
def test_a_setting_that_cannot_be_read_is_refused(networks: str, hosts: str) -> None:
    with pytest.raises(ValueError):
        PrivateTargets.parse(networks, hosts)


async def test_only_webhooks_use_the_settings_and_none_is_set_by_default() -> None:
    production: dict[str, Any] = {"environment": "production", "secret_keys": KEYS}
    listed = load_settings(**production, webhooks={"private_networks": "127.0.0.0/8"})
    await webhook_guard_of(listed).check("http://127.0.0.1:9/")
    for refusing in (guard_of(listed), webhook_guard_of(load_settings(**production))):
        assert await refusal(refusing, "https://127.0.0.1/") == "ADDRESS_NOT_PUBLIC"


@asynccontextmanager
async def proxy(status: bytes = b"200 OK") -> AsyncIterator[tuple[str, list[bytes]]]:
    """An egress proxy; its address, and the heads of the requests that it got."""
    heads: list[bytes] = []
    serving: list[asyncio.Task[None]] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
        writer.write_eof()

    async def tunnel(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = head.split()[1].decode().rpartition(":")
        there, to = await asyncio.open_connection(host.strip("[]"), int(port))
        try:
            await asyncio.gather(copy(reader, to), copy(there, writer))
        finally:
            to.close()
            await to.wait_closed()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        with contextlib.suppress(OSError):  # either side may have closed first
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n")
            if status.startswith(b"2"):
                await tunnel(heads[-1], reader, writer)
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with server:
        yield f"http://user:pa%20ss@127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
        await asyncio.gather(*serving)


async def send(one: Guard, url: str, **options: Any) -> Any:
    sender = WebhookSender(one, **options)
    try:
        return await sender.send(
            url=url, message_id="evt_1", body=b"{}", secrets=[generate_secret()], timestamp=datetime.now(UTC)
        )
    finally:
        await sender.aclose()


async def test_a_proxy_gets_the_checked_address_and_the_certificate_is_checked_for_the_name(
    certificate: Any, serve_tls: Any
) -> None:
    for name, is_ok in (("hooks.example", True), ("other.example", False)):
        made = certificate(name)
        async with serve_tls(made) as server, proxy() as (address, heads):
            server.answers = answer(204)
            one = Guard(allow_loopback=True, allowed_ports=range(1, 65536), resolve=resolves_to(["127.0.0.1"]))
            result = await send(one, f"https://hooks.example:{server.port}/", verify=made.trust, proxy=address)
        assert (result.ok, result.error_code) == (is_ok, None if is_ok else "TLS_FAILED")
        assert heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
        assert b"Proxy-Authorization: Basic dXNlcjpwYSBzcw==\r\n" in heads[0]


async def test_a_proxy_gets_nothing_that_the_guard_refuses() -> None:
    async with proxy() as (address, heads):
        result = await send(Guard(), "https://10.0.0.1/", proxy=address)
    assert (result.error_code, heads) == ("ADDRESS_NOT_PUBLIC", [])


async def test_a_refusal_of_the_proxy_is_a_failed_attempt(server: Any) -> None:
    async with proxy(b"403 Forbidden") as (address, _):
        result = await send(Guard(allow_loopback=True), f"http://127.0.0.1:{server.port}/", proxy=address)
    assert result.error == "CONNECT_FAILED: the egress proxy refused the connection: 403"
    assert server.connections == 0


@pytest.mark.parametrize("wrong", ["https://a:1", "http://a", "a:1", "http://a:1/path", ""])
def test_another_form_of_proxy_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        ProxiedBackend(wrong)
