"""An account's server, its authorization server and the directory, scripted: each answer is what a test makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import SecretStr

from munadi.channels.bluesky.client import ClientKey, ClientKeys
from munadi.channels.bluesky.dpop import DpopKey
from munadi.channels.http import ChannelTools
from munadi.channels.registry import build_channels
from munadi.crypto import KeyRing
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName
from munadi.ports import Asking, Authorizer, Channel
from tests.channels.making import REFRESH, TOKEN, Cards, FixedClock, StoredMedia, account
from tests.channels.network import Network, answer, form_of, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
PDS, ISSUER = "https://pds.example", "https://as.example"
BACK = "https://munadi.example.com/v1/oauth/bluesky/callback"
CLIENT = "https://munadi.example.com/v1/oauth/bluesky/client-metadata.json"
RESOURCE, SERVER = "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"
HANDLE, DOCUMENT = "/xrpc/com.atproto.identity.resolveHandle", f"/{DID}"
PAR, GRANT, REVOKE = "/oauth/par", "/oauth/token", "/oauth/revoke"
SECRET, NEXT_SECRET = "one-secret-key-of-thirty-two-letters", "another-secret-key-of-32-characters"
ASKING = Asking("state-1", BACK, hint="acme.example.com")

METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/oauth/authorize",
    "token_endpoint": f"{ISSUER}{GRANT}",
    "pushed_authorization_request_endpoint": f"{ISSUER}{PAR}",
    "revocation_endpoint": f"{ISSUER}{REVOKE}",
}
TOKENS = {
    "access_token": "access-2",
    "refresh_token": "refresh-2",
    "token_type": "DPoP",
    "expires_in": 1800,
    "scope": "atproto transition:generic",
    "sub": DID,
}


def document(**changes: Any) -> httpx.Response:
    pds = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": PDS}
    return ok({"id": DID, "alsoKnownAs": ["at://acme.example.com"], "service": [pds], **changes})


def wants_nonce(status: int, nonce: str = "n-1") -> httpx.Response:
    return answer(status, {"error": "use_dpop_nonce"}, {"dpop-nonce": nonce})


def asserted(request: httpx.Request, key: ClientKey | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the assertion in a form, whose signature is that of `key`, else of the newest secret key."""
    form = form_of(request)
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    public = ECKey.import_key(dict((key or client_key()).jwk))
    read = jwt.decode(form["client_assertion"], public, algorithms=["ES256"])
    return dict(read.header), dict(read.claims)


def said(request: httpx.Request) -> dict[str, str]:
    """A form without the assertion, which must be there."""
    form = form_of(request)
    del form["client_assertion"], form["client_assertion_type"]
    return form


def client_key(secret_key: str = SECRET) -> ClientKey:
    """The client key of an installation with this secret key."""
    return ClientKeys(KeyRing([secret_key]).derive).newest


class Scene:
    """Everything answers well until a test says otherwise."""

    def __init__(self, guarded: httpx.AsyncClient | None = None, secret_keys: Sequence[str] = (SECRET,)) -> None:
        self.network, self.clock = Network(), FixedClock()
        self.on("GET", HANDLE, ok({"did": DID})).on("GET", DOCUMENT, document())
        self.on("GET", RESOURCE, ok({"resource": PDS, "authorization_servers": [ISSUER]}))
        self.on("GET", SERVER, ok(METADATA))
        self.on("POST", PAR, answer(201, {"request_uri": "urn:req-1", "expires_in": 299}))
        self.on("POST", GRANT, ok(TOKENS)).on("POST", REVOKE, ok({}))
        client = httpx.AsyncClient(transport=self.network)
        keyring = KeyRing(list(secret_keys))
        tools = ChannelTools(client, guarded or client, StoredMedia(), Cards(), self.clock, keyring.derive)
        built = build_channels({}, tools)
        self.channel: Channel = built["bluesky"]
        self.server: Authorizer = built.authorizers[ChannelName.BLUESKY]

    def on(self, method: str, path: str, *answers: Any) -> Network:
        return self.network.on(method, path, *answers)


def granted(key: DpopKey, **changes: str) -> ConnectedAccount:
    """An account that a consent connected."""
    texts = {
        "dpopKey": key.text,
        "issuer": ISSUER,
        "tokenEndpoint": f"{ISSUER}{GRANT}",
        "revocationEndpoint": f"{ISSUER}{REVOKE}",
        "clientId": CLIENT,
        "scope": "atproto transition:generic",
        **changes,
    }
    extra = {name: SecretStr(text) for name, text in texts.items()}
    credentials = Credentials(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), extra=extra)
    return account("bluesky", DID, service_url=PDS, credentials=credentials)
