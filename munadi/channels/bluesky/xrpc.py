"""XRPC: a query is a GET with parameters, a procedure a POST with JSON or raw bytes, at `<host>/xrpc/<NSID>`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import SecretStr

from munadi.channels.bluesky.dpop import USE_NONCE, DpopKey, Nonces
from munadi.channels.bluesky.errors import explain, failure, proof
from munadi.channels.bluesky.spec import Hosts
from munadi.channels.http import ChannelHttp, ChannelTools, Request, no_proof
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Answer, Gate

# resolveHandle of a handle that does not exist: the lexicon's error, and the reference PDS's.
NO_SUCH_HANDLE = frozenset({"HandleNotFound", "InvalidRequest"})


# The names in `Credentials.extra` of an OAuth account: the key that its tokens are bound to, the client key that its
# grant is bound to, and the scope of its tokens.
DPOP_KEY, CLIENT_KEY, SCOPE = "dpopKey", "clientKey", "scope"
Sign = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Access:
    """A token of an account, and the key that it is bound to by OAuth; a session's is a bearer token without one."""

    token: str
    key: DpopKey | None = None

    @classmethod
    def of(cls, token: SecretStr, extra: Mapping[str, SecretStr]) -> Access:
        """From stored or imported credentials. ChannelError when the key is damaged: only a new consent helps."""
        try:
            key = DpopKey.read(extra[DPOP_KEY]) if DPOP_KEY in extra else None
        except ValueError as error:
            raise failure(Reason.TOKEN_REVOKED, str(error)) from error
        return cls(token.get_secret_value(), key)


