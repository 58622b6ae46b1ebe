"""Admits request bodies: only a request with a valid key or session has its body read and parsed.

This only decides about the body. Each route checks the key again, with its scopes and limits (`api/auth.py`), so a key
that was valid a moment ago may be admitted here without asking the database.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.types import Scope

from api.auth import BEARER, WrongKey, authenticate, refuse, signed_in
from api.cookies import read_cookie
from api.dashboard.session import COOKIE
from api.services import services

Admit = Callable[[Scope], Awaitable[None]]
# How long a valid key is remembered, and how many of them.
REMEMBERED_SECONDS = 30.0
REMEMBERED_KEYS = 1_000


class Admission:
    """The keys and sessions that were valid a moment ago, by their hash."""

    def __init__(self) -> None:
        self._valid_until: dict[str, float] = {}

    async def __call__(self, scope: Scope) -> None:
        """ProblemError 401 or 429 unless the request has a valid key, or no such header and a valid session."""
        request = Request(scope)
        services_ = services(request)
        cookie = read_cookie(request, COOKIE, services_.settings)
        if cookie is not None and "authorization" not in request.headers:
            if not self._is_remembered(cookie):
                await signed_in(services_, cookie)
                self._remember(cookie)
            return
        bearer = await BEARER(request)
        key = bearer.credentials if bearer else None
        if key is None or not self._is_remembered(key):
            try:
                await authenticate(services_, key)
            except WrongKey as error:
                raise refuse(request, services_, error) from None
            self._remember(key or "")

    def _is_remembered(self, secret: str) -> bool:
        return self._valid_until.get(_hash(secret), 0.0) > time.monotonic()

    def _remember(self, secret: str) -> None:
        if len(self._valid_until) >= REMEMBERED_KEYS:
            self._valid_until.clear()
        self._valid_until[_hash(secret)] = time.monotonic() + REMEMBERED_SECONDS


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
