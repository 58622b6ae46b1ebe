"""Access and refresh tokens: signed JWTs with the reference's claims, lives and rotation.

Access 2 h, refresh 90 days; a used refresh token still works for 2 h and always yields the same successor.
Source: npm @atproto/pds account-manager (createTokens, rotateRefreshToken), run side by side.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from functools import cache
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from munadi.sandbox.bluesky.errors import refuse, refuse_if
from munadi.sandbox.bluesky.model import Account, RefreshToken, Secret
from munadi.sandbox.exchange import Refusal
from munadi.sandbox.storage import Table

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

ACCESS_SECONDS = 2 * 3600
REFRESH_SECONDS = 90 * 86_400
GRACE_SECONDS = 2 * 3600
ACCESS_TYPE, REFRESH_TYPE, SERVICE_TYPE = "at+jwt", "refresh+jwt", "JWT"


class Tokens:
    def __init__(self, platform: Bluesky) -> None:
        self._clock = platform.clock
        self._secrets: Table[Secret] = platform.table("secret", Secret)
        self._refresh: Table[RefreshToken] = platform.table("refresh", RefreshToken)

    def open_session(self, account: Account, audience: str) -> dict[str, str]:
        return self._pair(account, audience, secrets.token_urlsafe(32))

    def rotate(self, account: Account, audience: str, jti: str) -> dict[str, str] | None:
        """The next pair, or None when the token was revoked or its grace is over."""
        now = self._clock.now()
        token = self._refresh.get(jti)
        if token is None or token.expires_at <= now:
            return None
        token.expires_at = min(token.expires_at, now + GRACE_SECONDS)
        token.next_jti = token.next_jti or secrets.token_urlsafe(32)
        self._refresh.put(jti, token)
        return self._pair(account, audience, token.next_jti)

    def forget(self, did: str) -> None:
        for token in self._refresh:
            if token.did == did:
                self._refresh.remove(token.jti)

    def verified(self, token: str, kind: str) -> dict[str, Any]:
        """The claims of a token of this kind; raises the reference's refusals."""
        head, claims = self._decoded(token)
        refuse_if(claims["exp"] <= self._clock.now(), "ExpiredToken")
        refuse_if(head.get("typ") != kind, "InvalidToken", "Invalid token type")
        return claims

    def service_token(self, account: Account, audience: str, method: str | None, expires_at: int) -> str:
        """For another service; the reference signs it with the account's own key, here it is the server's."""
        claims = {"iat": int(self._clock.now()), "iss": account.did, "aud": audience, "exp": expires_at}
        claims |= {"jti": secrets.token_hex(16)} | ({"lxm": method} if method else {})
        return self._signed(SERVICE_TYPE, claims)

    def bound_token(self, account: Account, audience: str, claims: dict[str, Any], seconds: int) -> str:
        """An access token of OAuth's: of no use without the key that `claims` name."""
        now = int(self._clock.now())
        claims = {"aud": audience, "sub": account.did, "jti": secrets.token_hex(16), "iat": now, **claims}
        claims |= {"exp": now + seconds, "generation": account.session_generation}
        return self._signed(ACCESS_TYPE, claims)

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that is ours, expired or not."""
        try:
            return self._decoded(token)[1]
        except Refusal:
            return None

    def _pair(self, account: Account, audience: str, refresh_jti: str) -> dict[str, str]:
        now = int(self._clock.now())
        common = {"aud": audience, "sub": account.did, "iat": now}
        access = {"scope": "com.atproto.appPass", **common, "exp": now + ACCESS_SECONDS}
        # Only in the sandbox: a test can expire tokens at once, also in the second of their issue.
        access["generation"] = account.session_generation
        expires_at = now + REFRESH_SECONDS
        refresh = {"scope": "com.atproto.refresh", **common, "jti": refresh_jti, "exp": expires_at}
        if refresh_jti not in self._refresh:
            self._refresh.put(refresh_jti, RefreshToken(refresh_jti, account.did, expires_at))
        return {
            "accessJwt": self._signed(ACCESS_TYPE, access),
            "refreshJwt": self._signed(REFRESH_TYPE, refresh),
        }

    def _signed(self, kind: str, claims: dict[str, Any]) -> str:
        return jwt.encode({"typ": kind, "alg": "HS256"}, claims, self._key())

    def _decoded(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            decoded = jwt.decode(token, self._key(), algorithms=["HS256"])
        except (JoseError, ValueError):
            raise refuse("InvalidToken") from None
        return decoded.header, decoded.claims

    def _key(self) -> OctKey:
        secret = self._secrets.get("jwt") or self._secrets.put("jwt", Secret(secrets.token_hex(16)))
        return _imported(secret.jwt)


def peek(token: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Head and claims of a token, without any check."""
    try:
        head, claims = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in token.split(".")[:2])
    except (ValueError, binascii.Error):
        return None, None
    return (head, claims) if isinstance(head, dict) and isinstance(claims, dict) else (None, None)


@cache
def _imported(secret: str) -> OctKey:
    return OctKey.import_key(secret)
