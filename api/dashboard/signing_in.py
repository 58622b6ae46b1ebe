"""Signing in with an API key, and out again. What was wrong with a key is not told, and a key is never shown again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import REALM, authenticate
from api.dashboard.reading import TheViewer
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.session import COOKIE, LIFE, check_csrf, is_of_own_site, new_session, seal_session
from api.deps import TheServices
from api.problems import ProblemError

router = APIRouter(route_class=PageRoute)

HOME = "/contents"
_WRONG = "This key does not open anything here. It may be mistyped, revoked or expired."
_ELSEWHERE = "This form was sent from another site. Type the key on this page."


@router.get("/sign-in")
async def show_form(request: Request, next_: Annotated[str, Query(alias="next")] = HOME) -> Response:
    """The form."""
    return render(request, "sign_in.html", next=local_path(next_), problem=None)


@router.post("/sign-in")
async def sign_in(request: Request, services: TheServices) -> Response:
    """A session for whoever has a valid key, and on to the page they wanted."""
    form = await request.form(max_files=0, max_fields=5)
    target, key = local_path(str(form.get("next") or HOME)), str(form.get("key") or "").strip()
    if not is_of_own_site(request, services.settings.base_url):
        return render(request, "sign_in.html", status=403, next=target, problem=_ELSEWHERE)
    try:
        principal = await authenticate(services, key)
    except ProblemError:
        page = render(request, "sign_in.html", status=401, next=target, problem=_WRONG)
        page.headers["WWW-Authenticate"] = REALM
        return page
    answer = RedirectResponse(target, 303, HEADERS)
    answer.set_cookie(
        COOKIE,
        seal_session(services.keyring, new_session(principal.key_id, services.clock.now())),
        max_age=int(LIFE.total_seconds()),
        path="/",
        httponly=True,
        secure=services.settings.base_url.startswith("https:"),
        samesite="lax",
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, services: TheServices, viewer: TheViewer) -> Response:
    """The browser forgets its session. The token in the form keeps other sites from doing it."""
    form = await request.form(max_files=0, max_fields=5)
    check_csrf(request, str(form.get("csrf") or ""), viewer.session, services.settings.base_url)
    answer = RedirectResponse("/sign-in", 303, HEADERS)
    answer.delete_cookie(COOKIE, path="/")
    return answer


def local_path(wanted: str) -> str:
    """Where to go after the sign-in: a path of ours, whatever a link says."""
    plain = wanted.isprintable() and wanted.isascii() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else HOME
