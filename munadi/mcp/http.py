"""The server over streamable HTTP. Each request brings its own API key or token; no key and no session is stored.

Host and Origin are checked, against DNS rebinding from a browser. A client without a key is told where to sign in.
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
from munadi.domain.key import is_token, is_well_formed
from munadi.mcp.server import Context, create_server
from munadi.mcp.sign_in import LOOPBACK, WELL_KNOWN, SignIn

PATH, HEALTH = "/mcp", "/healthz"
# Paths without a key. RFC 9728 puts the server's path behind the well-known one; some clients try without it.
OPEN = (HEALTH, f"{WELL_KNOWN}{PATH}", WELL_KNOWN)
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

    server, security = create_server(client_of, drafts_only=drafts_only), _security(hosts, origins)
    sign_in = SignIn(munadi, PATH, security, drafts_only=drafts_only)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        transport_security=security,
        custom_starlette_routes=[Route(HEALTH, _alive), *(Route(path, sign_in.show_resource) for path in OPEN[1:])],
    )
    serving = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(application: Starlette) -> AsyncIterator[Any]:
        async with munadi, serving(application) as state:
            yield state

    app.router.lifespan_context = lifespan
    app.add_middleware(KeyRequired, sign_in=sign_in)
    if origins:
        # Outermost: a browser asks whether it may before it sends the key.
        app.add_middleware(CORSMiddleware, allow_origins=[*origins], allow_methods=["POST"], allow_headers=["*"])
    return app


class KeyRequired:
    """Answers 401 to a request without a key, or with a token that has ended, and says where to sign in.

    The API checks the key at each call.
    """

    def __init__(self, app: ASGIApp, *, sign_in: SignIn) -> None:
        self._app = app
        self._sign_in = sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        key = _key(request)
        has_key = is_well_formed(key)
        if has_key and not (is_token(key) and await self._sign_in.has_ended(key)):
            await self._app(scope, receive, send)
            return
        problem: dict[str, Any] = {
            "type": "urn:munadi:problem:unauthenticated",
            "title": "The sign-in has ended" if has_key else "An API key is needed",
            "status": 401,
            "detail": "sign in where WWW-Authenticate says, or send a Munadi API key with each request: "
            "Authorization: Bearer mnd_…",
            "code": "UNAUTHENTICATED",
            "errors": [],
        }
        challenge = await self._sign_in.challenge(request, "invalid_token" if has_key else None)
        answer = JSONResponse(problem, 401, {"WWW-Authenticate": challenge}, "application/problem+json")
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
