"""The account's server: sessions with an app password, service tokens, its own description, and the DID directory.

Tokens are signed JWTs with the reference's claims and lives: access 2 h, refresh 90 days; a used refresh token still
works for 2 h and always yields the same successor. Source: npm @atproto/pds account-manager, run side by side.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from munadi.sandbox.bluesky.model import (
    HANDLE_DOMAIN,
    TAKEN_DOWN,
    Account,
    RefreshToken,
    Secret,
    refuse,
    refuse_if,
    require_usable,
)
from munadi.sandbox.clock import DAY, HOUR, MINUTE
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.storage import Table

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

ACCESS_SECONDS, REFRESH_SECONDS, GRACE_SECONDS = 2 * HOUR, 90 * DAY, 2 * HOUR
ACCESS_TYPE, REFRESH_TYPE, SERVICE_TYPE = "at+jwt", "refresh+jwt", "JWT"


class Tokens:
    def __init__(self, platform: Bluesky) -> None:
        self._clock = platform.clock
        self._secrets: Table[Secret] = platform.table("secret", Secret)
        self.refresh: Table[RefreshToken] = platform.table("refresh", RefreshToken)

    def pair(self, account: Account, audience: str, jti: str | None = None) -> dict[str, str]:
        """An access and a refresh token."""
        jti, ends = jti or secrets.token_urlsafe(32), int(self._clock.now()) + REFRESH_SECONDS
        if jti not in self.refresh:
            self.refresh.put(jti, RefreshToken(jti, account.did, ends))
        refresh = {"scope": "com.atproto.refresh", "aud": audience, "sub": account.did, "jti": jti, "exp": ends}
        return {
            "accessJwt": self.access_token(account, audience, {"scope": "com.atproto.appPass"}, ACCESS_SECONDS),
            "refreshJwt": self.signed(REFRESH_TYPE, refresh),
        }

    def access_token(self, account: Account, audience: str, claims: dict[str, Any], seconds: int) -> str:
        """`generation` is only the sandbox's: a test can expire tokens at once, also in the second of their issue."""
        own = {"aud": audience, "sub": account.did, "jti": secrets.token_hex(16), **claims}
        ends = int(self._clock.now()) + seconds
        return self.signed(ACCESS_TYPE, own | {"exp": ends, "generation": account.session_generation})

    def successor(self, jti: str) -> str | None:
        """The id of the refresh token after this one, or None when it was revoked or its grace is over."""
        now, token = self._clock.now(), self.refresh.get(jti)
        if token is None or token.expires_at <= now:
            return None
        token.expires_at = min(token.expires_at, now + GRACE_SECONDS)
        token.next_jti = token.next_jti or secrets.token_urlsafe(32)
        return self.refresh.put(jti, token).next_jti

    def verified(self, token: str, kind: str) -> dict[str, Any]:
        """The claims of a token of this kind; raises the reference's refusals."""
        head, claims = self._decoded(token)
        refuse_if(claims["exp"] <= self._clock.now(), "ExpiredToken")
        refuse_if(head.get("typ") != kind, "InvalidToken", "Invalid token type")
        return claims

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token that is ours, expired or not; none of any other."""
        try:
            return self._decoded(token)[1]
        except Refusal:
            return {}

    def signed(self, kind: str, claims: dict[str, Any]) -> str:
        return jwt.encode({"typ": kind, "alg": "HS256"}, {"iat": int(self._clock.now()), **claims}, self._key())

    def _decoded(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            decoded = jwt.decode(token, self._key(), algorithms=["HS256"])
        except (JoseError, ValueError):
            raise refuse("InvalidToken") from None
        return decoded.header, decoded.claims

    def _key(self) -> OctKey:
        secret = self._secrets.get("jwt") or self._secrets.put("jwt", Secret(secrets.token_hex(16)))
        return _imported(secret.jwt)


def peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Head and claims of a token, without any check; empty when it is none."""
    try:
        head, claims = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in token.split(".")[:2])
    except (ValueError, binascii.Error):
        return {}, {}
    return (head, claims) if isinstance(head, dict) and isinstance(claims, dict) else ({}, {})


