"""The page at `/`: which profiles there are, and what was published to them, newest first.

`/fragment` is the part that changes; the page's script swaps it in when it differs. Everything is served
from here, and the policy allows nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from munadi.sandbox.clock import iso
from munadi.sandbox.control.reports import root_url
from munadi.sandbox.platform import PostView
from munadi.sandbox.rendering import PAGE_FOLDER, PRIVATE_PAGE, render
from munadi.sandbox.state import SandboxState

POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'"
HEADERS = {
    **PRIVATE_PAGE,
    "content-security-policy": POLICY + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
ASSETS = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
NEWEST = 60  # the page is for looking; the control API lists everything


@dataclass(frozen=True)
class Picture:
    url: str
    alt: str
    is_video: bool
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Card:
    post: PostView
    published_at: str
    pictures: list[Picture]
    link_host: str | None
    is_local: bool  # its own link leads back here, so it can be followed


def page_router(state: SandboxState, base_url: str | None) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page(request: Request, channel: str | None = None, post: str | None = None) -> Response:
        return HTMLResponse(render("page.html", **_view(state, request, base_url, channel, post)), headers=HEADERS)

    @router.get("/fragment")
    async def fragment(request: Request, channel: str | None = None, post: str | None = None) -> Response:
        return HTMLResponse(render("feed.html", **_view(state, request, base_url, channel, post)), headers=HEADERS)

    @router.get("/assets/{name}")
    async def asset(name: str) -> Response:
        if name not in ASSETS:
            return Response("not found", 404)
        return FileResponse(PAGE_FOLDER / "assets" / name, media_type=ASSETS[name])

    return router


def _view(
    state: SandboxState, request: Request, base_url: str | None, channel: str | None, post: str | None
) -> dict[str, object]:
    root = root_url(request, base_url)
    everything = state.posts(root)
    shown = [p for p in everything if channel in (None, p.channel) and post in (None, p.id)]
    counts: dict[str, int] = {}
    for one in everything:
        counts[one.profile] = counts.get(one.profile, 0) + 1
    return {
        "profiles": [view for network in state.networks.values() for view in network.profiles()],
        "counts": counts,
        "cards": [_card(one, root) for one in reversed(shown[-NEWEST:])],
        "total": len(shown),
        "channels": list(state.networks),
        "titles": {name: network.title for name, network in state.networks.items()},
        "channel": channel,
        "single": post is not None,
    }


def _card(post: PostView, root: str) -> Card:
    pictures = [
        Picture(f"/media/{facts.digest}", alt, facts.mime_type.startswith("video/"), facts.width, facts.height)
        for facts, alt in post.media
    ]
    host = urlsplit(post.link).netloc if post.link else None
    return Card(post, iso(post.received_at), pictures, host, post.url.startswith(f"{root}/"))
