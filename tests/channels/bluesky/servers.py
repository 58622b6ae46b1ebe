"""Bluesky's servers in memory: an account's server, its authorization server and the directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import SecretStr

from munadi.channels.bluesky.client import ClientKey, ClientKeys
from munadi.channels.bluesky.dpop import DpopKey
from munadi.channels.bluesky.wire import post_uri
from munadi.channels.registry import build_channels
from munadi.crypto import KeyRing
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.ports import ConsentRequest
from tests.channels.calls import Calls
from tests.channels.making import REFRESH, SECRET_KEY, TOKEN, FixedClock, account, tools
from tests.channels.network import Network, answer, form_of, ok

DID, OTHER = "did:plc:abcdefghijklmnopqrstuvwx", "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz"
NAME = "acme.example.com"
PDS, ISSUER = "https://pds.example", "https://as.example"
WHO = account("bluesky", DID, service_url=PDS)
PUT, APPLY, GET, UPLOAD = (
    f"/xrpc/com.atproto.repo.{n}" for n in ("putRecord", "applyWrites", "getRecord", "uploadBlob")
)
CREATE, SESSION, RENEW = (f"/xrpc/com.atproto.server.{name}Session" for name in ("create", "get", "refresh"))
HANDLE, AT_DOMAIN, DOCUMENT = "/xrpc/com.atproto.identity.resolveHandle", "/.well-known/atproto-did", f"/{DID}"
RESOURCE, SERVER = "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"
PAR, GRANT, REVOKE = "/oauth/par", "/oauth/token", "/oauth/revoke"
BACK = "https://munadi.example.com/v1/oauth/bluesky/callback"
CLIENT = "https://munadi.example.com/v1/oauth/bluesky/client-metadata.json"
NEXT_SECRET = "another-secret-key-of-32-characters"
ASKING = ConsentRequest("state-1", BACK, hint=NAME)
CODE = {"code": "code-1", "state": "state-1", "iss": ISSUER}

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


def refusal(name: str, status: int = 400, message: str = "in its own words") -> httpx.Response:
    """An error in the envelope of AT Protocol."""
    return answer(status, {"error": name, "message": message})


MISSING, NO_HANDLE, BROKEN = refusal("RecordNotFound"), refusal("HandleNotFound"), refusal("InternalServerError", 500)


def uri(key: str) -> str:
    """The address of a post of the account."""
    return post_uri(DID, key)


def document(pds: str = PDS, **changes: Any) -> httpx.Response:
    """The account's DID document."""
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}
    return ok({"id": DID, "alsoKnownAs": [f"at://{NAME}"], "service": [service], **changes})


def session(**changes: Any) -> httpx.Response:
    """An answer of createSession, getSession and refreshSession."""
    return ok({"did": DID, "handle": NAME, "accessJwt": "a", "refreshJwt": "r2", "active": True} | changes)


def wants_nonce(status: int, nonce: str = "n-1") -> httpx.Response:
    """A refusal with the nonce for the next proof."""
    return answer(status, {"error": "use_dpop_nonce"}, {"dpop-nonce": nonce})


def asserted(request: httpx.Request, key: ClientKey | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the assertion in a form, whose signature is that of `key`, else of the newest secret key."""
    form = form_of(request)
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    public = ECKey.import_key(dict((key or client_key()).jwk))
    read = jwt.decode(form["client_assertion"], public, algorithms=["ES256"])
    return dict(read.header), dict(read.claims)


def form_without_assertion(request: httpx.Request) -> dict[str, str]:
    """A form without the assertion, which must be there."""
    form = form_of(request)
    del form["client_assertion"], form["client_assertion_type"]
    return form


def client_key(secret_key: str = SECRET_KEY) -> ClientKey:
    """The client key of an installation with this secret key."""
    return ClientKeys(KeyRing([secret_key]).derive).newest


class Servers:
    """The channel on servers that answer correctly and agree, until a test scripts other answers."""

    def __init__(
        self,
        guarded: httpx.AsyncClient | None = None,
        secret_keys: Sequence[str] = (SECRET_KEY,),
        *,
        development: bool = False,
    ) -> None:
        self.network, self.clock = Network(), FixedClock()
        self.on("GET", HANDLE, ok({"did": DID})).on("GET", DOCUMENT, document()).on("GET", AT_DOMAIN, answer(404))
        self.on("POST", CREATE, session()).on("GET", SESSION, session()).on("POST", RENEW, session())
        self.on("GET", RESOURCE, ok({"resource": PDS, "authorization_servers": [ISSUER]}))
        self.on("GET", SERVER, ok(METADATA))
        self.on("POST", PAR, answer(201, {"request_uri": "urn:req-1", "expires_in": 299}))
        self.on("POST", GRANT, ok(TOKENS)).on("POST", REVOKE, ok({}))
        client = httpx.AsyncClient(transport=self.network)
        derive = KeyRing(list(secret_keys)).derive
        made = replace(tools(client, self.clock), derive=derive, is_development=development)
        built = build_channels({}, replace(made, guarded=guarded or client))
        self.channel = self.server = built["bluesky"]
        self.port = Calls(self.channel)

    def on(self, method: str, path: str, *answers: Any) -> Network:
        """See `Network.on`."""
        return self.network.on(method, path, *answers)

    @property
    def paths(self) -> list[str]:
        """The paths of all requests, in order."""
        return [request.url.path for request in self.network.requests]


def granted(key: DpopKey, **changes: str) -> ConnectedAccount:
    """An account that was connected by a consent."""
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
