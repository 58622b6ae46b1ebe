"""Authentication and scopes: `Depends(require("contents:read"))` in every route that is not public.

A client sends its key; a browser that signed in with one sends a session instead (`api/dashboard/session.py`), which
counts only where there is no Authorization header at all. Wrong keys are recorded and rate limited per address
(`munadi/limits/wrong_keys.py`).

A key that may not see a brand gets the same response as for an unknown one (404), never a hint that it exists.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.dashboard.session import COOKIE, CSRF_HEADER, SAFE_METHODS, Session, check_csrf, open_session
from api.http.cookies import read_cookie
from api.http.problems import REALM, ProblemError, request_id_of, scopes_missing
from api.http.quotas import brand_of_call, count_call
from api.process.services import Services, services
from munadi.db.keys.callers import Principal, find_caller
from munadi.db.keys.sessions import SessionStore
from munadi.domain.audit import Action, current_actor
from munadi.domain.brand import BrandMode
from munadi.domain.key import Scope, is_well_formed
from munadi.domain.usage import Month

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="apiKey",
    bearerFormat="mnd_…",
    description="An API key: `Authorization: Bearer mnd_…`",
)
_INVALID = f'{REALM}, error="invalid_token"'
_OF_PLATFORMS = frozenset({Scope.ADMIN, Scope.BRANDS_WRITE, Scope.KEYS_WRITE})


class WrongKey(ProblemError):
    """401: the key that was sent is not valid. `bearer` is its owner, if known."""

    def __init__(self, code: str, detail: str, bearer: Principal | None = None) -> None:
        super().__init__(401, code, "Not authenticated", detail, headers={"WWW-Authenticate": _INVALID})
        self.bearer = bearer


async def authenticate(services_: Services, text: str | None, named: str | None = None) -> Principal:
    """The principal of a key as it was sent. ProblemError 401 without a key, WrongKey when it is not (or no longer)
    valid: pass that to `refuse`.

    `named` is the brand that the call is about, as far as it says.
    """
    if not text:
        detail = "send an API key: Authorization: Bearer mnd_…"
        raise ProblemError(401, "KEY_MISSING", "Not authenticated", detail, headers={"WWW-Authenticate": REALM})
    if not is_well_formed(text):
        raise WrongKey("KEY_MALFORMED", "this is not a key of ours, or a character of it is wrong")
    found = await find_caller(services_.database, text, named, Month.of(services_.clock.now()))
    if found is None:
        raise WrongKey("KEY_UNKNOWN", "the key is well formed, but not one of this installation")
    return _valid(services_, found)


def refuse(
    request: Request, services_: Services, error: WrongKey, action: Action = Action.AUTH_REFUSED
) -> ProblemError:
    """Record a wrong key; returns the error to respond: its own or, when the address sent too many, a 429."""
    address = services_.callers.address_of(request.scope)
    services_.wrong_keys.note(
        action,
        error.code,
        address=address,
        request_id=request_id_of(request.scope),
        key_id=error.bearer.key_id if error.bearer else None,
        brand_ref=error.bearer.only_brand if error.bearer else None,
        now=services_.clock.now(),
    )
    seconds = services_.wrong_keys.brake(address, services_.clock.monotonic())
    if seconds is None:
        return error
    detail = (
        f"this address sent more than {services_.wrong_keys.per_minute} wrong keys within a minute; "
        f"of the last one: {error.detail}"
    )
    return ProblemError(
        429, "TOO_MANY_WRONG_KEYS", "Too many wrong keys", detail, headers={"Retry-After": str(seconds)}
    )


async def signed_in(services_: Services, cookie: str | None, named: str | None = None) -> tuple[Session, Principal]:
    """The session of a browser and whose it is. ProblemError 401 when there is none, when it was ended, or when its key
    is not valid now."""
    now = services_.clock.now()
    session = open_session(services_.keyring, cookie, now) if cookie else None
    found = await SessionStore(services_.database).caller(session.id, named, Month.of(now), now) if session else None
    if session is None or found is None:
        raise _unauthenticated("SESSION_ENDED", "the session is over, or is none of ours; sign in again")
    try:
        _valid(services_, found)
    except WrongKey as error:
        raise _unauthenticated(error.code, error.detail) from None
    if found.names_brands:  # the key was changed since: pages are of one brand, or of all
        raise _unauthenticated("SESSION_ENDED", "the key works for several brands now; sign in with another one")
    _act_as(found)
    return session, found


async def _of_browser(request: Request, services_: Services, cookie: str) -> Principal:
    session, principal = await signed_in(services_, cookie, brand_of_call(request))
    if request.method not in SAFE_METHODS:
        check_csrf(request, request.headers.get(CSRF_HEADER, ""), session, services_.settings.base_url)
    return principal


async def _of_key(request: Request, services_: Services, text: str | None) -> Principal:
    try:
        principal = await authenticate(services_, text, brand_of_call(request))
    except WrongKey as error:
        raise refuse(request, services_, error) from None
    _act_as(principal)
    return principal


def _wrong_mode(caller: Principal, named: str | None) -> str | None:
    """Why a key is not for the brand that a call names: one of the two is for tests, the other live. None if it may be.

    No call shows such a brand to the key (`Principal.may_see`); this only says why. It says nothing about brands that
    the key does not work for.
    """
    own = caller.only_brand
    if named is None or named == own or caller.mode is None:
        return None
    if own is not None and caller.mode is BrandMode.TEST:
        return f"this is a test key: it works for the test brand {own!r} and for no other"
    if own is not None or caller.named_mode in (None, caller.mode):
        return None
    return f"{named!r} is a {caller.named_mode} brand, and this is a {caller.mode} key; make one with its brandRef"


def _act_as(principal: Principal) -> None:
    actor = current_actor()
    actor.key_id, actor.brand_ref = principal.key_id, principal.only_brand


def _valid(services_: Services, found: Principal) -> Principal:
    if found.revoked_at is not None:
        raise WrongKey("KEY_REVOKED", "the key was revoked", found)
    if found.expires_at is not None and found.expires_at <= services_.clock.now():
        raise WrongKey("KEY_EXPIRED", "the key has expired", found)
    return found


def require(*scopes: str, limited: bool = True) -> Callable[..., Awaitable[Principal]]:
    """A dependency that returns the principal, if its key has one of `scopes`: 401 without a key, 403 without a scope.

    The call is counted for its brand: 429 when the brand has made as many as it may, unless the route is not `limited`.
    What an administrator or a platform does as such, with a key of more than one brand, is neither counted nor refused:
    limits can always be raised.
    """
    wanted = tuple(Scope(scope) for scope in scopes)

    async def principal(
        request: Request,
        services_: Annotated[Services, Depends(services)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    ) -> Principal:
        cookie = read_cookie(request, COOKIE, services_.settings)
        if cookie is not None and "authorization" not in request.headers:
            found = await _of_browser(request, services_, cookie)
        else:
            found = await _of_key(request, services_, bearer.credentials if bearer else None)
        if not any(found.may(scope) for scope in wanted):
            raise scopes_missing(wanted)
        if (wrong := _wrong_mode(found, brand_of_call(request))) is not None:
            raise ProblemError(403, "KEY_MODE", "Test and live", wrong)
        # What a page of the dashboard reads is counted with the page (`api.dashboard.page_data`).
        counts = not _OF_PLATFORMS.issuperset(wanted) or found.only_brand is not None
        services_.key_uses.note(found.key_id, services_.clock.now())
        if counts and not request.scope["state"].get("read_by_page"):
            await count_call(request, services_, found.calls, limited=limited)
        return found

    return principal


def not_found(what: str, name: str) -> ProblemError:
    """The 404 for what does not exist and for what this key may not see."""
    return ProblemError(404, "NOT_FOUND", "Not found", f"there is no {what} {name[:100]!r}")


def _unauthenticated(code: str, detail: str) -> ProblemError:
    return ProblemError(401, code, "Not authenticated", detail, headers={"WWW-Authenticate": _INVALID})
