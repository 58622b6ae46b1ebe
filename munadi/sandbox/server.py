"""Running the sandbox: `serve` blocks until SIGTERM or SIGINT and then ends within about a second."""

from __future__ import annotations

import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from munadi.sandbox.app import create_app
from munadi.sandbox.sockets import SocketProtocol
from munadi.sandbox.state import SandboxState
from munadi.sandbox.transport import TransportProtocol

# Longer than clients keep an idle connection: if the server closed first, it could cut a request.
KEEP_ALIVE_SECONDS = 75


def serve(
    host: str,
    port: int,
    *,
    data_dir: Path | None = None,
    addresses: Mapping[str, str] | None = None,
    dashboard_url: str | None = None,
    hosts: Collection[str] = (),
) -> None:
    state = SandboxState(data_dir, addresses)
    try:
        with _signals_end_quietly():
            server(create_app(state, dashboard_url=dashboard_url, hosts=hosts), host, port).run()
    finally:
        state.close()


def server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """A server that can cut connections; held calls delay its stop by at most a second."""
    # The faults that cut a connection use transports of asyncio itself.
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=TransportProtocol,
        loop="asyncio",
        ws=SocketProtocol,
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return uvicorn.Server(config)


@contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """uvicorn raises the signal again once it has stopped; here that must not kill the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, action in previous.items():
            signal.signal(number, action)


def _ignore(number: int, frame: FrameType | None) -> None:
    """The server has already stopped because of it."""
