"""Dashboard sessions: a sealed cookie names a stored session, and the session belongs to an API key.

A session never has more rights than its key. Every request reads both, so signing out or revoking the key ends the
session everywhere (`munadi/db/keys/sessions.py`). A request that changes something must send the session's token, which
no other site can read.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from starlette.requests import Request

from api.http.problems import ProblemError
from munadi.crypto import KeyRing, SealBroken

COOKIE = "munadi_session"
LIFE = timedelta(hours=12)
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD"})
# A cookie of ours has some 300 characters.
_LONGEST = 1_000
# The values of Sec-Fetch-Site for a request from this site, or from a person who typed the address.
_OWN_SITE = frozenset({"same-origin", "none"})
_DEFAULT_PORT = re.compile(r":(?:80|443)$")


@dataclass(frozen=True)
class Session:
    """The content of the cookie. A request that changes something sends `csrf` in a header or a form."""

    id: str
    csrf: str
    issued_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When its holder must sign in again."""
        return self.issued_at + LIFE


def new_session(session_id: str, now: datetime) -> Session:
    """The cookie's content for a stored session, with a new token."""
    return Session(session_id, secrets.token_urlsafe(32), now)


def seal_session(keyring: KeyRing, session: Session) -> str:
    """The cookie's value, which only we can open."""
    values = [session.id, session.csrf, round(session.issued_at.timestamp() * 1000)]
    sealed = keyring.seal(json.dumps(values).encode(), table=COOKIE, row="", column="value")
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
    """ProblemError 403 unless the session's token and the browser's headers show that a page of ours sent this."""
    if not secrets.compare_digest(token.encode(), session.csrf.encode()) or not is_of_own_site(request, base_url):
        detail = f"a change by a signed-in browser carries its session's token in {CSRF_HEADER}, from a page of ours"
        raise ProblemError(403, "CSRF_FAILED", "Not permitted", detail)


def is_of_own_site(request: Request, base_url: str) -> bool:
    """Whether the browser's headers allow that one of our pages sent the request. A missing header is no evidence.

    Our hosts are the request's own Host and that of the configured public URL. Schemes and default ports are not
    compared, because a proxy may end TLS before us.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in _OWN_SITE:
        return False
    if origin is None:
        return True
    ours = {_host_of(f"//{request.headers.get('host', '')}"), _host_of(base_url)} - {""}
    return _host_of(origin) in ours


def _host_of(url: str) -> str:
    """Host and port, without a default port."""
    try:
        return _DEFAULT_PORT.sub("", urlsplit(url).netloc.lower())
    except ValueError:
        return ""
