"""Sends the connections of a process through an egress proxy, by CONNECT to addresses that were looked up before."""

from __future__ import annotations

import base64
import socket
from typing import Any
from urllib.parse import unquote, urlsplit

_HEAD_LIMIT = 16 * 1024


def proxy_of(url: str) -> tuple[tuple[str, int], bytes]:
    """Host and port of a proxy's address, and its authorization as a header line. The settings checked its form."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    if parts.username is None:
        return (parts.hostname, parts.port), b""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return (parts.hostname, parts.port), b"Proxy-Authorization: Basic " + base64.b64encode(pair) + b"\r\n"


def tunnel_through(proxy: tuple[str, int], authorization: bytes, check: Any) -> None:
    """From now on, connect sockets to the proxy and ask it for the address. `check(socket, address)` raises first."""
    connect = socket.socket.connect

    def tunnelled(self: socket.socket, address: Any) -> None:
        check(self, address)
        host, port = str(address[0]), int(address[1])
        family = {socket.AF_INET: socket.AF_INET, socket.AF_INET6: socket.AF_INET6}[self.family]
        connect(self, socket.getaddrinfo(*proxy, family=family, type=socket.SOCK_STREAM)[0][4])
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n".encode() + authorization + b"\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            # One byte at a time: what follows the head is the other server's.
            part = self.recv(1)
            answer += part
            if not part or len(answer) > _HEAD_LIMIT:
                raise OSError("the egress proxy gave no readable answer")
        if not answer.split(b"\r\n", 1)[0].partition(b" ")[2].startswith(b"2"):
            raise OSError("the egress proxy refused the connection")

    socket.socket.connect = tunnelled  # type: ignore[method-assign, assignment]
