"""httpcore's connections through an egress proxy, to the address that the guard has checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpcore

from munadi.outbound.egress import END_OF_HEAD, HEAD_LIMIT, UNREADABLE, EgressProxy, refusal_in


class ProxiedBackend(httpcore.AsyncNetworkBackend):
    """Opens each connection through `proxy`: `http://host:port`, with `user:password@` if it wants that.

    Raises ValueError for another form of address.
    """

    def __init__(self, proxy: str) -> None:
        self._proxy = EgressProxy.of(proxy)
        self._direct = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to an address, through the proxy. Raises httpcore's connect errors."""
        proxy = self._proxy
        stream = await self._direct.connect_tcp(proxy.host, proxy.port, timeout, local_address, socket_options)
        try:
            await _open_tunnel(stream, proxy.request(host, port), timeout)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never called: the guard allows no such address."""
        raise httpcore.ConnectError("a proxy has no sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks for between attempts."""
        await self._direct.sleep(seconds)


async def _open_tunnel(stream: httpcore.AsyncNetworkStream, request: bytes, timeout: float | None) -> None:
    await stream.write(request, timeout)
    answer = b""
    while END_OF_HEAD not in answer:
        part = await stream.read(4096, timeout)
        answer += part
        if not part or len(answer) > HEAD_LIMIT:
            raise httpcore.ConnectError(UNREADABLE)
    if (refusal := refusal_in(answer)) is not None:
        raise httpcore.ConnectError(refusal)
