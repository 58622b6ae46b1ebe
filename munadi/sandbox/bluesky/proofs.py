"""What a caller of the authorization server proves: its key (DPoP, RFC 9449), and which client it is.

An https client is its metadata, which are read from its own address at every request; a sandbox on a developer's
machine often cannot reach that address, so `addresses` says where an address of the internet really is. Proofs and
assertions are checked in real time: a shift of the sandbox's clock must not make its callers' clocks wrong. A restart
forgets nonces and what was seen. Source: atproto.com/specs/oauth; npm @atproto/oauth-provider.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from pydantic import BaseModel, Field, ValidationError

from munadi.sandbox.bluesky.sessions import peek
from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Call

IDENTITY = "atproto"
LOOPBACK = {"127.0.0.1", "::1"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NONCE_SECONDS, NONCES_TAKEN = 60, 3  # this nonce and those just before
PROOF_SECONDS, ASSERTION_SECONDS, FETCH_SECONDS = 10, 60, 5.0
REMEMBERED = 10_000


class OAuthRefused(Exception):
    """An error of OAuth 2: its name and its description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


class Metadata(BaseModel):
    """What the document of an https client must have."""

    client_id: str
    redirect_uris: list[Annotated[str, Field(pattern="^https://")]] = Field(min_length=1)
    scope: str = Field(pattern=r"\batproto\b")
    grant_types: list[Literal["authorization_code", "refresh_token"]]
    response_types: list[Literal["code"]]
    dpop_bound_access_tokens: Literal[True]
    token_endpoint_auth_method: Literal["none", "private_key_jwt"]
    token_endpoint_auth_signing_alg: Literal["ES256"] | None = None
    jwks_uri: str | None = None
    jwks: None = None  # the keys are always served apart here


@dataclass(frozen=True)
class Client:
    """The calling client. `key` is the name and thumbprint of the key that proved it, empty for a public client."""

    id: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    key: str = ""

    def require(self, redirect_uri: str, scope: str) -> None:
        """Refuse a redirect address or a scope that its metadata do not declare."""
        if not self._knows(redirect_uri):
            raise OAuthRefused("invalid_request", "Invalid redirect_uri")
        if set(scope.split()) - self.scopes:
            raise OAuthRefused("invalid_scope", "A scope was not declared in the client metadata")

    def _knows(self, redirect_uri: str) -> bool:
        if not self.id.startswith("http://localhost"):
            return redirect_uri in self.redirect_uris
        back = urlsplit(redirect_uri)
        allowed = [urlsplit(uri)._replace(netloc="") for uri in self.redirect_uris]
        return back.hostname in LOOPBACK and back._replace(netloc="") in allowed  # any port will do


