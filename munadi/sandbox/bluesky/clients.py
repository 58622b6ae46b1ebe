"""OAuth clients: their metadata, and how they authenticate.

Source: atproto.com/specs/oauth; npm @atproto/oauth-provider.
An https client is its metadata, which are read from its own address at every request; the reference server caches
them for some minutes. A sandbox on a developer's machine often cannot reach that address, so `addresses` says where an
address of the internet really is. Assertions are checked in real time, as proofs are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from munadi.sandbox.bluesky.dpop import OAuthRefused, SeenIds
from munadi.sandbox.bluesky.tokens import peek
from munadi.sandbox.clock import wall_time

IDENTITY = "atproto"
LOOPBACK = {"127.0.0.1", "::1"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60
FETCH_SECONDS = 5.0
MAX_DOCUMENT = 1_000_000
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


@dataclass(frozen=True)
class Client:
    """The calling client. `key` is the name and thumbprint of the key that proved it, empty for a public client."""

    id: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    key: str = ""

    @property
    def is_loopback(self) -> bool:
        return self.id.startswith("http://localhost")

    def require(self, redirect_uri: str, scope: str) -> None:
        """Refuse a redirect address or a scope that its metadata do not declare."""
        if not self._knows(redirect_uri):
            raise OAuthRefused("invalid_request", "Invalid redirect_uri")
        if set(scope.split()) - self.scopes:
            raise OAuthRefused("invalid_scope", "A scope was not declared in the client metadata")

    def _knows(self, redirect_uri: str) -> bool:
        if not self.is_loopback:
            return redirect_uri in self.redirect_uris
        back = urlsplit(redirect_uri)
        allowed = [urlsplit(uri)._replace(netloc="") for uri in self.redirect_uris]
        return back.hostname in LOOPBACK and back._replace(netloc="") in allowed  # any port will do


class Clients:
    """`addresses`: from the start of a public address to where it is really served."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._seen = SeenIds()

    async def authenticated(self, values: Mapping[str, str], issuer: str, thumbprint: str) -> Client:
        """The client of a form; `thumbprint` is that of the form's DPoP key. Raises OAuthRefused."""
        client_id = values["client_id"]
        target = urlsplit(client_id)
        if client_id == "http://localhost" or client_id.startswith("http://localhost?"):
            named = parse_qs(target.query)
            uris = named.get("redirect_uri", ["http://127.0.0.1/", "http://[::1]/"])
            return Client(client_id, tuple(uris), frozenset(named.get("scope", [IDENTITY])[0].split()))
        if target.scheme != "https" or target.path in ("", "/") or target.port is not None:
            raise OAuthRefused("invalid_client_metadata", f'Invalid client ID "{client_id}"')
        metadata = await self._document(client_id, f'Unable to obtain client metadata for "{client_id}"')
        _require_valid(client_id, metadata)
        client = Client(client_id, tuple(metadata["redirect_uris"]), frozenset(str(metadata["scope"]).split()))
        if metadata.get("token_endpoint_auth_method") == "none":
            return client
        key = await self._proven(metadata, values, issuer, thumbprint)
        return Client(client.id, client.redirect_uris, client.scopes, key)

    async def _proven(
        self, metadata: Mapping[str, Any], values: Mapping[str, str], issuer: str, thumbprint: str
    ) -> str:
        assertion = values.get("client_assertion", "")
        if not assertion:
            message = 'client authentication method "private_key_jwt" required a "client_assertion"'
            raise OAuthRefused("invalid_request", message)
        if values.get("client_assertion_type") != ASSERTION_TYPE:
            raise _invalid(f'Unsupported client_assertion_type "{values.get("client_assertion_type")}"')
        key = _key_of(assertion, await self._keys(metadata))
        claims = _verified(assertion, key)
        _require_claims(claims, str(metadata["client_id"]), issuer)
        if key.thumbprint() == thumbprint:
            message = "The DPoP proof must be signed with a different key than the client assertion"
            raise OAuthRefused("invalid_request", message)
        if not self._seen.is_new(str(claims["jti"])):
            raise OAuthRefused("invalid_grant", "private_key_jwt jti reused")
        return f"{key.kid} {key.thumbprint()}"

    async def _keys(self, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
        client_id, document = metadata["client_id"], metadata.get("jwks")
        if document is None:
            uri = str(metadata["jwks_uri"])
            document = await self._document(uri, f'Unable to obtain jwks from "{uri}" for "{client_id}"')
        keys = document.get("keys") if isinstance(document, dict) else None
        if (
            not isinstance(keys, list)
            or not keys
            or any(not isinstance(key, dict) or PRIVATE & set(key) for key in keys)
        ):
            raise OAuthRefused("invalid_client_metadata", "jwks must have public keys, and nothing else")
        return keys

    async def _document(self, url: str, message: str) -> dict[str, Any]:
        """JSON with status 200, from no other address."""
        import httpx  # as in `downloads`

        try:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=False) as http:
                answer = await http.get(self._found(url), headers={"accept": "application/json"})
            kind = answer.headers.get("content-type", "").partition(";")[0].strip()
            body = answer.json() if answer.status_code == 200 and len(answer.content) <= MAX_DOCUMENT else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise OAuthRefused("invalid_client_metadata", f"{message}: {error}") from None
        if kind != "application/json" or not isinstance(body, dict):
            raise OAuthRefused("invalid_client_metadata", f"{message}: HTTP {answer.status_code}, {kind or 'no type'}")
        return body

    def _found(self, url: str) -> str:
        for public in sorted(self._addresses, key=len, reverse=True):
            if url == public or url.startswith(f"{public.rstrip('/')}/"):
                return self._addresses[public].rstrip("/") + url.removeprefix(public.rstrip("/"))
        return url


