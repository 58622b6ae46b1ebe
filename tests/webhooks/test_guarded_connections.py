"""The guarded transport over real sockets calls only the addresses that it has checked."""

import asyncio
import socket
import ssl

import httpx
import pytest

from munadi.outbound.guard import Guard, GuardRefused
from munadi.outbound.transport import guarded_client
from tests.harness.pages import answer
from tests.webhooks.corpus import DISGUISED_HOSTS, FORBIDDEN_ADDRESSES, resolves_to


async def test_no_connection_reaches_a_canary(canary):
    """Real sockets: each spelling of loopback at the canary's port, with every port allowed."""
    hosts = [
        *(host for host in DISGUISED_HOSTS if "%" not in host),
        *(f"[{a}]" if ":" in a else a for a in FORBIDDEN_ADDRESSES),
        "localhost",
        "a.localhost",
        "localhost.",
        socket.gethostname(),
    ]
    guard = Guard(https_only=False, allowed_ports=range(1, 65536))
    async with guarded_client(guard, timeout=0.5) as client:
        for host in hosts:
            with pytest.raises((GuardRefused, httpx.InvalidURL, httpx.UnsupportedProtocol)):
                await client.get(f"http://{host}:{canary.port}/")
    assert len(hosts) >= 120
    assert canary.connections == 0


async def test_rebinding_the_connection_goes_to_the_address_that_was_checked(server, canary):
    """The name resolves to another address after the check. It is resolved once, so the canary is not called."""
    resolve = resolves_to(["127.0.0.2"], ["127.0.0.1"])
    guard = Guard(allow_loopback=True, https_only=False, resolve=resolve, allowed_ports=range(1, 65536))
    async with guarded_client(guard, timeout=0.3) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"http://rebind.example:{canary.port}/")
    assert resolve.calls == 1
    assert canary.connections == 0


async def test_rebinding_after_an_answer_is_checked_again(server):
    server.answers = answer()
    resolve = resolves_to(["127.0.0.1"], ["10.0.0.1"])
    guard = Guard(allow_loopback=True, https_only=False, resolve=resolve, allowed_ports=range(1, 65536))
    async with guarded_client(guard, timeout=1) as client:
        await client.get(f"http://rebind.example:{server.port}/")
        with pytest.raises(GuardRefused):
            await client.get(f"http://rebind.example:{server.port}/")
    assert resolve.calls == 2
    assert server.connections == 1


async def test_a_redirect_is_not_followed_and_is_checked_if_a_caller_follows_it(server, canary):
    server.answers = answer(302, b"", f"location: http://rebind.example:{canary.port}/")
    guard = Guard(
        allow_loopback=True, resolve=resolves_to(["10.0.0.1"]), https_only=False, allowed_ports=range(1, 65536)
    )
    async with guarded_client(guard, timeout=1) as client:
        found = await client.get(f"http://127.0.0.1:{server.port}/")
        assert found.status_code == 302
        with pytest.raises(GuardRefused):
            await client.get(f"http://127.0.0.1:{server.port}/", follow_redirects=True)
    assert canary.connections == 0


async def test_a_proxy_of_the_environment_is_not_used(server, canary, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    server.answers = answer()
    async with guarded_client(Guard(allow_loopback=True), timeout=1) as client:
        assert (await client.get(f"http://127.0.0.1:{server.port}/")).status_code == 200
    assert canary.connections == 0


def named(port, *answers):
    return Guard(allow_loopback=True, allowed_ports={port}, resolve=resolves_to(*answers))


async def test_the_certificate_is_checked_against_the_name_and_host_keeps_it(certificate, serve_tls):
    papers = certificate("hooks.example")
    async with serve_tls(papers) as server:
        server.answers = answer()
        guard = named(server.port, ["127.0.0.1"])
        async with guarded_client(guard, timeout=2, verify=papers.trust) as client:
            found = await client.get(f"https://hooks.example.:{server.port}/")
            assert found.status_code == 200
            assert f"host: hooks.example.:{server.port}".encode() in server.requests[0].lower()
            with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
                await client.get(f"https://other.example:{server.port}/")
        assert len(server.requests) == 1


async def test_sni_is_the_name(certificate, serve_tls):
    papers, seen = certificate("hooks.example"), []
    papers.server.sni_callback = lambda _socket, name, _context: seen.append(name)
    async with serve_tls(papers) as server:
        server.answers = answer()
        async with guarded_client(named(server.port, ["127.0.0.1"]), timeout=2, verify=papers.trust) as client:
            await client.get(f"https://hooks.example:{server.port}/")
    assert seen == ["hooks.example"]


async def test_two_names_at_one_address_never_share_a_connection(certificate, serve_tls):
    papers = certificate("hooks.example")
    async with serve_tls(papers) as server:
        server.answers = answer(200, b"", "connection: keep-alive")
        guard = named(server.port, ["127.0.0.1"])
        async with guarded_client(guard, timeout=2, verify=papers.trust) as client:
            await client.get(f"https://hooks.example:{server.port}/")
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://evil.example:{server.port}/")


async def test_the_next_address_is_tried_when_one_refuses(server):
    server.answers = answer()
    guard = named(server.port, ["::1", "127.0.0.9", "127.0.0.1"])
    async with guarded_client(guard, timeout=2) as client:
        found = await client.get(f"http://app.localhost:{server.port}/")
    assert found.status_code == 200
    assert server.connections == 1


async def test_a_call_that_is_cancelled_in_a_handshake_closes_the_socket():
    closed = asyncio.Event()

    async def silent(reader, writer):
        while await reader.read(4096):
            pass
        closed.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with guarded_client(Guard(allow_loopback=True), timeout=5, verify=ssl.create_default_context()) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.get(f"https://localhost:{port}/")
            async with asyncio.timeout(1):
                await closed.wait()
