"""DPoP: a token that works only with a fresh proof of the key it is bound to. Source: RFC 9449; facts, section 2b.

Proofs carry the server's newest nonce. It comes with any answer, lives for minutes, and is a server's own: what is
refused for a stale one was not looked at, so it is asked once more, with the nonce that came with the refusal.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr

USE_NONCE = "use_dpop_nonce"
# A P-256 coordinate, and each half of an ES256 signature (RFC 7518, 3.4 and 6.2.1).
NUMBER_BYTES = 32
# Servers are named by users: nonces are kept of so many of them, the ones used last.
MAX_NONCES = 2000


class DpopKey:
    """A P-256 key and its proofs."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        point = key.public_key().public_numbers()
        self._public = {"kty": "EC", "crv": "P-256", "x": _number(point.x), "y": _number(point.y)}

    @classmethod
    def new(cls) -> DpopKey:
        """A key of its own for each grant."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, jwk: SecretStr) -> DpopKey:
        """The key that `text` gave. ValueError when it is none."""
        try:
            private = int.from_bytes(_bytes(json.loads(jwk.get_secret_value())["d"]))
        except (KeyError, TypeError) as error:
            raise ValueError("this is no private JWK") from error
        return cls(ec.derive_private_key(private, ec.SECP256R1()))

    @property
    def text(self) -> str:
        """The private key as a JWK. Secret."""
        return json.dumps({**self._public, "d": _number(self._key.private_numbers().private_value)})

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
            claims["ath"] = _text(hashlib.sha256(token.encode()).digest())
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self._public}
        signed = f"{_json(header)}.{_json(claims)}"
        halves = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{_text(b''.join(half.to_bytes(NUMBER_BYTES) for half in halves))}"


class Nonces:
    """The newest nonce of each server; in memory, since a lost one costs a round trip."""

    def __init__(self) -> None:
        self._by_server: dict[str, str] = {}

    def of(self, url: str) -> str | None:
        """What the server wants to see next."""
        return self._by_server.get(_server(url))

    def learn(self, url: str, headers: Mapping[str, str]) -> None:
        """From any answer; `headers` have lower-case names."""
        nonce = headers.get("dpop-nonce", "")
        if not nonce:
            return
        self._by_server.pop(_server(url), None)
        self._by_server[_server(url)] = nonce
        if len(self._by_server) > MAX_NONCES:
            del self._by_server[next(iter(self._by_server))]


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(value: int) -> str:
    return _text(value.to_bytes(NUMBER_BYTES))


def _json(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())
