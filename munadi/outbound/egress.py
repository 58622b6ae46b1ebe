"""An egress proxy: its address, what it is asked by CONNECT, and what it answered.

Rule: it is asked for the address that was checked. It never resolves a name, so that check is the one that counts.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

HEAD_LIMIT = 16 * 1024
END_OF_HEAD = b"\r\n\r\n"
UNREADABLE = "the egress proxy gave no readable answer"


@dataclass(frozen=True)
class EgressProxy:
    """Where a proxy is. `authorization` is a whole header line, or nothing."""

    host: str
    port: int
    authorization: bytes = b""

    @classmethod
    def of(cls, url: str) -> Self:
        """From `http://host:port`, with `user:password@` if it wants that. ValueError for another form of address."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or not parts.port or parts.path.strip("/"):
            raise ValueError("a proxy's address is http://host:port, perhaps with user:password@ before the host")
        if parts.username is None:
            return cls(parts.hostname, parts.port)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        line = b"Proxy-Authorization: Basic " + base64.b64encode(pair) + b"\r\n"
        return cls(parts.hostname, parts.port, line)

    def request(self, host: str, port: int) -> bytes:
        """The request for a connection to an address."""
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n".encode("ascii") + self.authorization + b"\r\n"


def refusal_in(head: bytes) -> str | None:
    """Why the proxy opened no connection, by the head of its answer; None if it did."""
    version, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
    if version.startswith(b"HTTP/1.") and rest.startswith(b"2"):
        return None
    status = rest[:3].decode("ascii", "replace")  # without its words: they may name the operator's hosts
    return f"the egress proxy refused the connection: {status}"
