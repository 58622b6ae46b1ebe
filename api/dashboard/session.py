"""Who is signed in at the dashboard: the holder of an API key, known by a sealed cookie that names a stored session.

The rule here: a session is never more than its key. Every request reads the session and its key, so that signing out,
or revoking the key, ends it everywhere (`munadi/db/keys/sessions.py`). A request that changes something must show the
session's token, which no other site can read.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from starlette.requests import Request

from api.problems import ProblemError
from munadi.crypto import KeyRing, SealBroken

COOKIE = "munadi_session"
LIFE = timedelta(hours=12)
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD"})
# A cookie of ours has some 300 characters.
_LONGEST = 1_000
# What a browser says of a request that this very site made, or a person by typing the address.
_OWN_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class Session:
    """What the cookie holds. `csrf` is what an unsafe request shows in a header or a form."""

    id: str
    csrf: str
    issued_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When its holder has to sign in again."""
        return self.issued_at + LIFE


def new_session(session_id: str, now: datetime) -> Session:
    """What the cookie of a stored session holds, with a token of its own."""
    return Session(session_id, secrets.token_urlsafe(32), now)


def seal_session(keyring: KeyRing, session: Session) -> str:
    """The cookie's value, which only we can open."""
    told = [session.id, session.csrf, round(session.issued_at.timestamp() * 1000)]
    sealed = keyring.seal(json.dumps(told).encode(), table=COOKIE, row="", column="value")
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def open_session(keyring: KeyRing, value: str, now: datetime) -> Session | None:
    """The session of a cookie's value; None when it is not one of ours, was tampered with, or is over."""
    if len(value) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        session_id, csrf, at = json.loads(keyring.open(sealed, table=COOKIE, row="", column="value"))
    except (SealBroken, binascii.Error, ValueError):
        return None
    session = Session(session_id, csrf, datetime.fromtimestamp(at / 1000, UTC))
    return session if now < session.ends_at else None


def check_csrf(request: Request, token: str, session: Session, base_url: str) -> None:
    """ProblemError 403 unless a page of ours sent this: by the session's token, and by what the browser says itself."""
    if not secrets.compare_digest(token.encode(), session.csrf.encode()) or not is_of_own_site(request, base_url):
        detail = f"a change by a signed-in browser carries its session's token in {CSRF_HEADER}, from a page of ours"
        raise ProblemError(403, "CSRF_FAILED", "Not permitted", detail)


def is_of_own_site(request: Request, base_url: str) -> bool:
    """Whether nothing that the browser says of a request speaks for another site; what it does not say is not held
    against it. Hosts are compared, not schemes: a proxy may end TLS before us.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in _OWN_SITE:
        return False
    if origin is None:
        return True
    ours = {request.headers.get("host", "").lower(), urlsplit(base_url).netloc.lower()} - {""}
    return _netloc(origin) in ours


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
