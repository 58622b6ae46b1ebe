"""`munadi mcp`: Munadi as tools for an AI client, over standard input and output, or over HTTP."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import Annotated, NoReturn

from typer import Option

from munadi.cli.session import Session
from munadi.process.exiting import exit_now, signals_end_quietly
from munadi.process.exits import CommandFailed, Exit

PORT = 8085
LOOPBACK = ("127.0.0.1", "::1", "localhost")
GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 75

Http = Annotated[bool, Option("--http", help="Serve streamable HTTP at /mcp instead of standard input and output.")]
Host = Annotated[str, Option("--host", help="With --http: the address to listen on.")]
Port = Annotated[int, Option("--port", min=0, max=65535, help="With --http; 0 picks a free one.")]
Hosts = Annotated[
    list[str] | None,
    Option(
        "--allowed-host",
        metavar="NAME",
        help="With --http: a host name that clients use (the Host header); repeat for more.",
    ),
]
Origins = Annotated[
    list[str] | None,
    Option(
        "--allowed-origin", metavar="ORIGIN", help="With --http: an origin whose pages may call it; repeat for more."
    ),
]
DraftsOnly = Annotated[
    bool,
    Option("--drafts-only", help="Offer no tool that publishes or changes posts: an agent drafts, a person submits."),
]


def mcp(
    session: Session,
    http: Http = False,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    allowed_hosts: Hosts = None,
    allowed_origins: Origins = None,
    drafts_only: DraftsOnly = False,
) -> None:
    """Run the MCP server, so that an AI client can publish and follow posts (docs/mcp.md).

    Over standard input and output, every call uses this user's key. With --http each request brings its own
    key as a bearer token, and this user's key is not used. It ends when its input ends, or after SIGTERM.
    """
    if http:
        _serve_http(session, host, port, allowed_hosts or [], allowed_origins or [], drafts_only)
    _serve_stdio(session, drafts_only)


def _serve_stdio(session: Session, drafts_only: bool) -> None:
    from munadi.client import AsyncClient
    from munadi.mcp import serve_stdio
    from munadi.process.logs import configure_logging

    configure_logging("warning")
    if sys.stdin.isatty():
        session.out.note("waiting for an MCP client on standard input; docs/mcp.md explains how to set one up")
    if session.credentials.api_key is None:
        session.out.note("no API key is set, so every tool will fail. Set MUNADI_API_KEY, or run munadi login.")
    # Exit at once: a thread that waits for standard input would keep the process alive until a line comes.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(serve_stdio(AsyncClient(session.credentials.url, session.credentials.api_key), drafts_only=drafts_only))


def _serve_http(
    session: Session, host: str, port: int, hosts: list[str], origins: list[str], drafts_only: bool
) -> NoReturn:
    if host not in LOOPBACK and not hosts:
        raise CommandFailed(
            f"--host {host} is not loopback, so --allowed-host must name the host that clients use",
            Exit.USAGE,
            "For example --allowed-host mcp.example.com; requests for other names are refused (DNS rebinding).",
        )
    import uvicorn

    from munadi.client import AsyncClient
    from munadi.mcp import create_app
    from munadi.mcp.http import PATH
    from munadi.process.logs import configure_logging

    configure_logging("warning")
    listening = _listen(host, port)
    app = create_app(AsyncClient(session.credentials.url), hosts=hosts, origins=origins, drafts_only=drafts_only)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = uvicorn.Server(config)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listening.getsockname()[1]}{PATH}"
    place = {"url": url, "api": session.credentials.url}
    session.show(place, lambda out, at: out.line(f"MCP at {at['url']}, for Munadi at {at['api']}  (Ctrl-C ends)"))
    try:
        with signals_end_quietly():
            server.run(sockets=[listening])
    except SystemExit:
        exit_now(1)
    exit_now(0 if server.started else 1)


def _listen(host: str, port: int) -> socket.socket:
    """Bind before the address is printed, so that it is right and clients can connect at once."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise CommandFailed(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
