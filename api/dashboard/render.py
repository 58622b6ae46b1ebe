"""Renders pages: autoescaped templates, and headers that allow only our own scripts and styles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.dashboard import causes, fields, icons, labels, remedies, rules
from api.dashboard.brand_choice import remember
from api.dashboard.page_data import ReadingFailed, SignInNeeded, Viewer
from api.dashboard.times import WITHOUT_A_BRAND, instant, local_field, short_day, shown_time, zone_label
from api.http.problems import answer, request_id_of, translate
from api.languages import templates
from api.languages.catalogue import N_
from api.languages.choice import language_headers
from api.process.services import Services
from munadi.domain.key import Scope

FOLDER = Path(__file__).parent
ASSETS = FOLDER / "assets"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}
# In the order of the navigation. One appears as soon as its page is served.
NAVIGATION = (
    (N_("Needs attention"), "/attention"),
    (N_("Calendar"), "/calendar"),
    (N_("Plans"), "/queue"),
    (N_("Posts"), "/contents"),
    (N_("Compose"), "/compose"),
    (N_("Accounts"), "/accounts"),
    (N_("Webhooks"), "/webhooks"),
    (N_("Alerts"), "/alerts"),
    (N_("Insights"), "/insights"),
    (N_("Usage"), "/usage"),
    (N_("Audit log"), "/audit"),
    (N_("Settings"), "/settings"),
)
# Pages that need a scope to show anything at all.
SCOPES = {"/insights": Scope.CONTENTS_READ, "/audit": Scope.ADMIN, "/settings": Scope.ADMIN}


class PageRoute(APIRoute):
    """A route whose errors are pages: without a session the sign-in page, for a problem an error page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer_with_a_page(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInNeeded:
                return RedirectResponse(sign_in_path(request), 303, HEADERS)
            except ReadingFailed as error:
                return _error_page(request, error.status, error.problem)
            except Exception as error:  # noqa: BLE001 - as the API does: every error is translated, none is lost
                problem = translate(error)
                shown = {"title": problem.title, "detail": problem.detail, "errors": ()}
                return _error_page(request, problem.status, shown, problem.headers)

        return answer_with_a_page


def render(request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. Templates see `values`, `request`, `viewer` (None before the sign-in), `frame`
    (what the header has; None where it could not be read), `may(scope)`, `channels` (titles
    by name), `navigation`, `now`, `zone` (that of all times on the page, unless `values` name another), `about`
    (the brand of a page about one thing),
    `brand_name(ref)` and the functions of the environment."""
    services: Services = request.app.state.services
    viewer = getattr(request.state, "viewer", None)
    frame = getattr(request.state, "frame", None)
    shared = {
        "request": request,
        "viewer": viewer,
        "frame": frame,
        "may": viewer.principal.may if viewer else lambda _scope: False,
        "channels": {name.value: channel.spec.title for name, channel in services.channels.by_name.items()},
        "navigation": _navigation(request, viewer),
        "now": services.clock.now(),
        "about": None,
        "zone": frame.choice.zone if frame else WITHOUT_A_BRAND,
        "brand_name": frame.choice.name_of if frame else str,
    }
    made = _environment().get_template(template).render(shared | values)
    page = HTMLResponse(made, status, HEADERS | language_headers())
    if frame is not None:
        remember(page, frame.choice, services.settings)
    return page


async def answer_unknown(request: Request, error: Exception) -> Response:
    """The exception handler for addresses that do not exist: a page for a browser, else the API's problem."""
    is_page = request.method in ("GET", "HEAD") and not request.url.path.startswith("/v1/")
    if not is_page or "text/html" not in request.headers.get("accept", ""):
        return await answer(request, error)
    problem = translate(error)
    shown = {
        "title": N_("There is no such page"),
        "detail": N_("Check the address, or start from the list of posts."),
    }
    return _error_page(request, problem.status, {**shown, "errors": ()}, problem.headers)


def sign_in_path(request: Request) -> str:
    """The sign-in page, which leads back to the requested page."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/sign-in?next={quote(request.url.path + query, safe='')}"


def asset(name: str) -> str:
    """The path of one of our own files. It changes with any of them, so that browsers may keep them."""
    return f"/assets/{assets_version()}/{name}"


@cache
def assets_version() -> str:
    """Of all assets together: modules import each other by relative names."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def with_query(request: Request, **changes: Any) -> str:
    """This page's address with changed query parameters; None removes one."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    return f"{request.url.path}?{urlencode([*kept, *((n, v) for n, v in changes.items() if v is not None)])}"


def _error_page(
    request: Request, status: int, problem: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    page = render(request, "error.html", status=status, problem=problem, request_id=request_id_of(request.scope))
    page.headers.update(headers or {})
    return page


def _navigation(request: Request, viewer: Viewer | None) -> list[tuple[str, str]]:
    return [
        (name, path)
        for name, path in NAVIGATION
        if path in request.app.state.pages
        and (path not in SCOPES or (viewer is not None and viewer.principal.may(SCOPES[path])))
    ]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.install(made)
    made.filters |= {"instant": instant, "local_field": local_field, "shown": shown_time, "zone_label": zone_label}
    made.filters["short_day"] = short_day
    made.filters |= {"humanize": labels.humanize, "lateness": labels.lateness, "status_key": labels.status_key}
    made.filters |= {"remedy": remedies.remedy, "sentence": labels.sentence, "measured": labels.measured}
    made.filters["happened"] = labels.happened
    made.filters["says_its_code"] = causes.says_its_code
    made.filters |= {"within": labels.within, "initials": icons.initials, "tint": icons.tint}
    made.globals |= {"publication_status_key": labels.publication_status_key}
    made.globals["first_file"] = icons.first_file
    made.globals |= {"icon": icons.status_icon, "tone": icons.tone, "network": icons.network_icon}
    made.filters |= {"fold": fields.fold_of, "ratios": fields.ratios_of}
    made.globals |= {"asset": asset, "with_query": with_query}
    made.globals |= {"STATUSES": labels.STATUSES, "STATUS_KEYS": labels.STATUS_KEYS, "EVENTS": labels.EVENTS}
    made.globals |= {"HOLDS": labels.HOLDS, "EFFECTS": labels.EFFECTS, "DISMISSALS": labels.DISMISSALS}
    made.globals |= {"weekday_name": rules.weekday_name, "rule_in_words": rules.rule_in_words}
    made.globals["VERDICTS"] = labels.VERDICTS
    made.globals["DELIVERIES"] = labels.DELIVERIES
    made.globals |= {"ALERTS": labels.ALERTS, "DIGESTS": labels.DIGESTS}
    return made
