"""P-256 keys as JWKs, and the ES256 tokens that they sign. Source: RFC 7515, 7517 and 7638, by the library joserfc."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import SecretStr

CURVE, ALGORITHM = "P-256", "ES256"
# The order of P-256's base point (SEC 2, 2.4.2): a private key is a number from 1 to one less than it.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class SigningKey:
    """A private key. `public` is its JWK without the secret part, `thumbprint` what RFC 7638 calls it."""

    def __init__(self, key: ECKey) -> None:
        self._key = key
        self.public: dict[str, Any] = dict(key.as_dict(private=False))
        self.thumbprint = key.thumbprint()

    @classmethod
    def new(cls) -> Self:
        """A random key."""
        return cls(ECKey.generate_key(CURVE))

    @classmethod
    def derived(cls, seed: bytes) -> Self:
        """The same key for the same secret `seed` (32 bytes), in every process and after every restart."""
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
