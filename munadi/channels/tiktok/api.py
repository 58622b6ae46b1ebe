"""Content Posting API calls: JSON in, `{data, error}` out, paths that end with a slash; and bytes to an upload_url."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.http import ChannelTools, Request, given_id, no_proof, redact, require_known_host
from munadi.channels.tiktok.errors import explain, explain_upload, is_ok
from munadi.channels.tiktok.spec import UPLOAD_DOMAINS, Settings
from munadi.channels.tiktok.state import Creator, Upload
from munadi.channels.tiktok.wire import CREATOR_INFO, STATUS, VIDEO_INIT, VIDEO_QUERY, Status, read_creator, read_status
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

# TikTok answers a chunk once it has stored it.
UPLOAD_TIMEOUT = 60.0
# The most posts that are read by their ids in one call.
MOST_READ = 20


class Api:
    """Raises ChannelError for everything but `error.code == "ok"`."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._hosts = settings.hosts
        self.base = f"{settings.hosts.api.rstrip('/')}/{settings.version}"
        self._clock = tools.clock
        self._media = tools.media
        self.http = tools.http(explain)
        self.uploads = tools.http(explain_upload)

    def posting(self, path: str, token: str, body: Mapping[str, Any] | None = None) -> Request:
        """A request whose answer is `checked`."""
        url, headers = f"{self.base}/{path}", {"content-type": "application/json; charset=UTF-8"}
        return Request("POST", url, token=token, headers=headers, json=body or {})

    async def post(self, path: str, token: str, body: Mapping[str, Any] | None = None) -> Answer:
        """A call that makes nothing visible."""
        return self.checked(await self.http.send(self.posting(path, token, body)), token)

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """Read a path of the API."""
        return self.checked(
            await self.http.send(Request("GET", f"{self.base}/{path}", token=token, params=params)), token
        )

    async def creator(self, token: str) -> Creator:
        """creator_info: read before each post, and obeyed."""
        answer = await self.post(CREATOR_INFO, token)
        return read_creator(answer.field("data"), self._clock.now())

    async def status(self, publish_id: str, account: ConnectedAccount) -> Status:
        """How far a post is. A POST that only reads."""
        return read_status(await self.post(STATUS, account.token, {"publish_id": publish_id}))

    async def public_posts(self, token: str, post_ids: Sequence[str]) -> set[str]:
        """Which of these posts, twenty at most, everybody sees. A POST that only reads; needs the scope video.list."""
        answer = await self.post(VIDEO_QUERY, token, {"filters": {"video_ids": list(post_ids)}})
        listed = object_in(answer.body, "data").get("videos")
        if not isinstance(listed, list):
            raise no_proof(answer, [token])
        return {found for one in listed if (found := given_id(object_in(one).get("id")))}

    async def start_upload(self, account: ConnectedAccount, body: Mapping[str, Any]) -> Upload:
        """Init of a file upload: its publish_id, and the address for its bytes. Nothing is visible yet."""
        token = account.token
        answer = await self.post(VIDEO_INIT, token, body)
        fields = object_in(answer.body, "data")
        publish_id, url = given_id(fields.get("publish_id")), fields.get("upload_url")
        if publish_id is None or not isinstance(url, str) or not url:
            raise no_proof(answer, [token])
        source = body["source_info"]
        return Upload(
            publish_id=publish_id,
            url=self._upload_address(url),
            size=source["video_size"],
            chunk_bytes=source["chunk_size"],
            chunks=source["total_chunk_count"],
            created_at=self._clock.now(),
        )

    async def chunk(self, account: ConnectedAccount, upload: Upload, index: int, asset: MediaAsset) -> Request:
        """PUT one chunk; 206 while others are missing, 201 for the last. The address is all the authorization."""
        start, length = upload.part(index)
        return Request(
            "PUT",
            self._upload_address(upload.url),
            headers={
                "content-type": asset.mime_type,
                "content-range": f"bytes {start}-{start + length - 1}/{upload.size}",
            },
            content=await self._media.read(asset, start, length),
            timeout=UPLOAD_TIMEOUT,
            secrets=[upload.url, account.token],
            proof=is_stored,
        )

    def _upload_address(self, url: str) -> str:
        """Media are sent to TikTok's own hosts only."""
        return require_known_host(url, (self._hosts.upload, self._hosts.api), UPLOAD_DOMAINS)

    def checked(self, answer: Answer, token: str) -> Answer:
        """An answer that is a success by its own word. Raises ChannelError."""
        if is_ok(answer):
            return answer
        if not isinstance(answer.field("error"), dict):
            raise no_proof(answer, [token])
        raise self.refusal(answer, token)

    def refusal(self, answer: Answer, *secrets: str) -> ChannelError:
        """A refusal that came as a success, from which ChannelHttp has removed nothing."""
        error = self.http.explain(answer)
        error.raw = redact(error.raw or "", *secrets)
        error.provider_message = redact(error.provider_message or "", *secrets) or None
        return error


def is_stored(answer: Answer) -> bool:
    """201 and 206, or a Content-Range of what is stored: a bare 200 may come from a proxy."""
    return answer.status in (201, 206) or "content-range" in answer.headers
