"""XRPC: a query is a GET with parameters, a procedure a POST with JSON or raw bytes, at `<host>/xrpc/<NSID>`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from munadi.channels.bluesky.errors import explain
from munadi.channels.http import ChannelHttp, ChannelTools, no_proof
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate

# resolveHandle of a handle that does not exist: the lexicon's name, and what the reference PDS says.
NO_SUCH_HANDLE = frozenset({"HandleNotFound", "InvalidRequest"})


class Xrpc:
    """Calls any PDS. `entryway` and `known` are settings of ours; every other address comes from a user: guarded."""

    def __init__(self, entryway: str, tools: ChannelTools, known: Collection[str] = ()) -> None:
        self.entryway = entryway.rstrip("/")
        self._known = {self.entryway, *(base.rstrip("/") for base in known)}
        self._clock = tools.clock
        self._trusted = ChannelHttp(tools.client, self.explain)
        self._guarded = ChannelHttp(tools.guarded, self.explain)

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._clock.now())

    def http(self, base: str) -> ChannelHttp:
        """The client for an address."""
        return self._trusted if base.rstrip("/") in self._known else self._guarded

    async def query(
        self, base: str, nsid: str, params: Mapping[str, str] | None = None, *, token: str | None = None
    ) -> Answer:
        """GET. Raises ChannelError."""
        return await self.http(base).call("GET", address(base, nsid), params=params, token=token)

    async def procedure(
        self,
        base: str,
        nsid: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """POST with JSON, or with no body at all. Raises ChannelError."""
        return await self.http(base).call("POST", address(base, nsid), token=token, json_body=body, secrets=secrets)


class Server:
    """An account's own PDS, called in the account's name. Everything raises ChannelError."""

    def __init__(self, xrpc: Xrpc, account: ConnectedAccount) -> None:
        self.base = account.service_url or xrpc.entryway
        self.did = account.external_id
        self._xrpc = xrpc
        self._token = account.credentials.access_token.get_secret_value()

    async def write(self, nsid: str, body: Mapping[str, Any], gate: Gate, proof: Callable[[Answer], object]) -> Answer:
        """The visible call."""
        url = address(self.base, nsid)
        return await self._http.call("POST", url, token=self._token, json_body=body, gate=gate, proof=proof)

    async def record(self, did: str, collection: str, key: str) -> Answer:
        """getRecord, for which nobody needs a token."""
        params = {"repo": did, "collection": collection, "rkey": key}
        return await self._xrpc.query(self.base, "com.atproto.repo.getRecord", params)

    async def upload(self, content: bytes, mime_type: str) -> dict[str, Any]:
        """uploadBlob: the blob to put into a record. Nothing visible; the same bytes give the same blob."""
        url, headers = address(self.base, "com.atproto.repo.uploadBlob"), {"content-type": mime_type}
        answer = await self._http.call("POST", url, token=self._token, content=content, headers=headers)
        blob = answer.field("blob")
        if not isinstance(blob, dict) or not blob:
            raise no_proof(answer, [self._token])
        return blob

    async def resolve_handle(self, handle: str) -> str | None:
        """The DID of a handle; None when there is no such handle."""
        try:
            did = await self._text("com.atproto.identity.resolveHandle", {"handle": handle.lower()}, "did")
        except ChannelError as error:
            if error.provider_code in NO_SUCH_HANDLE:
                return None
            raise
        return did

    async def service_token(self, audience: str, method: str, expires_at: datetime) -> str:
        """A token that speaks for the account, for one method at one service."""
        params = {"aud": audience, "lxm": method, "exp": str(int(expires_at.timestamp()))}
        return await self._text("com.atproto.server.getServiceAuth", params, "token")

    async def describe(self) -> Answer:
        """What the server says of itself."""
        return await self._xrpc.query(self.base, "com.atproto.server.describeServer")

    async def _text(self, nsid: str, params: Mapping[str, str], name: str) -> str:
        answer = await self._xrpc.query(self.base, nsid, params, token=self._token)
        value = answer.field(name)
        if not isinstance(value, str) or (name == "did" and not value.startswith("did:")):
            raise no_proof(answer, [self._token])
        return value

    @property
    def _http(self) -> ChannelHttp:
        return self._xrpc.http(self.base)


def address(base: str, nsid: str) -> str:
    """Where a method is called."""
    return f"{base.rstrip('/')}/xrpc/{nsid}"
