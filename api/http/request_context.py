"""Two middlewares: the actor of a request for the audit log, and security headers for every response."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.address import Callers
from api.http.problems import request_id_of
from munadi.domain.audit import Actor, acting

# A year. Subdomains may belong to others, so they are not included.
HSTS = "max-age=31536000"
# Public pages. Any other response may contain data of an account.
_PUBLIC = ("/docs", "/openapi", "/assets/", "/connect/assets/")


class ActorMiddleware:
    """Inside the edge, which gives the request its id. The key is added once it is known (`api.auth`)."""

    def __init__(self, app: ASGIApp, *, callers: Callers) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with acting(Actor(request_id=request_id_of(scope), address=self._callers.address_of(scope))):
            await self._app(scope, receive, send)


class SecurityHeaders:
    """Adds security headers to every response, errors included: no caching, and https only for browsers that came
    over https."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        private = not scope["path"].startswith(_PUBLIC)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if private:
                    headers.setdefault("Cache-Control", "no-store")
                if self._https:
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self._app(scope, receive, answer)
