"""The Graph API for Pages: versioned paths below two hosts, forms in, JSON out, the token as a header.

Files go as multipart, parts of a video to the video host; a reel's bytes go to the address that Facebook named.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any

import httpx

from munadi.channels.facebook.errors import explain
from munadi.channels.facebook.spec import OWN_DOMAINS, Settings
from munadi.channels.facebook.wire import an_object
from munadi.channels.http import ChannelHttp, ChannelTools, given_id, no_proof, require_known_host
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate

# An upload is answered only after its last byte has been stored.
UPLOAD_TIMEOUT = 120.0
# Of a list, each of a hundred rows.
MAX_PAGES = 5


class Graph:
    """Calls with a Page's token."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._hosts = settings.hosts
        self._graph = f"{settings.hosts.graph.rstrip('/')}/{settings.version}"
        self._video = f"{settings.hosts.video.rstrip('/')}/{settings.version}"
        self._clock = tools.clock
        self._http = ChannelHttp(tools.client, self.explain)

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._clock.now())

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """Raises ChannelError."""
        return await self._http.call("GET", f"{self._graph}/{path}", token=token, params=params)

    async def oauth(self, path: str, params: Mapping[str, str], secrets: list[str]) -> Answer:
        """GET an endpoint that takes its credentials as parameters. Raises ChannelError."""
        return await self._http.call("GET", f"{self._graph}/{path}", params=params, secrets=secrets)

    async def listed(self, path: str, token: str, params: Mapping[str, str]) -> tuple[list[Any], bool]:
        """The rows of a list, and whether these are all of them. Raises ChannelError, also for what is no list."""
        rows: list[Any] = []
        for _ in range(MAX_PAGES):
            answer = await self.get(path, token, params)
            data, paging = answer.field("data"), an_object(answer.field("paging"))
            if not isinstance(data, list):
                raise no_proof(answer)
            rows += data
            after = an_object(paging.get("cursors")).get("after") if paging.get("next") else None
            if not isinstance(after, str):
                return rows, True
            params = {**params, "after": after}
        return rows, False

    async def post(
        self,
        path: str,
        account: ConnectedAccount,
        form: Mapping[str, str],
        gate: Gate | None = None,
        *,
        proof: Callable[[Answer], object] | None = None,
        files: Mapping[str, bytes] | None = None,
        video: bool = False,
    ) -> Answer:
        """Raises ChannelError. `gate` marks the visible call; `video` sends it to the host of the chunked uploads."""
        url = f"{self._video if video else self._graph}/{path}"
        token = token_of(account)
        if not files:
            return await self._http.call("POST", url, token=token, form=form, gate=gate, proof=proof)
        parts = {name: (name, content, "application/octet-stream") for name, content in files.items()}
        body = httpx.Request("POST", url, data=dict(form), files=parts)
        return await self._http.call(
            "POST",
            url,
            token=token,
            headers={"content-type": body.headers["content-type"]},
            content=body.read(),
            gate=gate,
            proof=proof,
            read_timeout=UPLOAD_TIMEOUT,
        )

    async def delete(self, node: str, account: ConnectedAccount) -> None:
        """Delete what has an id of its own. Raises ChannelError."""
        await self._http.call("DELETE", f"{self._graph}/{node}", token=token_of(account), proof=succeeded)

    async def make(
        self, path: str, account: ConnectedAccount, form: Mapping[str, str], gate: Gate | None = None
    ) -> str:
        """The id of what was made. Raises ChannelError, also without an id: then nothing is known to be made."""
        return id_of(await self.post(path, account, form, gate, proof=id_of)) or ""

    async def send_bytes(
        self, url: str, account: ConnectedAccount, content: AsyncIterable[bytes], offset: int, size: int
    ) -> Answer:
        """The bytes from `offset` on, to an address that Facebook named. Raises ChannelError."""
        token = token_of(account)
        headers = {
            "authorization": f"OAuth {token}",
            "offset": str(offset),
            "file_size": str(size),
            "content-length": str(size - offset),
            "content-type": "application/octet-stream",
        }
        return await self._http.call(
            "POST",
            require_known_host(url, (self._hosts.upload,), OWN_DOMAINS),
            headers=headers,
            content=content,
            proof=succeeded,
            secrets=[token],
            read_timeout=UPLOAD_TIMEOUT,
        )


def id_of(answer: Answer) -> str | None:
    """The id of what was made."""
    return given_id(answer.field("id"))


def succeeded(answer: Answer) -> bool:
    """`{"success": true}`, of what makes nothing new."""
    return answer.field("success") is True


def story_of(answer: Answer) -> str | None:
    """The id of a published story: `{"success": true, "post_id": …}`."""
    return given_id(answer.field("post_id")) if succeeded(answer) else None


def token_of(account: ConnectedAccount) -> str:
    """The Page's access token, in clear, for one call."""
    return account.credentials.access_token.get_secret_value()
