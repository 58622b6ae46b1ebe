"""From a handle to its DID, its server (PDS), and the authorization server of that.

Source: docs/networks/bluesky.md, sections 2b and 2d. Other people's servers answer each step, so an answer counts only
if the next one confirms it: a DID document must name its own DID, and an authorization server's metadata the issuer
that they were read from (RFC 8414, 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from munadi.channels.bluesky.errors import failure
from munadi.channels.bluesky.spec import DID, HANDLE
from munadi.channels.bluesky.xrpc import Xrpc
from munadi.channels.http import Request
from munadi.domain.bounds import ADDRESS
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Answer

# Statuses of a document that is missing, or not for us; 429 says nothing about the document.
REFUSALS = frozenset(range(400, 500)) - {429}
ENDPOINTS = {
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "par": "pushed_authorization_request_endpoint",
    "revoke": "revocation_endpoint",
}


@dataclass(frozen=True)
class Owner:
    """An account as its DID document describes it; `handle` is claimed there and not checked yet."""

    did: str
    pds: str
    handle: str | None


@dataclass(frozen=True)
class AuthorizationServer:
    """Its addresses; `revoke` may be empty."""

    issuer: str
    authorize: str
    token: str
    par: str
    revoke: str


class Identities:
    """Look-ups that only read. Everything raises ChannelError: INVALID_FIELD for what does not exist."""

    def __init__(self, xrpc: Xrpc, plc: str) -> None:
        self.xrpc = xrpc
        self._plc = plc.rstrip("/")

    async def owner(self, who: str) -> Owner:
        """Whose a handle or a DID is. Raises ChannelError."""
        if DID.fullmatch(who):
            return await self.by_did(who)
        if not HANDLE.fullmatch(who):
            raise _refuse(f"{who[:200]!r} is no handle, DID or server address")
        did = await self.xrpc.did_of(self.xrpc.entryway, who) or await self._at_its_domain(who)
        if did is None:
            raise _refuse(f"no account has the handle {who}")
        return await self.by_did(did)

    async def server_of(self, base: str) -> AuthorizationServer:
        """The authorization server of a PDS, or of an entryway, which is its own."""
        answer = await self._read(f"{base}/.well-known/oauth-protected-resource")
        if answer.status in REFUSALS:
            return await self._server(base)
        servers = answer.field("authorization_servers")
        issuer = servers[0] if isinstance(servers, list) and servers else None
        if not isinstance(issuer, str) or urlsplit(issuer).scheme not in ("https", "http"):
            raise _refuse(f"{base} names no authorization server: connect with an app password")
        return await self._server(issuer)

    async def by_did(self, did: str) -> Owner:
        """By DID, from its document."""
        if not DID.fullmatch(did):
            raise _refuse(f"{did[:200]!r} is no DID that we know how to look up")
        domain = unquote(did.removeprefix("did:web:"))
        url = f"{self._plc}/{did}" if did.startswith("did:plc:") else f"https://{domain}/.well-known/did.json"
        answer = await self._read(url)
        pds = pds_of(answer.body)
        if answer.status in REFUSALS or answer.field("id") != did or pds is None:
            raise _refuse(f"{did} has no document that names its server")
        names = answer.field("alsoKnownAs")
        known = [str(name) for name in names] if isinstance(names, list) else []
        handles = [name.removeprefix("at://") for name in known if name.startswith("at://")]
        return Owner(did, pds, handles[0] if handles else None)

    async def handle_of(self, owner: Owner) -> str | None:
        """The handle that the DID document claims, if it also leads back to the DID; None if it does not."""
        if owner.handle is None or not HANDLE.fullmatch(owner.handle):
            return None
        handle = owner.handle.lower()
        did = await self.xrpc.did_of(self.xrpc.entryway, handle) or await self._at_its_domain(handle)
        return handle if did == owner.did else None

    async def _at_its_domain(self, handle: str) -> str | None:
        """The DID that the handle's own domain names, for a handle that our entryway does not find."""
        try:
            answer = await self._read(f"https://{handle.lower()}/.well-known/atproto-did")
        except ChannelError:  # no such domain, or no web server there: the same as no handle
            return None
        did = answer.text.strip()
        return did if answer.status not in REFUSALS and DID.fullmatch(did) else None

    async def _server(self, issuer: str) -> AuthorizationServer:
        answer = await self._read(f"{issuer.rstrip('/')}/.well-known/oauth-authorization-server")
        if answer.status in REFUSALS or answer.field("issuer") != issuer:
            raise _refuse(f"{issuer[:200]} is no authorization server: connect with an app password")
        named = {name: _endpoint(answer, field, issuer) for name, field in ENDPOINTS.items()}
        if not (named["authorize"] and named["token"] and named["par"]):
            raise _refuse(f"{issuer} lacks an endpoint that AT Protocol's OAuth needs")
        return AuthorizationServer(issuer, **named)

    async def _read(self, url: str) -> Answer:
        return await self.xrpc.send(Request("GET", url, also_ok=REFUSALS))


def pds_of(document: Any) -> str | None:
    """The PDS that a DID document names: the service whose id ends in `#atproto_pds`."""
    services = document.get("service") if isinstance(document, Mapping) else None
    for service in services if isinstance(services, list) else []:
        if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
            endpoint = str(service.get("serviceEndpoint"))
            if endpoint.startswith(("https://", "http://")) and len(endpoint) <= ADDRESS.limit:
                return endpoint.rstrip("/")
    return None


def _endpoint(answer: Answer, field: str, issuer: str) -> str:
    """An endpoint, if it is as secure as its issuer: a browser and tokens are sent there. Else empty."""
    url = answer.field(field)
    return url if isinstance(url, str) and urlsplit(url).scheme in ("https", urlsplit(issuer).scheme) else ""


def _refuse(message: str) -> ChannelError:
    return failure(Reason.INVALID_FIELD, message)
