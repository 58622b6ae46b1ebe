"""The Graph API for Pages beside what its family shares: a second host for parts of videos, a third for whole ones."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from munadi.channels.facebook.spec import OWN_DOMAINS, PHOTO, Settings
from munadi.channels.http import CALL_TIMEOUT, ChannelTools, Request, given_id, require_known_host
from munadi.channels.meta.graph import Graph, succeeded
from munadi.channels.meta.wire import Form
from munadi.channels.renditions import fitting
from munadi.domain.account import ConnectedAccount
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

# An upload is answered only after its last byte has been stored.
UPLOAD_TIMEOUT = 120.0


@dataclass(frozen=True)
class PageGraph(Graph):
    """Calls with a Page's token, and the bytes that they send."""

    settings: Settings
    tools: ChannelTools

    def now(self) -> datetime:
        """The time by our own clock."""
        return self.tools.clock.now()

    def posting(
        self,
        path: str,
        token: str,
        form: Form,
        proof: Callable[[Answer], object] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Request:
        """A form with files; plain videos, sent in parts, have a host of their own."""
        video = f"{self.settings.hosts.video.rstrip('/')}/{self.settings.version}"
        url = f"{video if path.endswith('/videos') else self.base}/{path}"
        timeout = UPLOAD_TIMEOUT if files else CALL_TIMEOUT
        return Request("POST", url, token=token, form=form, files=files, proof=proof, timeout=timeout)

    async def post(
        self,
        path: str,
        token: str,
        form: Form,
        proof: Callable[[Answer], object] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Answer:
        """Send a request that makes nothing visible. Raises ChannelError."""
        return await self.http.send(self.posting(path, token, form, proof, files))

    async def send_bytes(self, url: str, token: str, content: AsyncIterable[bytes], offset: int, size: int) -> Answer:
        """The bytes from `offset` on, to an address that Facebook named. Raises ChannelError."""
        headers = {"authorization": f"OAuth {token}", "offset": str(offset), "file_size": str(size)}
        headers |= {"content-length": str(size - offset), "content-type": "application/octet-stream"}
        url, secrets = require_known_host(url, (self.settings.hosts.upload,), OWN_DOMAINS), [token]
        return await self.http.send(
            Request(
                "POST", url, headers=headers, content=content, proof=succeeded, secrets=secrets, timeout=UPLOAD_TIMEOUT
            )
        )

    async def recent(
        self, account: ConnectedAccount, edge: str, fields: str, since: datetime
    ) -> tuple[list[Any], bool]:
        """The rows of one of the Page's lists from then on, and whether these are all. Raises ChannelError."""
        params = {"fields": fields, "since": str(int(since.timestamp()))}
        return await self.rows(f"{account.external_id}/{edge}", account.token, params)

    async def photo_bytes(self, asset: MediaAsset) -> bytes:
        """An image as Facebook takes photos. Raises ChannelError."""
        return await self.tools.media.read(await fitting(self.tools.media, PHOTO, asset))


def story_of(answer: Answer) -> str | None:
    """The id of a published story: `{"success": true, "post_id": …}`."""
    return given_id(answer.field("post_id")) if succeeded(answer) else None