@cache
def _imported(secret: str) -> OctKey:
    return OctKey.import_key(secret)


async def create_session(platform: Bluesky, call: Call) -> Answer:
    body = platform.input(call)
    platform.limited(body["identifier"], "loginsPerDay", DAY)
    account = platform.find(body["identifier"])
    # An app password does not work for an account that was taken down, and the answer does not give the reason.
    given, usable = body["password"].encode(), account is not None and account.status not in TAKEN_DOWN
    if account is None or not usable or not hmac.compare_digest(account.password.encode(), given):
        raise refuse("AuthenticationRequired", "Invalid identifier or password")
    pair = platform.tokens.pair(account, service_did(call))
    return Answer(200, {**pair, **_description(account, call)}, effect=True)


async def refresh_session(platform: Bluesky, call: Call) -> Answer:
    claims = platform.tokens.verified(platform.credential(call), REFRESH_TYPE)
    account = platform.known(claims["sub"])
    require_usable(account, deactivated_too=False)
    successor = platform.tokens.successor(claims["jti"])
    refuse_if(successor is None, "ExpiredToken", "Token has been revoked")
    pair = platform.tokens.pair(account, service_did(call), successor)
    return Answer(200, {**pair, **_description(account, call)}, effect=True)


async def get_session(platform: Bluesky, call: Call) -> Answer:
    account = platform.caller(call)
    refuse_if(account.status in TAKEN_DOWN, "InvalidRequest", f"Could not find user info for account: {account.did}")
    return Answer(200, _description(account, call))


async def describe_server(platform: Bluesky, call: Call) -> Answer:
    return Answer(200, {"did": service_did(call), "availableUserDomains": [f".{HANDLE_DOMAIN}"]})


async def get_service_auth(platform: Bluesky, call: Call) -> Answer:
    """A token for another service; the reference signs it with the account's own key, here it is the server's."""
    account = platform.caller(call)
    require_usable(account)
    audience, method, expiry = (call.query.get(name, "") for name in ("aud", "lxm", "exp"))
    now = platform.clock.now()
    ends = int(expiry or now + MINUTE)
    refuse_if(ends < now, "BadExpiration", "expiration is in past")
    long = "cannot request a token with an expiration more than an hour in the future"
    refuse_if(ends > now + HOUR, "BadExpiration", long)
    claims = {"iss": account.did, "aud": audience, "exp": ends, "jti": secrets.token_hex(16), "lxm": method}
    return Answer(200, {"token": platform.tokens.signed(SERVICE_TYPE, claims)})


async def get_did_document(platform: Bluesky, call: Call) -> Answer:
    account = platform.accounts.get(call.path.removeprefix("plc/"))
    if account is None:
        return Answer(404, {"message": f"DID not registered: {call.path.removeprefix('plc/')}"})
    return Answer(200, did_document(account, call), {"content-type": "application/did+ld+json"})


def _description(account: Account, call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {
        "did": account.did,
        "didDoc": did_document(account, call),
        "handle": account.handle,
        "email": account.email,
        "emailConfirmed": True,
        "active": account.status == "active",
    }
    return body if account.status == "active" else {**body, "status": account.status}


def service_url(call: Call) -> str:
    return f"{call.base_url}/bluesky/pds"


def service_did(call: Call) -> str:
    """`did:web` of the host; a port travels percent-encoded (w3c-ccg.github.io/did-method-web)."""
    return "did:web:" + urlsplit(call.base_url).netloc.replace(":", "%3A")


def did_document(account: Account, call: Call) -> dict[str, Any]:
    """As the PLC directory gives it; without signing keys, since no commit is signed here."""
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": service_url(call)}
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.did,
        "alsoKnownAs": [f"at://{account.handle}"],
        "verificationMethod": [],
        "service": [service],
    }
