"""The clients of all calls to the outside: bounded in how answers are framed, without cookies, without redirects.

A guarded one reaches only what its guard allows: for URLs that a user can influence. The other is for the networks' own
hosts, which the operator has set.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from munadi.outbound.addresses import Address
from munadi.outbound.framing import BoundedBackend, bound_pieces
from munadi.outbound.guard import Guard, Target, name_test_brand, refuse_other_servers
from munadi.outbound.proxy import ProxiedBackend
from munadi.outbound.websocket import WebSockets

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


class GuardedTransport(httpx.AsyncBaseTransport):
    """Checks each request's URL, then connects to a checked address under the name's certificate.

    Raises GuardRefused beside httpx's transport errors. Follows no redirect: the client would send
    another request, which is checked again. A connect timeout is for all of a name's addresses together (connecting
    and the TLS handshake each, so the longest wait is twice that).
    """

    def __init__(self, guard: Guard, *, verify: ssl.SSLContext | None = None, proxy: str | None = None) -> None:
        self._guard = guard
        # Connections are not kept: the pool knows them by address, and two names at one address must
        # never share a connection whose certificate was checked for only one of them.
        self._inner = httpx.AsyncHTTPTransport(
            verify=verify or _trust(),
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        # httpx's own proxies check the certificate for the address instead of the name.
        _bound(self._inner, ProxiedBackend(proxy) if proxy is not None else None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = await self._guard.check(request.url)
        timeouts = request.extensions.get("timeout", {})
        budget = timeouts.get("connect")
        started = time.monotonic()
        for address in target.addresses:
            left = None if budget is None else max(budget - (time.monotonic() - started), 0.01)
            watch = _ConnectionWatch(request.extensions.get("trace"))
            extensions = {"timeout": {**timeouts, "connect": left}, "trace": watch}
            try:
                return await self._inner.handle_async_request(_pinned(request, target, address, extensions))
            except asyncio.CancelledError:
                await watch.close()
                raise
            except (httpx.ConnectError, httpx.ConnectTimeout):
                # Nothing was sent, so the name's next address may be tried while time is left.
                spent = budget is not None and time.monotonic() - started >= budget
                if spent or address is target.addresses[-1]:
                    raise
        raise AssertionError("a target has an address")

    async def aclose(self) -> None:
        await self._inner.aclose()


class _ConnectionWatch:
    """Sees the connection by httpcore's trace, to close it: cancelled inside a TLS handshake, httpcore does not."""

    def __init__(self, following: Trace | None) -> None:
        self._following = following
        self._stream: Any = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]
        if self._following is not None:
            await self._following(event, info)

    async def close(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()


def _pinned(request: httpx.Request, target: Target, address: Address, extensions: dict[str, Any]) -> httpx.Request:
    """The request to one address: Host stays the name's, and so does what the certificate must say."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, **extensions, "sni_hostname": target.host},
    )


def guarded_client(
    guard: Guard,
    *,
    timeout: httpx.Timeout | float = 10.0,
    verify: ssl.SSLContext | None = None,
    proxy: str | None = None,
) -> httpx.AsyncClient:
    """A client that can reach only what `guard` allows. `timeout` is httpx's (seconds per phase, not total).

    `proxy` (`http://host:port`) is called for every connection, with the checked address. No proxy from the
    environment, no redirects, no cookies: an answer leaves nothing behind.
    """
    return httpx.AsyncClient(
        transport=WebSockets(GuardedTransport(guard, verify=verify, proxy=proxy)),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        cookies=_no_cookies(),
        event_hooks=_hooks(),
    )


def network_client(timeout: httpx.Timeout | float) -> httpx.AsyncClient:
    """A client for the networks' own hosts: a proxy of the environment counts, and connections are kept."""
    client = httpx.AsyncClient(
        verify=_trust(),
        timeout=timeout,
        # With httpx's 100, a network that hangs would take the connections of all others.
        limits=httpx.Limits(max_connections=1000, max_keepalive_connections=100),
        follow_redirects=False,
        cookies=_no_cookies(),
        event_hooks=_hooks(),
    )
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:
            assert isinstance(transport, httpx.AsyncHTTPTransport)
            _bound(transport)
    client._transport = WebSockets(client._transport)
    client._mounts = {at: one and WebSockets(one) for at, one in client._mounts.items()}
    return client


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted. To read them takes 10 ms and a megabyte, so all clients of a process share
    them."""
    return httpx.create_ssl_context()


def _bound(transport: httpx.AsyncHTTPTransport, backend: httpcore.AsyncNetworkBackend | None = None) -> None:
    """Watch what comes back on its connections, which `backend` opens. httpx has no option for this."""
    transport._pool._network_backend = BoundedBackend(backend or transport._pool._network_backend)


def _hooks() -> dict[str, list[Callable[..., Any]]]:
    """What every client has: a test brand's calls reach the sandbox alone, and answers are read within their bounds."""
    return {"request": [refuse_other_servers, name_test_brand], "response": [bound_pieces]}


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
