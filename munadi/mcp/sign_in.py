"""How a client without a key gets one: it is told where to sign in (RFC 9728), and comes back with a token.

The API is the authorization server (docs/mcp.md). This server only names it, and notices when a token has ended,
because a client renews it after a 401 and not after a tool's error.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Any

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from munadi.client import AsyncClient, ClientError, ProblemError
from munadi.domain.key import Scope

WELL_KNOWN = "/.well-known/oauth-protected-resource"
SERVER_METADATA = "/.well-known/oauth-authorization-server"
ANYONE = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# What a header of ours may repeat.
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")
# Who only prepares drafts asks for no more.
OF_DRAFTS = frozenset({Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, Scope.DRAFTS_WRITE})
REMEMBERED_SECONDS, MOST_REMEMBERED = 10.0, 1_000


class SignIn:
    """The way to a token for the server at `path`. `munadi` is the API, whose key is not used."""

    def __init__(
        self, munadi: AsyncClient, path: str, security: TransportSecuritySettings, *, drafts_only: bool = False
    ) -> None:
        self._munadi = munadi
        self._path = path
        self._security = TransportSecurityMiddleware(security)
        self._drafts_only = drafts_only
        self._server: dict[str, Any] | None = None
        # Tokens that were valid, until when this need not be asked again.
        self._valid: dict[str, float] = {}

    async def show_resource(self, request: Request) -> Response:
        """The metadata of this server: which authorization server its clients sign in at."""
        if (refused := await self._refused(request)) is not None:
            return refused
        try:
            server = await self._authorization_server()
        except ClientError as error:
            return JSONResponse({"error": "temporarily_unavailable", "error_description": str(error)}, 503)
        metadata = {
            "resource": f"{_origin(request)}{self._path}",
            "authorization_servers": [server["issuer"]],
            "scopes_supported": self._scopes(server["scopes_supported"]),
            "bearer_methods_supported": ["header"],
            "resource_name": "Munadi",
        }
        return JSONResponse(metadata, headers=ANYONE)

    async def challenge(self, request: Request, error: str | None = None) -> str:
        """The WWW-Authenticate header of a 401 (RFC 6750, RFC 9728)."""
        parts = [f'error="{error}"'] if error else []
        if await self._refused(request) is None:
            parts.append(f'resource_metadata="{_origin(request)}{WELL_KNOWN}{self._path}"')
        return f"Bearer {', '.join(parts)}".rstrip()

    async def has_ended(self, token: str) -> bool:
        """Whether the API refuses a token. It is asked every ten seconds; while it does not answer: no."""
        if self._valid.get(token, 0.0) > time.monotonic():
            return False
        try:
            await self._munadi.with_key(token).keys.me()
        except ProblemError as error:
            # The second one is also about a wrong key: the API brakes an address that sends many of them.
            return error.status == 401 or error.code == "TOO_MANY_WRONG_KEYS"
        except ClientError:
            return False
        if len(self._valid) >= MOST_REMEMBERED:
            self._valid.clear()
        self._valid[token] = time.monotonic() + REMEMBERED_SECONDS
        return False

    async def _refused(self, request: Request) -> Response | None:
        """The refusal of a request by another name than ours."""
        if not _HOST.fullmatch(request.headers.get("host", "")):
            return Response("Invalid Host header", status_code=421)
        return await self._security.validate_request(request)

    async def _authorization_server(self) -> dict[str, Any]:
        if self._server is None:
            self._server = await self._munadi.request("GET", SERVER_METADATA)
        return self._server

    def _scopes(self, supported: Collection[str]) -> list[str]:
        return [scope for scope in supported if not self._drafts_only or scope in OF_DRAFTS]


def _origin(request: Request) -> str:
    """The address that the client uses. Others than this machine come through a proxy that speaks TLS."""
    host = request.headers.get("host", "")
    name = host if host in LOOPBACK else host.rpartition(":")[0]
    return f"{'http' if name in LOOPBACK else 'https'}://{host}"
