"""Connections through an egress proxy, by CONNECT to the address that the guard has checked.

Rule: the proxy never resolves a name, so the guard's answer is the one that counts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore

_HEAD_LIMIT = 16 * 1024


class ProxiedBackend(httpcore.AsyncNetworkBackend):
    """Opens each connection through `proxy`: `http://host:port`, with `user:password@` if it wants that.

    Raises ValueError for another form of address.
    """

    def __init__(self, proxy: str) -> None:
        parts = urlsplit(proxy)
        if parts.scheme != "http" or not parts.hostname or not parts.port or parts.path.strip("/"):
            raise ValueError("a proxy's address is http://host:port, perhaps with user:password@ before the host")
        self._host, self._port = parts.hostname, parts.port
        self._authorization = b""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._authorization = b"Proxy-Authorization: Basic " + base64.b64encode(pair) + b"\r\n"
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
        stream = await self._direct.connect_tcp(self._host, self._port, timeout, local_address, socket_options)
        try:
            await self._open_tunnel(stream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", timeout)
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

    async def _open_tunnel(self, stream: httpcore.AsyncNetworkStream, target: str, timeout: float | None) -> None:
        head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n".encode("ascii")
        await stream.write(head + self._authorization + b"\r\n", timeout)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = await stream.read(4096, timeout)
            answer += part
            if not part or len(answer) > _HEAD_LIMIT:
                raise httpcore.ConnectError("the egress proxy gave no readable answer")
        version, _, rest = answer.split(b"\r\n", 1)[0].partition(b" ")
        if not version.startswith(b"HTTP/1.") or not rest.startswith(b"2"):
            status = rest[:3].decode("ascii", "replace")  # without its words: they may name the operator's hosts
            raise httpcore.ConnectError(f"the egress proxy refused the connection: {status}")
