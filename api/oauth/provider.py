"""What the `mcp` package's endpoints ask of an authorization server, answered by our service for programs that sign in.

The package reads and checks requests (RFC 6749, 7591, 7636). Here are our rules: programs are public, so none has a
secret; an address to return to is the registered text, except for the port on the person's own machine; and tokens are
only for our own MCP servers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    RegistrationError,
    TokenError,
)
from mcp.shared.auth import InvalidRedirectUriError, InvalidScopeError, OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl

from api.oauth.addresses import CONSENT
from api.oauth.pending import PendingRequest, seal_request
from api.process.services import Services
from munadi.domain.oauth import (
    GRANTABLE,
    LONGEST_ADDRESS,
    LOOPBACK,
    MOST_REDIRECTS,
    GrantRefused,
    IssuedTokens,
    is_challenge,
    is_same_redirect,
    redirect_problem,
    shown_name,
)
from munadi.domain.usage import QuotaExceeded

LONGEST_STATE = 2_000
IGNORED = (
    *("scope", "contacts", "jwks", "software_id", "software_version"),
    *(f"{name}_uri" for name in ("client", "jwks", "logo", "policy", "tos")),
)
# What is kept of a registration. The rest (logos, keys, policies) we neither show nor fetch.
KEPT = ("redirect_uris", "grant_types", "response_types")
GRANTS = ("authorization_code", "refresh_token")


class KnownClient(OAuthClientInformationFull):
    """A registered program, with our rules for its address and its scopes."""

    def validate_redirect_uri(self, redirect_uri: AnyUrl | None) -> AnyUrl:
        """The address that a request names, if the program registered it. InvalidRedirectUriError otherwise."""
        if redirect_uri is None:
            raise InvalidRedirectUriError("redirect_uri is required")
        if not any(is_same_redirect(str(each), str(redirect_uri)) for each in self.redirect_uris or ()):
            raise InvalidRedirectUriError("this redirect_uri is none that the program has registered")
        return redirect_uri

    def validate_scope(self, requested_scope: str | None) -> list[str] | None:
        """The known ones of the wanted scopes; None: the program leaves it to the person."""
        if not requested_scope:
            return None
        wanted = set(requested_scope.split())
        known = [scope.value for scope in GRANTABLE if scope in wanted]
        if not known:
            raise InvalidScopeError(f"there are the scopes {' '.join(GRANTABLE)}")
        return known


@dataclass
class SignInProvider(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """The provider for one request. `resource` is what its form names (RFC 8707)."""

    services: Services
    resource: str | None = None

    async def get_client(self, client_id: str) -> KnownClient | None:
        """A registered program."""
        row = await self.services.sign_ins.clients.get(client_id)
        if row is None:
            return None
        return KnownClient.model_validate(
            {**row.facts, "client_id": row.id, "client_name": row.name, "token_endpoint_auth_method": "none"}
        )

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        """Store a registration. RegistrationError for one that we do not take; TooManyClients."""
        addresses = [str(each) for each in client_info.redirect_uris or ()]
        if len(addresses) > MOST_REDIRECTS:
            raise RegistrationError("invalid_redirect_uri", f"at most {MOST_REDIRECTS} redirect_uris")
        for address in addresses:
            if (problem := redirect_problem(address)) is not None:
                raise RegistrationError("invalid_redirect_uri", f"{address[:200]} {problem}")
        # The answer is made of this object: what we assign instead stands in it (RFC 7591, 3.2.1).
        client_info.token_endpoint_auth_method = "none"
        client_info.client_secret = client_info.client_secret_expires_at = None
        client_info.client_name = name = shown_name(client_info.client_name) or None
        client_info.grant_types = [grant for grant in GRANTS if grant in client_info.grant_types]
        client_info.response_types = ["code"]
        for ignored in IGNORED:
            setattr(client_info, ignored, None)
        facts = client_info.model_dump(mode="json", include=set(KEPT), exclude_none=True)
        await self.services.sign_ins.clients.add(client_info.client_id, name or "", facts, self.services.clock.now())

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        """The address of the consent page. AuthorizeError for what no person need be asked."""
        if not is_challenge(params.code_challenge):
            raise AuthorizeError("invalid_request", "code_challenge is the SHA-256 of the verifier in base64url")
        if params.state is not None and len(params.state) > LONGEST_STATE:
            raise AuthorizeError("invalid_request", f"state has at most {LONGEST_STATE} characters")
        if params.resource is None or not is_ours(params.resource, self.services):
            # Without it, a client that another's server sent here would hand the token to that server.
            detail = "resource is required, and is an MCP server of this installation (RFC 8707)"
            raise AuthorizeError("invalid_target", detail)
        pending = PendingRequest(
            client_id=client.client_id,
            redirect_uri=str(params.redirect_uri),
            challenge=params.code_challenge,
            scopes=params.scopes,
            state=params.state,
            resource=params.resource,
            at=int(self.services.clock.now().timestamp()),
        )
        return f"{CONSENT}?request={seal_request(self.services.keyring, pending)}"

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        """The consent of a code, also a used one: `exchange_authorization_code` deals with that."""
        row = await self.services.sign_ins.find_code(authorization_code)
        if row is None:
            return None
        return AuthorizationCode(
            code=authorization_code,
            scopes=list(row.scopes),
            expires_at=_later(),
            client_id=row.client_id,
            code_challenge=row.challenge,
            redirect_uri=AnyUrl(row.redirect_uri),
            redirect_uri_provided_explicitly=True,
            resource=row.resource,
        )

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        """The tokens. The package has checked the program, the address and the verifier."""
        self._check_resource(authorization_code.resource)
        return await _tokens(self.services.sign_ins.exchange(authorization_code.code))

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        """A refresh token, also a used one: `exchange_refresh_token` deals with that."""
        found = await self.services.sign_ins.find_refresh(refresh_token)
        if found is None:
            return None
        grant, scopes = found
        return RefreshToken(
            token=refresh_token,
            client_id=grant.client_id,
            scopes=list(scopes),
            resource=grant.resource,
        )

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        """New tokens, with all scopes of the grant: the answer names them."""
        self._check_resource(refresh_token.resource)
        return await _tokens(self.services.sign_ins.refresh(refresh_token.token))

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Never asked: the API checks tokens itself (`munadi/db/keys/callers.py`)."""
        raise NotImplementedError

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        """Never asked: the package's endpoint needs a secret, so the route revokes (`api/oauth/routes.py`)."""
        raise NotImplementedError

    def _check_resource(self, granted: str | None) -> None:
        if self.resource is not None and self.resource != granted:
            raise TokenError("invalid_target", "resource is another one than the person agreed to")


def is_ours(resource: str, services: Services) -> bool:
    """Whether a token may be for this address: an MCP server that the settings name, this API, or a server on the
    person's own machine. A token for another's server would be handed to that other."""
    if len(resource) > LONGEST_ADDRESS:
        return False
    try:
        parts = urlsplit(resource)
    except ValueError:
        return False
    if parts.fragment or parts.username is not None:
        return False
    known = [services.settings.base_url, *services.settings.mcp_servers]
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return True
    return any(resource == url or resource.startswith(f"{url}/") for url in known)


async def _tokens(issuing: Any) -> OAuthToken:
    try:
        issued: IssuedTokens = await issuing
    except GrantRefused as error:
        raise TokenError(error.code, str(error)) from error  # type: ignore[arg-type]
    except QuotaExceeded as error:
        raise TokenError("invalid_grant", str(error)) from error
    return OAuthToken(
        access_token=issued.access,
        expires_in=issued.seconds,
        scope=" ".join(issued.scopes),
        refresh_token=issued.refresh,
    )


def _later() -> float:
    """The package compares with the machine's clock what our service has compared with its own."""
    return time.time() + 60
