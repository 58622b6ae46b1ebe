"""Remembers the language that a reader chose, on every page that offers the choice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.render import HEADERS, PageRoute
from api.dashboard.session import is_of_own_site
from api.dashboard.sign_in import HOME, local_path
from api.deps import TheServices
from api.http.problems import ProblemError
from api.languages.catalogue import Language
from api.languages.choice import keep_choice

router = APIRouter(route_class=PageRoute)


@router.post("/language")
async def choose_language(
    request: Request,
    services: TheServices,
    language: Annotated[Language, Form()],
    next_: Annotated[str, Form(alias="next", max_length=2_000)] = HOME,
) -> Response:
    """Set the cookie, and redirect to the page that the form was on. ProblemError 403 for another site's form."""
    if not is_of_own_site(request, services.settings.base_url):
        raise ProblemError(403, "CSRF_FAILED", "Not permitted", "the language is chosen on a page of ours")
    answer = RedirectResponse(local_path(next_), 303, HEADERS)
    keep_choice(answer, language, services.settings)
    return answer
