"""The server over streamable HTTP. Each request brings its own API key; no key and no session is stored.

Host and Origin are checked, against DNS rebinding from a browser.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from munadi.client import AsyncClient
from munadi.domain.key import is_well_formed
from munadi.mcp.server import Context, create_server

PATH, HEALTH = "/mcp", "/healthz"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
BEARER = "bearer "


def create_app(
    munadi: AsyncClient, *, hosts: Sequence[str] = (), origins: Sequence[str] = (), drafts_only: bool = False
) -> Starlette:
    """The ASGI application, serving at /mcp. It uses and finally closes the connections of `munadi`, not its key.

    `hosts` are names it is reached by besides loopback, `origins` those of browsers' pages that may call it.
    """

    def client_of(context: Context) -> AsyncClient:
        assert isinstance(context.request, Request)
        return munadi.with_key(_key(context.request))

    server = create_server(client_of, drafts_only=drafts_only)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        transport_security=_security(hosts, origins),
        custom_starlette_routes=[Route(HEALTH, _alive)],
    )
    serving = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[Any]:
        async with munadi, serving(application) as state:
            yield state

    app.router.lifespan_context = lifespan
    app.add_middleware(KeyRequired)
    if origins:
        # Outermost: a browser asks whether it may before it sends the key.
        app.add_middleware(CORSMiddleware, allow_origins=[*origins], allow_methods=["POST"], allow_headers=["*"])
    return app


class KeyRequired:
    """Answers 401 to a request without a bearer token. The API checks the token at each call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == HEALTH or is_well_formed(_key(Request(scope))):
            await self._app(scope, receive, send)
            return
        problem = {
            "type": "urn:munadi:problem:unauthenticated",
            "title": "An API key is needed",
            "status": 401,
            "detail": "send a Munadi API key with each request: Authorization: Bearer mnd_…",
            "code": "UNAUTHENTICATED",
            "errors": [],
        }
        answer = JSONResponse(problem, 401, {"WWW-Authenticate": "Bearer"}, "application/problem+json")
        await answer(scope, receive, send)


def _key(request: Request) -> str:
    """The bearer token, empty if there is none."""
    given = request.headers.get("authorization", "")
    return given[len(BEARER) :].strip() if given[: len(BEARER)].lower() == BEARER else ""


def _security(hosts: Sequence[str], origins: Sequence[str]) -> TransportSecuritySettings:
    """With any port and without one, since a default port is not named."""
    names = [*LOOPBACK, *hosts]
    pages = [f"http://{name}" for name in LOOPBACK]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*names, *(f"{name}:*" for name in names)],
        allowed_origins=[*pages, *(f"{page}:*" for page in pages), *origins],
    )


async def _alive(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})
