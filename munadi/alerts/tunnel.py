"""Sends the sockets of a process through an egress proxy, to addresses that were looked up before."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from munadi.outbound.egress import END_OF_HEAD, HEAD_LIMIT, UNREADABLE, EgressProxy, refusal_in


def tunnel_through(proxy: EgressProxy, check: Callable[[Any, Any], None]) -> None:
    """From now on, connect sockets to the proxy and ask it for the address. `check(socket, address)` raises first."""
    connect = socket.socket.connect

    def tunnelled(self: socket.socket, address: Any) -> None:
        check(self, address)
        at = socket.getaddrinfo(proxy.host, proxy.port, family=self.family, type=socket.SOCK_STREAM)[0][4]
        connect(self, at)
        self.sendall(proxy.request(str(address[0]), int(address[1])))
        answer = b""
        while END_OF_HEAD not in answer:
            # One byte at a time: what follows the head is the other server's.
            part = self.recv(1)
            answer += part
            if not part or len(answer) > HEAD_LIMIT:
                raise OSError(UNREADABLE)
        if (refusal := refusal_in(answer)) is not None:
            raise OSError(refusal)

    socket.socket.connect = tunnelled  # type: ignore[method-assign, assignment]