class Proofs:
    """The proofs of one server. `addresses`: from the start of a public address to where it is really served."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._secret = secrets.token_bytes(32)
        self._seen: dict[str, None] = {}  # the newest ids

    @property
    def nonce(self) -> str:
        return self._nonce(int(wall_time()) // NONCE_SECONDS)

    def key_of(self, call: Call, token: str | None = None) -> str:
        """The thumbprint of the key that the call proves to have. Raises OAuthRefused."""
        proof = call.headers.get("dpop", "")
        if not proof:
            raise OAuthRefused("invalid_dpop_proof", "DPoP proof required")
        try:
            key = ECKey.import_key(peek(proof)[0]["jwk"])
            claims = jwt.decode(proof, key, algorithms=["ES256"]).claims
        except (KeyError, TypeError, ValueError, JoseError):
            raise OAuthRefused("invalid_dpop_proof", "Failed to verify DPoP proof") from None
        wanted = {"htm": call.method, "htu": f"{call.base_url}/bluesky/{call.path}", "ath": None}
        wanted["ath"] = _text(hashlib.sha256(token.encode()).digest()) if token else None
        for name, value in wanted.items():
            if claims.get(name) != value:
                raise OAuthRefused("invalid_dpop_proof", f'DPoP "{name}" mismatch')
        if abs(wall_time() - int(claims.get("iat", 0))) > PROOF_SECONDS or not self._is_new(claims):
            raise OAuthRefused("invalid_dpop_proof", "DPoP proof replayed, or not of this moment")
        now = int(wall_time()) // NONCE_SECONDS
        if claims.get("nonce") not in [self._nonce(now - age) for age in range(NONCES_TAKEN)]:
            raise OAuthRefused("use_dpop_nonce", "Authorization server requires nonce in DPoP proof")
        return key.thumbprint()

    async def client_of(self, values: Mapping[str, str], issuer: str, thumbprint: str) -> Client:
        """The client of a form; `thumbprint` is that of the form's DPoP key. Raises OAuthRefused."""
        client_id = values["client_id"]
        if client_id == "http://localhost" or client_id.startswith("http://localhost?"):
            named = parse_qs(urlsplit(client_id).query)
            uris = named.get("redirect_uri", ["http://127.0.0.1/", "http://[::1]/"])
            return Client(client_id, tuple(uris), frozenset(named.get("scope", [IDENTITY])[0].split()))
        try:
            metadata = Metadata.model_validate(await self._document(client_id))
        except ValidationError as error:
            raise OAuthRefused("invalid_client_metadata", str(error)) from None
        if metadata.client_id != client_id:
            raise OAuthRefused("invalid_client_metadata", "client_id does not match")
        client = Client(client_id, tuple(metadata.redirect_uris), frozenset(metadata.scope.split()))
        if metadata.token_endpoint_auth_method == "none":
            return client
        return replace(client, key=await self._proven(metadata, values, issuer, thumbprint))

    async def _proven(self, metadata: Metadata, values: Mapping[str, str], issuer: str, thumbprint: str) -> str:
        assertion, kind = values.get("client_assertion", ""), values.get("client_assertion_type")
        if not assertion or kind != ASSERTION_TYPE:
            raise OAuthRefused("invalid_request", '"private_key_jwt" requires a "client_assertion"')
        rules = jwt.JWTClaimsRegistry(
            now=int(wall_time()),
            iss={"essential": True, "value": metadata.client_id},
            sub={"essential": True, "value": metadata.client_id},
            aud={"essential": True, "value": issuer},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        )
        served = await self._document(metadata.jwks_uri or "")
        try:
            keys = KeySet.import_key_set({"keys": served.get("keys", [])})
            key = next(one for one in keys.keys if one.kid == peek(assertion)[0].get("kid"))
            if any("d" in one for one in served["keys"]):
                raise OAuthRefused("invalid_client_metadata", "jwks must have public keys, and nothing else")
            claims = jwt.decode(assertion, key, algorithms=["ES256"]).claims
            rules.validate(claims)
            if claims["exp"] - claims["iat"] > ASSERTION_SECONDS:
                raise ValueError("exp is too far from iat")
        except StopIteration:
            raise _invalid("no applicable key found in the JSON Web Key Set") from None
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _invalid(str(error)) from None
        if key.thumbprint() == thumbprint:
            message = "The DPoP proof must be signed with a different key than the client assertion"
            raise OAuthRefused("invalid_request", message)
        if not self._is_new(claims):
            raise OAuthRefused("invalid_grant", "private_key_jwt jti reused")
        return f"{key.kid} {key.thumbprint()}"

    def _is_new(self, claims: Mapping[str, Any]) -> bool:
        """Whether this proof was not seen before: each works once."""
        jti = str(claims.get("jti"))
        if jti in self._seen:
            return False
        self._seen[jti] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    async def _document(self, url: str) -> dict[str, Any]:
        """JSON with status 200, from no other address."""
        import httpx  # at the first fetch: it makes the start slow

        try:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=False) as http:
                answer = await http.get(self._found(url), headers={"accept": "application/json"})
            body = answer.raise_for_status().json() if answer.status_code == 200 else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise OAuthRefused("invalid_client_metadata", f'Unable to read "{url}": {error}') from None
        if not isinstance(body, dict) or not answer.headers.get("content-type", "").startswith("application/json"):
            raise OAuthRefused("invalid_client_metadata", f'"{url}" is not JSON: HTTP {answer.status_code}')
        return body

    def _found(self, url: str) -> str:
        for public in sorted(self._addresses, key=len, reverse=True):
            if url == public or url.startswith(f"{public.rstrip('/')}/"):
                return self._addresses[public].rstrip("/") + url.removeprefix(public.rstrip("/"))
        return url

    def _nonce(self, period: int) -> str:
        return _text(hmac.digest(self._secret, str(period).encode(), hashlib.sha256))


def _invalid(description: str) -> OAuthRefused:
    return OAuthRefused("invalid_client", f'Validation of "client_assertion" failed: {description}')


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
