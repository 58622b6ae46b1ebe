"""Admits request bodies: only a request with a valid key or session has its body read and parsed.

The forms of pages, which strangers may send, are limited for each address instead. This only decides about the body.
Each route checks the key again, with its scopes and limits (`api/auth.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.types import Scope

from api.auth import BEARER, WrongKey, authenticate, refuse, signed_in
from api.dashboard.session import COOKIE
from api.http.cookies import read_cookie
from api.http.door import door_of
from api.http.problems import ProblemError
from api.process.services import Services, services

Admit = Callable[[Scope], Awaitable[None]]
API = "/v1/"


async def admit(scope: Scope) -> None:
    """ProblemError 401 or 429 unless the request has a valid key, or no such header and a valid session.

    For a page's form: 429 when its address has sent too many.
    """
    request = Request(scope)
    services_ = await services(request)
    if not scope["path"].startswith(API) and door_of(scope) is None:
        _admit_form(scope, services_)
        return
    cookie = read_cookie(request, COOKIE, services_.settings)
    if cookie is not None and "authorization" not in request.headers:
        await signed_in(services_, cookie)
        return
    bearer = await BEARER(request)
    try:
        await authenticate(services_, bearer.credentials if bearer else None)
    except WrongKey as error:
        raise refuse(request, services_, error) from None


def _admit_form(scope: Scope, services_: Services) -> None:
    address = services_.callers.address_of(scope)
    seconds = services_.forms.count(address, services_.clock.monotonic())
    if seconds is not None:
        detail = f"this address sent more than {services_.forms.most} forms within a minute"
        raise ProblemError(
            429,
            "TOO_MANY_FORMS",
            "Too Many Requests",
            detail,
            headers={"Retry-After": str(seconds)},
        )
