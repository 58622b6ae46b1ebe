"""Identifies the browser of a profile's owner by a cookie, and its forms by a token that fits the cookie."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from api.dashboard.session import is_of_own_site
from api.http.body_kind import form_of
from api.http.cookies import read_cookie, set_cookie
from api.process.services import Services

COOKIE, COOKIE_SECONDS = "munadi_browser", 3600
PURPOSE = "connect form"
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
Answer = TypeVar("Answer", bound=Response)


@dataclass(frozen=True)
class Browser:
    """The browser of one request. `secret` is the cookie's value, a new one if the browser sent none."""

    request: Request
    services: Services
    secret: str

    @classmethod
    def of(cls, request: Request, services: Services) -> Browser:
        """The browser that sent a request; the same within the request, also when its secret is new."""
        known = getattr(request.state, "browser", None)
        if isinstance(known, cls):
            return known
        sent = read_cookie(request, COOKIE, services.settings)
        found = cls(request, services, sent if sent and _VALUE.fullmatch(sent) else secrets.token_urlsafe(32))
        request.state.browser = found
        return found

    @property
    def token(self) -> str:
        """The token for the forms of this page."""
        return self._tokens()[0]

    def keep(self, answer: Answer) -> Answer:
        """Set the cookie on a response."""
        set_cookie(answer, COOKIE, self.secret, COOKIE_SECONDS, self.services.settings)
        return answer

    def sent_form(self) -> bool:
        """Whether this request is the form of a page that this browser opened here."""
        sent = form_of(self.request).get("token", "").encode()
        fits = any(secrets.compare_digest(sent, token.encode()) for token in self._tokens())
        return fits and is_of_own_site(self.request, self.services.settings.base_url)

    def _tokens(self) -> list[str]:
        """The tokens by the newest key and by older ones, so that open pages stay valid after a rotation."""
        what = f"{self.secret} {self.request.url.path}".encode()
        return [hmac.new(key, what, hashlib.sha256).hexdigest() for key in self.services.keyring.derive(PURPOSE)]
