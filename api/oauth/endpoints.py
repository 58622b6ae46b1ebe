"""The endpoints whose requests the `mcp` package reads and checks. Importing it takes a second: see `routes.py`."""

from __future__ import annotations

from mcp.server.auth.handlers.authorize import AuthorizationHandler
from mcp.server.auth.handlers.register import RegistrationHandler
from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import ClientAuthenticator
from mcp.server.auth.settings import ClientRegistrationOptions
from starlette.requests import Request
from starlette.responses import Response

from api.http.body_kind import form_of
from api.oauth.provider import SignInProvider
from api.process.services import Services


async def authorize(request: Request, services: Services) -> Response:
    """A redirect to the consent page, or back to the program; without one, the program or its address is unknown."""
    return await AuthorizationHandler(SignInProvider(services)).handle(request)


async def register(request: Request, services: Services) -> Response:
    """The registration of a program. Raises TooManyClients."""
    options = ClientRegistrationOptions(enabled=True)
    return await RegistrationHandler(SignInProvider(services), options).handle(request)


async def issue(request: Request, services: Services) -> Response:
    """Tokens for a code or a refresh token."""
    provider = SignInProvider(services, form_of(request).get("resource") or None)
    answer: Response = await TokenHandler(provider, ClientAuthenticator(provider)).handle(request)
    return answer