class Xrpc:
    """Calls any PDS. The hosts of our settings are trusted; every other address comes from a user and is guarded."""

    def __init__(self, hosts: Hosts, tools: ChannelTools) -> None:
        self.entryway = hosts.entryway.rstrip("/")
        self._trusted = {base.rstrip("/") for base in (hosts.entryway, hosts.appview, hosts.plc) if base}
        self._tools = tools
        self._nonces = Nonces()

    def explain(self, answer: Answer) -> ChannelError:
        """A refusal as a ChannelError, by the table of errors."""
        return explain(answer, self._tools.clock.now())

    async def send(
        self, request: Request, access: Access | None = None, gate: Gate | None = None, sign: Sign | None = None
    ) -> Answer:
        """One request with the account's token and the proof that it needs. Raises ChannelError.

        A second one follows when the server refused only the nonce of the proof: the first had no effect then, so there
        are never two. Before each the gate is checked, and `sign` gives the form fields that work only once.
        """
        http, is_repeat = self._http(request.url), False
        while True:
            sent = self._nonces.of(request.url)
            try:
                answer = await http.send(self._proven(request, access, sign), gate)
            except ChannelError as error:
                is_nonce = error.provider_code == USE_NONCE and self._nonces.of(request.url) != sent
                if access is None or access.key is None or is_repeat or not is_nonce:
                    raise
                is_repeat = True
                continue
            self._nonces.learn(request.url, answer.headers)
            return answer

    def _proven(self, request: Request, access: Access | None, sign: Sign | None) -> Request:
        """The request with its token and a proof of the key that the token is bound to."""
        if access is None:
            return request
        if access.key is None:
            return replace(request, token=access.token)
        signed, token, now = sign() if sign is not None else {}, access.token or None, self._tools.clock.now()
        nonce = self._nonces.of(request.url)
        proof = access.key.proof(request.method, request.url, now, nonce=nonce, token=token)
        bound = {"authorization": f"DPoP {token}"} if token else {}
        return replace(
            request,
            headers={**(request.headers or {}), **bound, "dpop": proof},
            form={**request.form, **signed} if request.form is not None else None,
            secrets=[*request.secrets, *signed.values(), *([token] if token else ())],
        )

    def _http(self, url: str) -> ChannelHttp:
        trusted = any(url.startswith(f"{base}/") for base in self._trusted)
        return ChannelHttp(self._tools.client if trusted else self._tools.guarded, partial(self._refused, url))

    def _refused(self, url: str, answer: Answer) -> ChannelError:
        self._nonces.learn(url, answer.headers)
        return self.explain(answer)

    async def did_of(self, base: str, handle: str, access: Access | None = None) -> str | None:
        """resolveHandle, which needs no token; None when there is no such handle."""
        try:
            params = {"handle": handle.lower()}
            answer = await self.query(base, "com.atproto.identity.resolveHandle", params, access=access)
        except ChannelError as error:
            if error.provider_code in NO_SUCH_HANDLE:
                return None
            raise
        did = proof(answer, "did", str)
        if not did.startswith("did:"):
            raise no_proof(answer)
        return did

    async def query(
        self, base: str, nsid: str, params: Mapping[str, str] | None = None, *, access: Access | None = None
    ) -> Answer:
        """Call a method that only reads (GET). Raises ChannelError."""
        return await self.send(Request("GET", address(base, nsid), params=params), access)

    async def procedure(
        self,
        base: str,
        nsid: str,
        *,
        access: Access | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """POST with JSON, or with no body at all. Raises ChannelError."""
        return await self.send(Request("POST", address(base, nsid), json=body, secrets=secrets), access)


class Server:
    """An account's own PDS, called in the account's name. Everything raises ChannelError."""

    def __init__(self, xrpc: Xrpc, account: ConnectedAccount) -> None:
        self.base = account.service_url or xrpc.entryway
        self.did = account.external_id
        self.xrpc = xrpc
        self.access = Access.of(account.credentials.access_token, account.credentials.extra)

    async def record(self, did: str, collection: str, key: str) -> Answer:
        """getRecord, which needs no token."""
        params = {"repo": did, "collection": collection, "rkey": key}
        return await self.xrpc.query(self.base, "com.atproto.repo.getRecord", params)

    async def records(self, collection: str, cursor: str | None) -> Answer:
        """listRecords: a page of the account's own, newest key first."""
        params = {"repo": self.did, "collection": collection, "limit": "100", **({"cursor": cursor} if cursor else {})}
        return await self.xrpc.query(self.base, "com.atproto.repo.listRecords", params)

    async def repo_status(self) -> Answer:
        """getRepoStatus: whether the account is active at this server."""
        return await self.xrpc.query(self.base, "com.atproto.sync.getRepoStatus", {"did": self.did})

    async def repo(self) -> Answer:
        """describeRepo, which older servers have too; refused for an account that is not active."""
        return await self.xrpc.query(self.base, "com.atproto.repo.describeRepo", {"repo": self.did})

    async def upload(self, content: bytes, mime_type: str) -> dict[str, Any]:
        """uploadBlob: the blob to put into a record. Invisible; the same bytes give the same blob."""
        url, headers = address(self.base, "com.atproto.repo.uploadBlob"), {"content-type": mime_type}
        answer = await self.xrpc.send(Request("POST", url, content=content, headers=headers), self.access)
        return proof(answer, "blob", dict, self.access.token)

    async def resolve_handle(self, handle: str) -> str | None:
        """The DID of a handle; None when there is no such handle."""
        return await self.xrpc.did_of(self.base, handle, self.access)

    async def service_token(self, audience: str, method: str, expires_at: datetime) -> str:
        """A token that speaks for the account, for one method at one service."""
        params = {"aud": audience, "lxm": method, "exp": str(int(expires_at.timestamp()))}
        answer = await self.xrpc.query(self.base, "com.atproto.server.getServiceAuth", params, access=self.access)
        return proof(answer, "token", str, self.access.token)

    async def describe(self) -> Answer:
        """What the server says of itself (`describeServer`). Raises ChannelError."""
        return await self.xrpc.query(self.base, "com.atproto.server.describeServer")


def address(base: str, nsid: str) -> str:
    """The address of a method."""
    return f"{base.rstrip('/')}/xrpc/{nsid}"
