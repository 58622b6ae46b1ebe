"""XRPC: a query is a GET with parameters, a procedure a POST with JSON or raw bytes, at `<host>/xrpc/<NSID>`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from munadi.channels.bluesky.errors import explain
from munadi.channels.http import ChannelHttp, ChannelTools, no_proof
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

    async def query(
        self, base: str, nsid: str, params: Mapping[str, str] | None = None, *, token: str | None = None
    ) -> Answer:
        """GET. Raises ChannelError."""
        return await self._http(base).call("GET", address(base, nsid), params=params, token=token)

    async def procedure(
        self,
        base: str,
        nsid: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        gate: Gate | None = None,
        proof: Callable[[Answer], object] | None = None,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """POST with JSON, or with no body at all. Raises ChannelError."""
        return await self._http(base).call(
            "POST", address(base, nsid), token=token, json_body=body, gate=gate, proof=proof, secrets=secrets
        )

    async def upload(self, base: str, token: str, content: bytes, mime_type: str) -> dict[str, Any]:
        """uploadBlob: the blob to put into a record. Nothing visible; the same bytes give the same blob."""
        answer = await self._http(base).call(
            "POST",
            address(base, "com.atproto.repo.uploadBlob"),
            token=token,
            content=content,
            headers={"content-type": mime_type},
        )
        blob = answer.field("blob")
        if not isinstance(blob, dict) or not blob:
            raise no_proof(answer, [token])
        return blob

    async def resolve_handle(self, base: str, handle: str, token: str) -> str | None:
        """The DID of a handle; None when there is no such handle. Raises ChannelError."""
        params = {"handle": handle.lower()}
        try:
            answer = await self.query(base, "com.atproto.identity.resolveHandle", params, token=token)
        except ChannelError as error:
            if error.provider_code in NO_SUCH_HANDLE:
                return None
            raise
        did = answer.field("did")
        if not isinstance(did, str) or not did.startswith("did:"):
            raise no_proof(answer, [token])
        return did

    def _http(self, base: str) -> ChannelHttp:
        return self._trusted if base.rstrip("/") in self._known else self._guarded


def address(base: str, nsid: str) -> str:
    """Where a method is called."""
    return f"{base.rstrip('/')}/xrpc/{nsid}"
