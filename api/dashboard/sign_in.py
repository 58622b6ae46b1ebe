"""Sign-in with an API key, and sign-out. The page never explains what is wrong with a key, and never shows a key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import WrongKey, authenticate, refuse
from api.dashboard.page_data import TheViewer
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.session import COOKIE, CSRF_HEADER, LIFE, check_csrf, is_of_own_site, new_session, seal_session
from api.deps import TheServices
from api.http.body_kind import form_of
from api.http.cookies import forget_cookie, set_cookie
from api.http.problems import REALM, ProblemError
from api.languages.catalogue import N_
from munadi.db.keys.sessions import SessionStore
from munadi.domain.audit import Action
from munadi.domain.key import is_token

router = APIRouter(route_class=PageRoute)

HOME = "/contents"
_WRONG = N_("This key is not valid here. It may be mistyped, revoked or expired.")
_BRAKED = N_("Too many wrong keys were sent from your address. Wait a minute, then try again.")
_SEVERAL = N_("This key works for several brands. Sign in with a key for one brand, or for all.")
_ELSEWHERE = N_("This form was sent from another site. Enter the key on this page.")


@router.get("/sign-in")
async def show_form(request: Request, next_: Annotated[str, Query(alias="next")] = HOME) -> Response:
    """The form that asks for an API key. After signing in, the browser goes to `next`."""
    return render(request, "sign_in.html", next=local_path(next_), problem=None)


@router.post("/sign-in")
async def sign_in(request: Request, services: TheServices) -> Response:
    """Start a session for a valid key, and redirect to the requested page."""
    form = form_of(request)
    target, key = local_path(form.get("next") or HOME), form.get("key", "").strip()
    if not is_of_own_site(request, services.settings.base_url):
        return render(request, "sign_in.html", status=403, next=target, problem=_ELSEWHERE)
    try:
        if is_token(key):
            # It ends within the hour, and a session does not.
            raise WrongKey("KEY_UNKNOWN", "a token opens the API, not the dashboard")
        bearer = await authenticate(services, key)
    except WrongKey as error:
        return _refused(request, target, refuse(request, services, error, Action.SESSION_REFUSED))
    except ProblemError as error:
        return _refused(request, target, error)
    if bearer.names_brands:
        return render(request, "sign_in.html", status=403, next=target, problem=_SEVERAL)
    now = services.clock.now()
    session_id = await SessionStore(services.database).start(bearer.key_id, bearer.only_brand, now, LIFE)
    answer = RedirectResponse(target, 303, HEADERS)
    cookie = seal_session(services.keyring, new_session(session_id, now))
    set_cookie(answer, COOKIE, cookie, int(LIFE.total_seconds()), services.settings)
    return answer


def _refused(request: Request, target: str, error: ProblemError) -> Response:
    braked = error.status == 429
    page = render(request, "sign_in.html", status=error.status, next=target, problem=_BRAKED if braked else _WRONG)
    if braked:
        page.headers["Retry-After"] = error.headers["Retry-After"]
    else:
        page.headers["WWW-Authenticate"] = REALM
    return page


@router.post("/sign-out")
async def sign_out(request: Request, services: TheServices, viewer: TheViewer) -> Response:
    """End this session permanently; other sessions of its key stay. Other sites lack the form's token."""
    sent = form_of(request).get("csrf") or request.headers.get(CSRF_HEADER, "")
    check_csrf(request, sent, viewer.session, services.settings.base_url)
    await SessionStore(services.database).end(viewer.session.id, viewer.principal.only_brand, services.clock.now())
    answer = RedirectResponse("/sign-in", 303, HEADERS)
    forget_cookie(answer, COOKIE, services.settings)
    return answer


def local_path(wanted: str) -> str:
    """The page after the sign-in: always a path of ours."""
    plain = wanted.isprintable() and wanted.isascii() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else HOME