def _require_valid(client_id: str, metadata: Mapping[str, Any]) -> None:
    method, uris = metadata.get("token_endpoint_auth_method"), metadata.get("redirect_uris")
    confidential = method == "private_key_jwt"
    problems = {
        "client_id does not match": metadata.get("client_id") != client_id,
        'Missing "atproto" scope': IDENTITY not in str(metadata.get("scope", "")).split(),
        "At least one redirect_uri is required": not isinstance(uris, list) or not uris,
        'The "code" response type is required': "code" not in metadata.get("response_types", ()),
        "grant_types must have authorization_code": "authorization_code" not in metadata.get("grant_types", ()),
        '"dpop_bound_access_tokens" must be true': metadata.get("dpop_bound_access_tokens") is not True,
        f'Unsupported client authentication method "{method}"': not confidential and method != "none",
        "jwks_uri and jwks are mutually exclusive": "jwks" in metadata and "jwks_uri" in metadata,
        "private_key_jwt auth method requires jwks or jwks_uri": confidential
        and not metadata.keys() & {"jwks", "jwks_uri"},
        "token_endpoint_auth_signing_alg must be ES256": confidential
        and metadata.get("token_endpoint_auth_signing_alg") != "ES256",
        "an https client has https redirects": isinstance(uris, list)
        and any(urlsplit(str(uri)).scheme != "https" for uri in uris),
    }
    for message, is_so in problems.items():
        if is_so:
            raise OAuthRefused("invalid_client_metadata", message)


def _key_of(assertion: str, keys: list[dict[str, Any]]) -> ECKey:
    header, _ = peek(assertion)
    if header is None or header.get("alg") != "ES256":
        raise _failed("unsupported alg")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _invalid('"kid" required in client_assertion')
    found = next((key for key in keys if key.get("kid") == kid), None)
    if found is None:
        raise _failed("no applicable key found in the JSON Web Key Set")
    try:
        return ECKey.import_key(found)
    except (JoseError, ValueError, KeyError, TypeError):
        raise _failed("the key is no P-256 key") from None


def _verified(assertion: str, key: ECKey) -> dict[str, Any]:
    try:
        return dict(jwt.decode(assertion, key, algorithms=["ES256"]).claims)
    except (JoseError, ValueError):
        raise _failed("signature verification failed") from None


def _require_claims(claims: Mapping[str, Any], client_id: str, issuer: str) -> None:
    for name in ("iss", "sub"):
        if claims.get(name) != client_id:
            raise _failed(f'unexpected "{name}" claim value')
    audience = claims.get("aud")
    if issuer not in (audience if isinstance(audience, list) else [audience]):
        raise _failed('unexpected "aud" claim value')
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise _failed('missing required "jti" claim')
    issued, ends, now = claims.get("iat"), claims.get("exp"), wall_time()
    if not isinstance(issued, int) or issued > now:
        raise _failed('"iat" claim timestamp check failed (it should be in the past)')
    if now - issued > ASSERTION_SECONDS:
        raise _failed('"iat" claim timestamp check failed (too far in the past)')
    if not isinstance(ends, int) or ends <= now or ends - issued > ASSERTION_SECONDS:  # RFC 7523, 3: required
        raise _failed('"exp" claim timestamp check failed')


def _failed(message: str) -> OAuthRefused:
    return _invalid(f'Validation of "client_assertion" failed: {message}')


def _invalid(description: str) -> OAuthRefused:
    return OAuthRefused("invalid_client", description)
