"""The addresses of OAuth's endpoints, and the ones that a browser is sent back to."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

METADATA = "/.well-known/oauth-authorization-server"
AUTHORIZE, TOKEN, REGISTER, REVOKE = "/oauth/authorize", "/oauth/token", "/oauth/register", "/oauth/revoke"
CONSENT = "/oauth/consent"
# Where a device asks for its codes, and where a person types the short one.
DEVICE_AUTHORIZATION, DEVICE = "/oauth/device_authorization", "/device"


def way_back(address: str, **values: str | None) -> str:
    """A program's address with these values in its query; those that are None are left out."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *((n, v) for n, v in values.items() if v is not None)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def place_of(address: str) -> str:
    """What of a program's address a person can judge: the host, or the app's own scheme."""
    parts = urlsplit(address)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"
