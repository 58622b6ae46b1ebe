"""Proofs of possession (DPoP) as the reference server checks them. Source: RFC 9449; npm @atproto/oauth-provider.

Proofs and nonces are checked in real time: a shift of the sandbox's clock must not make its callers' clocks wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from munadi.sandbox.bluesky.tokens import peek
from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Call

NONCE_SECONDS = 60
NONCES_TAKEN = 3  # this one and those just before
PROOF_SECONDS = 10
REMEMBERED = 10_000


class OAuthRefused(Exception):
    """An error of OAuth 2: its name and its description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


class SeenIds:
    """The newest ids of proofs, each of which works once."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def is_new(self, jti: str) -> bool:
        if jti in self._seen:
            return False
        self._seen[jti] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True


class Proofs:
    """The proofs of one server. A restart forgets its nonces and the proofs that it has seen."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._seen = SeenIds()

    @property
    def nonce(self) -> str:
        return self._nonce(int(wall_time()) // NONCE_SECONDS)

    def check(self, call: Call, token: str | None = None) -> str:
        """The thumbprint of the key that the call proves to have. Raises OAuthRefused."""
        proof = call.headers.get("dpop", "")
        if not proof:
            raise _invalid("DPoP proof required")
        header, claims = peek(proof)
        if header is None or claims is None or header.get("typ") != "dpop+jwt" or header.get("alg") != "ES256":
            raise _invalid("Failed to verify DPoP proof")
        thumbprint = _verified(proof, header.get("jwk"))
        self._require_fresh(call, claims)
        hashed = _text(hashlib.sha256(token.encode()).digest()) if token else None
        if claims.get("ath") != hashed:
            raise _invalid('DPoP "ath" mismatch' if token else 'DPoP "ath" claim not allowed')
        if not self._seen.is_new(str(claims["jti"])):
            raise _invalid("DPoP proof replayed")
        return thumbprint

    def _require_fresh(self, call: Call, claims: dict[str, Any]) -> None:
        if not isinstance(claims.get("jti"), str) or not claims["jti"]:
            raise _invalid('DPoP "jti" missing')
        if not isinstance(claims.get("iat"), int) or abs(wall_time() - claims["iat"]) > PROOF_SECONDS:
            raise _invalid('Failed to verify DPoP proof: "iat" claim timestamp check failed')
        if claims.get("htm") != call.method:
            raise _invalid('DPoP "htm" mismatch')
        if claims.get("htu") != f"{call.base_url}/bluesky/{call.path}":
            raise _invalid('DPoP "htu" mismatch')
        now = int(wall_time()) // NONCE_SECONDS
        taken = [self._nonce(now - age) for age in range(NONCES_TAKEN)]
        if claims.get("nonce") not in taken:
            message = 'DPoP "nonce" mismatch' if "nonce" in claims else "requires nonce in DPoP proof"
            raise OAuthRefused("use_dpop_nonce", message)

    def _nonce(self, period: int) -> str:
        return _text(hmac.digest(self._secret, str(period).encode(), hashlib.sha256))


def _verified(proof: str, jwk: Any) -> str:
    """The thumbprint (RFC 7638) of the key that signed it."""
    try:
        if not isinstance(jwk, dict) or "d" in jwk or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
            raise _invalid("Failed to verify DPoP proof: invalid key")
        key = ECKey.import_key(jwk)
        jwt.decode(proof, key, algorithms=["ES256"])
    except (KeyError, TypeError, ValueError, JoseError):
        raise _invalid("Failed to verify DPoP proof: signature verification failed") from None
    return key.thumbprint()


def _invalid(description: str) -> OAuthRefused:
    return OAuthRefused("invalid_dpop_proof", description)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
