"""DPoP: a token that works only with a fresh proof of the key it is bound to. Source: RFC 9449; facts, section 2b.

Proofs carry the server's newest nonce. It comes with any answer, lives for minutes, and is a server's own: what is
refused for a stale one was not looked at, so it is asked once more, with the nonce that came with the refusal.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from munadi.channels.bluesky.keys import SigningKey

USE_NONCE = "use_dpop_nonce"
# Servers are named by users: nonces are kept of so many of them, the ones used last.
MAX_NONCES = 2000


class DpopKey(SigningKey):
    """A key of one grant, and its proofs."""

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
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return self.sign({"typ": "dpop+jwt", "jwk": self.public}, claims)


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
