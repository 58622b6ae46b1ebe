"""Munadi as an OAuth client: its metadata, and the key that proves them. Source: atproto.com/specs/oauth.

The `client_id` is the address of the metadata, which every server reads by itself, so no app is registered. With a
public https address Munadi is a *confidential* client: each request carries an assertion that is signed with its key,
and a grant lasts for months. On http://127.0.0.1 it is `http://localhost`, a *public* client without a key, whose
grants end after two weeks: a server cannot safely read an address on its own machine.

The newest of the installation's secret keys gives the key for new grants. A grant stays bound to the key it began
with, so it carries that key, sealed with its tokens, and `jwks.json` lists every key that an account still uses.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from munadi.channels.bluesky.dpop import ALGORITHM, SigningKey
from munadi.channels.bluesky.errors import failure
from munadi.domain.failure import Reason

# Granular scopes suffice for a text, but servers got the audience of their video scopes wrong
# (docs/networks/bluesky.md, section 2c).
NEEDED = ("atproto", "transition:generic")
SCOPE = " ".join(NEEDED)
METADATA, JWKS = "client-metadata.json", "jwks.json"
LOOPBACK = frozenset({"127.0.0.1", "::1"})
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# The reference server refuses an assertion from the future without tolerance, and one older than a minute. So the time
# of issue is a little in the past, and a clock that is some seconds fast does not matter.
SLOW, LIFE = timedelta(seconds=10), timedelta(seconds=55)
KEY_PURPOSE = "bluesky client key 1"
# The name under which an account's facts store the public key of its grant, for `jwks.json`.
KEY_FACT = "client_key"


class ClientKey(SigningKey):
    """The key that proves the client. It must never be the key of a DPoP proof."""

    @property
    def jwk(self) -> dict[str, str]:
        """The public key for `jwks.json`."""
        return {**self.public, "kid": self.thumbprint, "use": "sig", "alg": ALGORITHM}

    def assertion(self, client_id: str, issuer: str, now: datetime) -> dict[str, str]:
        """The form fields that prove the client to `issuer` (RFC 7523, 3). Valid for one request within a minute."""
        issued = now - SLOW
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": int(issued.timestamp()),
            "exp": int((issued + LIFE).timestamp()),
        }
        signed = self.sign({"typ": "JWT", "kid": self.thumbprint}, claims)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}


class ClientKeys:
    """The keys of the installation. `derive` gives a secret per secret key, newest first (`KeyRing.derive`)."""

    def __init__(self, derive: Callable[[str], Sequence[bytes]]) -> None:
        self._derive = derive
        self._keys: list[ClientKey] = []

    @property
    def newest(self) -> ClientKey:
        """The key for new grants."""
        return self._all()[0]

    def jwks(self, used: Iterable[Mapping[str, str]]) -> dict[str, list[dict[str, str]]]:
        """The set of public keys: the current ones, and those of grants that began with an earlier one (`used`)."""
        keys = {key.thumbprint: key.jwk for key in self._all()}
        for jwk in used:
            keys.setdefault(jwk["kid"], dict(jwk))
        return {"keys": list(keys.values())}

    def _all(self) -> list[ClientKey]:
        if not self._keys:
            self._keys = [ClientKey.derived(seed) for seed in self._derive(KEY_PURPOSE)]
        return self._keys


def is_confidential(client_id: str) -> bool:
    """Whether requests of this client carry an assertion."""
    return client_id.startswith("https://")


def client_metadata(base_url: str, redirect_uri: str) -> dict[str, Any]:
    """The document at our `client_id`, beside `redirect_uri`; `base_url` is the public address of the API.

    The API serves it as application/json, with status 200, without authentication or redirect.
    """
    client_id = urljoin(redirect_uri, METADATA)
    method: dict[str, str] = {"token_endpoint_auth_method": "none"}
    if is_confidential(client_id):
        method = {
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": ALGORITHM,
            "jwks_uri": urljoin(redirect_uri, JWKS),
        }
    return {
        "client_id": client_id,
        "client_name": "Munadi",
        "client_uri": base_url,
        "application_type": "web",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": SCOPE,
        "dpop_bound_access_tokens": True,
        **method,
    }


def client_id_of(redirect_uri: str) -> str:
    """The `client_id` that belongs to a redirect. Raises ChannelError for an address that no server accepts."""
    target = urlsplit(redirect_uri)
    if target.scheme == "https":
        return urljoin(redirect_uri, METADATA)
    if target.hostname in LOOPBACK:
        return f"http://localhost?{urlencode({'redirect_uri': redirect_uri, 'scope': SCOPE})}"
    message = "MUNADI_PUBLIC_URL must be https, or http://127.0.0.1 for a server on this machine"
    raise failure(Reason.APP_NOT_APPROVED, message)
