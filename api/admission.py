"""Admits request bodies: only a request with a valid key or session has its body read and parsed.

This only decides about the body. Each route checks the key again, with its scopes and limits (`api/auth.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.types import Scope

from api.auth import BEARER, WrongKey, authenticate, refuse, signed_in
from api.cookies import read_cookie
from api.dashboard.session import COOKIE
from api.services import services

Admit = Callable[[Scope], Awaitable[None]]


async def admit(scope: Scope) -> None:
    """ProblemError 401 or 429 unless the request has a valid key, or no such header and a valid session."""
    request = Request(scope)
    services_ = await services(request)
    cookie = read_cookie(request, COOKIE, services_.settings)
    if cookie is not None and "authorization" not in request.headers:
        await signed_in(services_, cookie)
        return
    bearer = await BEARER(request)
    try:
        await authenticate(services_, bearer.credentials if bearer else None)
    except WrongKey as error:
        raise refuse(request, services_, error) from None
