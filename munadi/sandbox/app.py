"""The sandbox as one ASGI application: a gate per network, the control API, the page and the media."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from munadi.sandbox.control import control_router
from munadi.sandbox.gate import Gate, Witness
from munadi.sandbox.media import VIEWABLE
from munadi.sandbox.own_pages import OwnPagesOnly
from munadi.sandbox.page import page_routes
from munadi.sandbox.state import SandboxState

RANGE = re.compile(r"^bytes=(\d+)-(\d*)$")  # some browsers play a video only in pieces
MEDIA_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "accept-ranges": "bytes",
    "cache-control": "public, max-age=31536000, immutable",  # the address is the content's digest
}


def create_app(
    state: SandboxState | None = None,
    *,
    base_url: str | None = None,
    dashboard_url: str | None = None,
    hosts: Collection[str] = (),
    witness: Witness | None = None,
) -> Starlette:
    """`base_url` is where clients reach this sandbox; by default the address of each request.

    `dashboard_url` is where its page leads back to. `hosts` are names in the DNS that it is reached by. `witness` sees
    every call and its answer: tests check them against what the networks publish.
    """
    state = state or SandboxState()
    gates = [
        Mount(f"/{network.channel}", Gate(network, state.faults, state.calls, base_url, witness))
        for network in state.networks.values()
    ]
    media = Route("/media/{digest}", _media_route(state))
    routes = [control_router(state, base_url), *page_routes(state, base_url, dashboard_url), media, *gates]
    known = [*hosts, urlsplit(base_url or "").hostname or ""]
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: _refused},
        middleware=[Middleware(OwnPagesOnly, hosts=known)],
    )


async def _refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, HTTPException)
    return JSONResponse({"detail": refused.detail}, refused.status_code)


def _media_route(state: SandboxState) -> Callable[[Request], Awaitable[Response]]:
    async def media(request: Request) -> Response:
        digest = request.path_params["digest"]
        facts, body = state.media.facts(digest), state.media.read(digest)
        if facts is None or body is None:
            return Response("not found", 404)
        media_type = facts.mime_type if facts.mime_type in VIEWABLE else "application/octet-stream"
        wanted = RANGE.match(request.headers.get("range", ""))
        if wanted is None or int(wanted[1]) >= len(body):
            return Response(body, media_type=media_type, headers=MEDIA_HEADERS)
        first, last = int(wanted[1]), min(int(wanted[2] or len(body) - 1), len(body) - 1)
        headers = MEDIA_HEADERS | {"content-range": f"bytes {first}-{last}/{len(body)}"}
        return Response(body[first : last + 1], 206, media_type=media_type, headers=headers)

    return media
