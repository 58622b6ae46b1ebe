"""Keeps web pages of other sites away from the sandbox: a developer's browser must not be their remote control.

A page can reach this machine in two ways: under a name that its owner points here (so only names of this machine are
answered), and with a form or a script that sends (so a change comes from a page of ours, or from no page).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Browsers send no Origin with these unless a script asks, and no script of another site reads the answer.
_READING = ("GET", "HEAD", "OPTIONS")
_OWN_SITE = ("same-origin", "none")


class OwnPagesOnly:
    """Wraps the sandbox. `hosts` are further names that it is reached by."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(scope["method"], Headers(scope=scope)) if scope["type"] == "http" else None
        if problem is not None:
            await JSONResponse({"detail": problem}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _problem(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._is_own(host):
            return f"the sandbox is not called {host[:80]!r}; use its address, or start it with --public-host"
        if method in _READING:
            return None
        origin = headers.get("origin")
        of_own_site = headers.get("sec-fetch-site", "none") in _OWN_SITE
        if not of_own_site or (origin is not None and urlsplit(origin).netloc.lower() != host.lower()):
            return "a page of another site sent this"
        return None

    def _is_own(self, host: str) -> bool:
        """An address, a name without a dot (as containers have) or one that was given: none is in the public DNS."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._hosts or _is_address(name) or (bool(name) and "." not in name) or _is_localhost(name)


def _is_localhost(name: str) -> bool:
    return name.endswith(".localhost")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
