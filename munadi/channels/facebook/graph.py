"""The Graph API for Pages: versioned paths below two hosts, forms in, JSON out, the token as a header.

Parts of a video go as multipart to the video host; a reel's bytes go to the address that Facebook named for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping

import httpx

from munadi.channels.facebook.errors import explain
from munadi.channels.facebook.spec import OWN_DOMAINS, Settings
from munadi.channels.http import ChannelHttp, ChannelTools, given_id, require_known_host
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate

# An upload is answered only after its last byte has been stored.
UPLOAD_TIMEOUT = 120.0


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

    async def post(
        self,
        path: str,
        account: ConnectedAccount,
        form: Mapping[str, str],
        gate: Gate | None = None,
        *,
        proof: Callable[[Answer], object] | None = None,
        video: bool = False,
    ) -> Answer:
        """Raises ChannelError. `gate` marks the visible call; `video` sends it to the host of the chunked uploads."""
        url = f"{self._video if video else self._graph}/{path}"
        return await self._http.call("POST", url, token=token_of(account), form=form, gate=gate, proof=proof)

    async def make(
        self, path: str, account: ConnectedAccount, form: Mapping[str, str], gate: Gate | None = None
    ) -> str:
        """The id of what was made. Raises ChannelError, also without an id: then nothing is known to be made."""
        return id_of(await self.post(path, account, form, gate, proof=id_of)) or ""

    async def post_part(self, path: str, account: ConnectedAccount, form: Mapping[str, str], part: bytes) -> Answer:
        """One chunk of a video, as `video_file_chunk`. Raises ChannelError."""
        files = {"video_file_chunk": ("part", part, "application/octet-stream")}
        url = f"{self._video}/{path}"
        request = httpx.Request("POST", url, data=dict(form), files=files)
        return await self._http.call(
            "POST",
            url,
            token=token_of(account),
            headers={"content-type": request.headers["content-type"]},
            content=request.read(),
            read_timeout=UPLOAD_TIMEOUT,
        )

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


def token_of(account: ConnectedAccount) -> str:
    """The Page's access token, in clear, for one call."""
    return account.credentials.access_token.get_secret_value()
