"""Reads the data of a page from the API, in process, with the session's cookie.

So a page shows exactly what a client gets, and scopes and brands are enforced in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import signed_in
from api.dashboard.session import COOKIE, Session
from api.deps import TheServices
from api.http.cookies import cookie_name, read_cookie
from api.http.problems import ProblemError
from api.http.quotas import brand_of_call, count_call
from munadi.db.events.log import last_position
from munadi.db.keys.callers import Principal

# Never looked up: requests go straight to the application.
_BASE = "http://munadi"
Answer = dict[str, Any]
# These work without API calls left: to see why calls are refused, and to sign out.
NEVER_REFUSED = ("/usage", "/sign-out")
# A list has fifty of them: they are part of the page that shows them.
NEVER_COUNTED = "/thumbnails/"


class SignInNeeded(Exception):
    """There is no valid session: redirect to the sign-in page, and back afterwards."""


class ReadingFailed(Exception):
    """The API responded to a page's request with a problem, which is shown as the page."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}")
        self.status, self.problem = status, problem


@dataclass(frozen=True)
class Viewer:
    """The viewer of a page. `position` is that of the newest event when the page began to load."""

    session: Session
    principal: Principal
    position: int


class Reader:
    """Reads from the API as the page's viewer."""

    def __init__(self, client: httpx.AsyncClient, viewer: Viewer) -> None:
        self._client = client
        self.viewer = viewer

    async def get(self, path: str, **query: Any) -> Answer:
        """The JSON at a path, such as `/v1/contents`, with camelCase query parameters; those that are None or empty are
        left out. SignInNeeded for a 401, ReadingFailed for every other problem."""
        answer = await self._client.get(path, params={name: value for name, value in query.items() if value})
        body: Answer = answer.json()
        if answer.status_code == 401:
            raise SignInNeeded
        if answer.status_code >= 400:
            raise ReadingFailed(answer.status_code, body)
        return body

    async def get_all(self, *paths: str) -> list[Answer]:
        """Read several paths concurrently; the results are in their order."""
        return await asyncio.gather(*(self.get(path) for path in paths))

    async def get_if_allowed(self, path: str, **query: Any) -> Answer | None:
        """Like `get`, but None if the key lacks the scope: others see that part of the page."""
        try:
            return await self.get(path, **query)
        except ReadingFailed as error:
            if error.status == 403:
                return None
            raise


async def viewer(request: Request, services: TheServices) -> Viewer:
    """The dependency of every page but the sign-in: the viewer. SignInNeeded without a valid session.

    A page counts as one API call, whatever it reads. QuotaExceeded when the brand has no calls left.
    """
    cookie = read_cookie(request, COOKIE, services.settings)
    try:
        session, principal = await signed_in(services, cookie, brand_of_call(request))
    except ProblemError as error:
        raise SignInNeeded from error
    if not request.url.path.startswith(NEVER_COUNTED):
        await count_call(request, services, principal.calls, limited=request.url.path not in NEVER_REFUSED)
    async with services.database.read() as database:
        found = Viewer(session, principal, await last_position(database))
    request.state.viewer = found
    return found


def _read_by_page(app: ASGIApp) -> ASGIApp:
    """The application, as a page reads it: its calls are counted with the page."""

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"read_by_page": True}}, receive, send)

    return read


async def reader(
    request: Request, services: TheServices, viewer: Annotated[Viewer, Depends(viewer)]
) -> AsyncIterator[Reader]:
    """The dependency that gives a page its reader."""
    transport = httpx.ASGITransport(app=_read_by_page(request.app), raise_app_exceptions=False)
    name = cookie_name(COOKIE, services.settings)
    cookies = {name: request.cookies[name]}
    async with httpx.AsyncClient(transport=transport, base_url=_BASE, cookies=cookies) as client:
        yield Reader(client, viewer)


TheViewer = Annotated[Viewer, Depends(viewer)]
TheReader = Annotated[Reader, Depends(reader)]
