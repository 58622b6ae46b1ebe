"""XRPC: a query is a GET with parameters, a procedure a POST with JSON or raw bytes, at `<host>/xrpc/<NSID>`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from munadi.channels.bluesky.errors import explain
from munadi.channels.http import ChannelHttp, ChannelTools
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate


class Xrpc:
    """Calls any PDS. The entryway is a setting of ours; every other address comes from a user and is guarded."""

    def __init__(self, entryway: str, tools: ChannelTools) -> None:
        self.entryway = entryway.rstrip("/")
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
        return await self._http(base).call("GET", _url(base, nsid), params=params, token=token)

    async def procedure(
        self,
        base: str,
        nsid: str,
        *,
        token: str | None = None,
        body: Mapping[str, Any] | None = None,
        gate: Gate | None = None,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """POST with JSON, or with no body at all. Raises ChannelError."""
        return await self._http(base).call(
            "POST", _url(base, nsid), token=token, json_body=body, gate=gate, secrets=secrets
        )

    async def upload(self, base: str, token: str, content: bytes, mime_type: str) -> dict[str, Any]:
        """uploadBlob: the blob to put into a record. Nothing visible; the same bytes give the same blob."""
        answer = await self._http(base).call(
            "POST",
            _url(base, "com.atproto.repo.uploadBlob"),
            token=token,
            content=content,
            headers={"content-type": mime_type},
        )
        blob = answer.field("blob")
        if not isinstance(blob, dict):
            raise self.explain(answer)
        return blob

    def _http(self, base: str) -> ChannelHttp:
        return self._trusted if base.rstrip("/") == self.entryway else self._guarded


def _url(base: str, nsid: str) -> str:
    return f"{base.rstrip('/')}/xrpc/{nsid}"
