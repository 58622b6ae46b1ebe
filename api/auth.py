"""Who asks, and what they may: `Depends(require("contents:read"))` in every route that is not public.

A client sends its key; a browser that signed in with one sends a session instead (`api/dashboard/session.py`), which
counts only where there is no Authorization header at all.

The rule here: a key that may not see a brand gets the answer of an unknown one (404), never a hint that it exists.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.dashboard.session import COOKIE, CSRF_HEADER, SAFE_METHODS, Session, check_csrf, open_session
from api.problems import ProblemError
from api.quotas import brand_of_call, count_call
from api.services import Services, services
from munadi.db.keys import KeyStore
from munadi.db.tables import KeyRow
from munadi.domain.brand import BrandLimits
from munadi.domain.key import Scope, is_well_formed
from munadi.domain.usage import BrandCalls, Month

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="apiKey",
    bearerFormat="mnd_…",
    description="An API key: `Authorization: Bearer mnd_…`",
)
REALM = 'Bearer realm="munadi"'


@dataclass(frozen=True)
class Principal:
    """The bearer of a valid key. `brand_ref` None: every brand. `calls`: the brand that this call counts for."""

    key_id: str
    scopes: frozenset[str]
    brand_ref: str | None
    calls: BrandCalls | None = None

    def may(self, scope: str) -> bool:
        """Whether the key has this scope; `admin` has all."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def may_see(self, brand_ref: str | None) -> bool:
        """Whether this brand's things exist for the key; what belongs to all brands is not a restricted key's."""
        return self.brand_ref is None or self.brand_ref == brand_ref

    def limits_of(self, brand_ref: str) -> BrandLimits | None:
        """A brand's limits, read together with the key; None when the call counts for another brand, or for none."""
        return self.calls.limits if self.calls is not None and self.calls.ref == brand_ref else None


async def authenticate(services_: Services, text: str | None, named: str | None = None) -> Principal:
    """The principal of a key as it was sent. ProblemError 401 when there is none, or it is not (or no longer) valid.

    `named` is the brand that the call is about, as far as it says.
    """
    if not text:
        raise _unauthenticated("KEY_MISSING", "send an API key: Authorization: Bearer mnd_…", challenge=REALM)
    if not is_well_formed(text):
        raise _unauthenticated("KEY_MALFORMED", "this is not a key of ours, or a character of it is wrong")
    found = await KeyStore(services_.database).caller(text, named, Month.of(services_.clock.now()))
    if found is None:
        raise _unauthenticated("KEY_UNKNOWN", "the key is well formed, but not one of this installation")
    return _principal(services_, *found)


async def signed_in(services_: Services, cookie: str | None) -> tuple[Session, Principal]:
    """The session of a browser and whose it is. ProblemError 401 when there is none, or its key is not valid now."""
    session = open_session(services_.keyring, cookie, services_.clock.now()) if cookie else None
    row = await KeyStore(services_.database).get(session.key_id) if session else None
    if session is None or row is None:
        raise _unauthenticated("SESSION_ENDED", "the session is over, or is none of ours; sign in again")
    return session, _principal(services_, row)


async def _of_browser(request: Request, services_: Services, cookie: str) -> Principal:
    session, principal = await signed_in(services_, cookie)
    if request.method not in SAFE_METHODS:
        check_csrf(request, request.headers.get(CSRF_HEADER, ""), session, services_.settings.base_url)
    return principal


def _principal(services_: Services, row: KeyRow, calls: BrandCalls | None = None) -> Principal:
    if row.revoked_at is not None:
        raise _unauthenticated("KEY_REVOKED", "the key was revoked")
    if row.expires_at is not None and row.expires_at <= services_.clock.now():
        raise _unauthenticated("KEY_EXPIRED", "the key has expired")
    return Principal(key_id=row.id, scopes=frozenset(row.scopes), brand_ref=row.brand_ref, calls=calls)


def require(*scopes: str, limited: bool = True) -> Callable[..., Awaitable[Principal]]:
    """A dependency that gives the principal, if its key has one of `scopes`: 401 without a key, 403 without a scope.

    The call is counted for its brand: 429 when the brand has made as many as it may, unless the route is not `limited`.
    What an administrator of all brands does as such is neither counted nor refused: limits can always be raised.
    """
    wanted = tuple(Scope(scope) for scope in scopes)

    async def principal(
        request: Request,
        services_: Annotated[Services, Depends(services)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    ) -> Principal:
        cookie = request.cookies.get(COOKIE)
        if cookie is not None and "authorization" not in request.headers:
            found = await _of_browser(request, services_, cookie)
        else:
            found = await authenticate(services_, bearer.credentials if bearer else None, brand_of_call(request))
        if not any(found.may(scope) for scope in wanted):
            raise _forbidden(wanted)
        if wanted != (Scope.ADMIN,) or found.brand_ref is not None:
            count_call(request, services_, found.calls, limited=limited)
        return found

    return principal


def not_found(what: str, name: str) -> ProblemError:
    """The one answer for what does not exist and for what this key may not see."""
    return ProblemError(404, "NOT_FOUND", "Not found", f"there is no {what} {name[:100]!r}")


def _unauthenticated(code: str, detail: str, challenge: str = f'{REALM}, error="invalid_token"') -> ProblemError:
    return ProblemError(401, code, "Not authenticated", detail, headers={"WWW-Authenticate": challenge})


def _forbidden(wanted: tuple[Scope, ...]) -> ProblemError:
    names = " or ".join(wanted)
    return ProblemError(
        403,
        "SCOPE_MISSING",
        "Not permitted",
        f"the key lacks the scope {names}",
        headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{" ".join(wanted)}"'},
    )
