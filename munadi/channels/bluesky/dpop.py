"""Keys, and DPoP: a token that works only with a new proof of the key it is bound to.

Source: RFC 9449, RFC 7515, 7517 and 7638 by the library joserfc; docs/networks/bluesky.md, section 2b. A proof carries
the server's newest nonce. Any answer may bring one, it is valid for minutes, and each server has its own. A server does
not process a request with an old nonce, so that request is repeated once, with the nonce that came with the refusal.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode
from pydantic import SecretStr

from munadi.domain.server import origin_of

CURVE, ALGORITHM = "P-256", "ES256"
# The order of P-256's base point (SEC 2, 2.4.2): a private key is a number from 1 to one less than it.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
USE_NONCE = "use_dpop_nonce"
# Users name the servers, so the nonces of the most recently used servers are stored, at most this many.
MAX_NONCES = 2000


class SigningKey:
    """A P-256 private key. `public` is its JWK without the secret part, `thumbprint` its name by RFC 7638."""

    def __init__(self, key: ECKey) -> None:
        self._key = key
        self.public: dict[str, Any] = dict(key.as_dict(private=False))
        self.thumbprint = key.thumbprint()

    @classmethod
    def new(cls) -> Self:
        """A key that is random, and so new."""
        return cls(ECKey.generate_key(CURVE))

    @classmethod
    def derived(cls, seed: bytes) -> Self:
        """The one key of a secret `seed` (32 bytes), in every process and after every restart."""
        number = int.from_bytes(seed) % (ORDER - 1) + 1
        return cls(ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1())))

    @classmethod
    def read(cls, jwk: SecretStr) -> Self:
        """The key that `text` returned. ValueError when `jwk` is not a private P-256 key."""
        try:
            key = ECKey.import_key(json.loads(jwk.get_secret_value()))
            if not key.is_private or key.curve_name != CURVE:
                raise ValueError("this is no private JWK")
            return cls(key)
        except (JoseError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError("this is no private JWK") from error

    @property
    def text(self) -> str:
        """The private key as a JWK. Secret."""
        return json.dumps(self._key.as_dict(private=True))

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """A signed JWT; the header gets `alg`."""
        return jwt.encode({**header, "alg": ALGORITHM}, dict(claims), self._key, algorithms=[ALGORITHM])


class DpopKey(SigningKey):
    """The key of one grant, and its proofs."""

    def proof(self, method: str, url: str, now: datetime, *, nonce: str | None = None, token: str | None = None) -> str:
        """For one request; `token` is the access token that it carries."""
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(now.timestamp()),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        if token is not None:
            claims["ath"] = urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode()
        return self.sign({"typ": "dpop+jwt", "jwk": self.public}, claims)


class Nonces:
    """The newest nonce of each server; in memory, since a lost nonce costs only a round trip."""

    def __init__(self) -> None:
        self._by_server: dict[str | None, str] = {}

    def of(self, url: str) -> str | None:
        """The nonce for the next proof to this server."""
        return self._by_server.get(origin_of(url))

    def learn(self, url: str, headers: Mapping[str, str]) -> None:
        """Store the nonce of an answer, if it has one; `headers` have lower-case names."""
        nonce = headers.get("dpop-nonce", "")
        if not nonce:
            return
        server = origin_of(url)
        self._by_server.pop(server, None)
        self._by_server[server] = nonce
        if len(self._by_server) > MAX_NONCES:
            del self._by_server[next(iter(self._by_server))]
