"""Cutting connections for real: an HTTP protocol that shows the socket to the application.

An ASGI application cannot reset a TCP connection or stop halfway through a body, and those are the very
failures a publisher must survive. `TransportProtocol` puts the transport into the scope; the functions
here use it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

SCOPE_KEY = "munadi.sandbox.transport"
HELD_AT_SHUTDOWN_SECONDS = 0.3
LINGER_ZERO = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST instead of FIN


class TransportProtocol(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None:
            # asyncio does this only for sockets made with an explicit protocol number; without it every
            # answer waits 40 ms for the client's delayed acknowledgement.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app = with_transport(self.app, transport)

    def shutdown(self) -> None:
        """A call that a fault holds would prevent the server from stopping, so it is cut after a moment."""
        super().shutdown()
        self.loop.call_later(HELD_AT_SHUTDOWN_SECONDS, self.transport.abort)


def with_transport(application: Any, transport: asyncio.Transport) -> Any:
    """The application, whose calls show it this connection."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        scope[SCOPE_KEY] = transport
        await application(scope, receive, send)

    return called


async def hold(scope: Scope, receive: Receive) -> None:
    """Send nothing (more) until the client leaves."""
    while not (await receive())["type"].endswith(".disconnect"):
        pass


async def reset(scope: Scope, receive: Receive) -> None:
    """Cut the connection with RST, nothing (more) sent."""
    transport = _transport(scope)
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    transport.abort()
    await hold(scope, receive)  # so that the server knows before we return without an answer


async def close(scope: Scope, receive: Receive) -> None:
    """Close with FIN after what was written: the client sees a body that ends too early."""
    _transport(scope).close()
    await hold(scope, receive)


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope.get(SCOPE_KEY)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionResetError("this server cannot cut connections; run it with munadi.sandbox.serve")
    return transport
