"""The page at `/`: which profiles there are, and what was published to them, newest first.

`/fragment` is the part that changes; the page's script swaps it in when it differs. Everything is served
from here, and the policy allows nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from munadi.sandbox.changes import CONTROLS, Changes, possible
from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import root_url
from munadi.sandbox.mishaps import MISHAPS, mishap_routes, planted, what_was_asked
from munadi.sandbox.model import PostView
from munadi.sandbox.page.changing import change_routes
from munadi.sandbox.rendering import PAGE_FOLDER, PRIVATE_PAGE, render
from munadi.sandbox.state import SandboxState

POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'"
HEADERS = {
    **PRIVATE_PAGE,
    "content-security-policy": POLICY + "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}
# The page is for looking; the control API lists everything.
NEWEST, PROFILES = 60, 12


@dataclass(frozen=True)
class Picture:
    url: str
    alt: str
    is_video: bool
    is_image: bool
    width: int | None
    height: int | None


@dataclass(frozen=True)
class Card:
    post: PostView
    published_at: str
    pictures: list[Picture]
    link_host: str | None
    is_local: bool  # its own link leads back here, so it can be followed
    page: str  # where what happens to it is decided


def page_routes(state: SandboxState, base_url: str | None, dashboard_url: str | None = None) -> list[BaseRoute]:
    """`dashboard_url`: where the page's way back to the dashboard leads; there is none without it."""

    async def shown(request: Request) -> Response:
        template = "feed.html" if request.url.path == "/fragment" else "page.html"
        view = _view(state, request, base_url)
        return HTMLResponse(render(template, dashboard_url=dashboard_url, **view), headers=HEADERS)

    assets = StaticFiles(directory=PAGE_FOLDER / "assets")
    return [
        Route("/", shown),
        Route("/fragment", shown),
        Mount("/assets", assets),
        *mishap_routes(state),
        *change_routes(state, base_url),
    ]


def _view(state: SandboxState, request: Request, base_url: str | None) -> dict[str, Any]:
    root = root_url(request, base_url)
    channel, post, profile = (request.query_params.get(name) for name in ("channel", "post", "profile"))
    everything = state.all_posts(root)
    of_profile = [p for p in everything if channel in (None, p.channel) and profile in (None, p.profile)]
    shown = [p for p in of_profile if post in (None, p.id)]
    counts = _counts(state, [one for one in everything if one.state is None or not one.state.is_gone])
    views = [view for network in state.networks.values() for view in network.profiles()]
    views = [view for view in views if channel in (None, view.channel)]
    busiest = sorted(views, key=lambda view: -counts[view.channel, view.id])
    return {
        "profiles": views,
        "shown": busiest[: None if channel else PROFILES],
        "counts": counts,
        "cards": [_card(one, root) for one in reversed(shown[-NEWEST:])],
        "total": len(shown),
        "channels": list(state.networks),
        "titles": {name: network.title for name, network in state.networks.items()},
        "channel": channel,
        "single": post is not None,
        "mishaps": MISHAPS,
        "asked": what_was_asked(state, request.query_params),
        "planted": planted(state),
        "controls": CONTROLS,
        "possible": _possible(state, shown[0]) if post is not None and len(shown) == 1 else None,
    }


def _possible(state: SandboxState, post: PostView) -> Changes:
    """What can happen to a post; nothing after what nothing undoes."""
    is_final = post.state is not None and post.state.is_final
    return {} if is_final else possible(state.networks[post.channel], post)


def _counts(state: SandboxState, posts: list[PostView]) -> Counter[tuple[str, str]]:
    """How many posts each profile has, by channel and the profile's id, which a post may write in another way."""
    found: Counter[tuple[str, str]] = Counter()
    for (channel, profile), count in Counter((one.channel, one.profile) for one in posts).items():
        found[channel, state.networks[channel].profile_id(profile)] += count
    return found


def _kind(mime_type: str) -> tuple[bool, bool]:
    """Whether it is a video, and whether an image; everything else is offered as a download."""
    return mime_type.startswith("video/"), mime_type.startswith("image/")


def _card(post: PostView, root: str) -> Card:
    pictures = [
        Picture(f"/media/{facts.digest}", alt, *_kind(facts.mime_type), facts.width, facts.height)
        for facts, alt in post.media
    ]
    host = urlsplit(post.link).netloc if post.link else None
    query = urlencode({"channel": post.channel, "profile": post.profile, "post": post.id})
    return Card(post, iso(post.received_at), pictures, host, post.url.startswith(f"{root}/"), f"/?{query}")
