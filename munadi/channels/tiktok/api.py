"""Content Posting API calls: JSON in, `{data, error}` out, paths that end with a slash; and bytes to an upload_url."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelHttp, ChannelTools, no_proof, redact, require_known_host
from munadi.channels.tiktok.errors import explain, is_ok
from munadi.channels.tiktok.spec import UPLOAD_DOMAINS, Settings
from munadi.channels.tiktok.wire import CREATOR_INFO, STATUS, Creator, Status, Upload, read_creator, read_status
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.media import MediaAsset
from munadi.ports import Answer, Gate

# TikTok answers a chunk once it has stored it.
UPLOAD_TIMEOUT = 60.0


class Api:
    """Raises ChannelError for everything but `error.code == "ok"`."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._hosts = settings.hosts
        self._base = f"{settings.hosts.api.rstrip('/')}/{settings.version}"
        self._clock = tools.clock
        self._media = tools.media
        self._http = ChannelHttp(tools.client, self.explain)
        self._uploads = ChannelHttp(tools.client, self._explain_upload)

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._clock.now())

    def _explain_upload(self, answer: Answer) -> ChannelError:
        return explain(answer, self._clock.now(), upload=True)

    async def post(
        self, path: str, token: str, body: Mapping[str, Any] | None = None, gate: Gate | None = None
    ) -> Answer:
        """`gate` marks the visible call."""
        url, headers = f"{self._base}/{path}", {"content-type": "application/json; charset=UTF-8"}
        answer = await self._http.call("POST", url, token=token, headers=headers, json_body=body or {}, gate=gate)
        return self._checked(answer, token)

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """A read."""
        return self._checked(await self._http.call("GET", f"{self._base}/{path}", token=token, params=params), token)

    async def grant(self, form: Mapping[str, str], *secrets: str) -> Answer:
        """The token endpoint: a form in, an access_token out, or an error that may come with HTTP 200."""
        answer = await self._http.call("POST", f"{self._base}/oauth/token/", form=form, secrets=secrets)
        token = answer.field("access_token")
        if not isinstance(token, str) or not token:
            raise self._refusal(answer, *secrets)
        return answer

    async def revoke(self, form: Mapping[str, str], *secrets: str) -> None:
        """End a grant: nothing or `{}` out, or an error that may come with HTTP 200."""
        url = f"{self._base}/oauth/revoke/"
        answer = await self._http.call("POST", url, form=form, secrets=secrets, proof=is_empty)
        if answer.field("error") and not is_ok(answer):
            raise self._refusal(answer, *secrets)

    async def creator(self, token: str) -> Creator:
        """creator_info: asked before each post, and obeyed."""
        answer = await self.post(CREATOR_INFO, token)
        return read_creator(answer.field("data"), self._clock.now())

    async def status(self, publish_id: str, token: str) -> Status:
        """How far a post is. A POST that only reads."""
        return read_status(await self.post(STATUS, token, {"publish_id": publish_id}))

    async def send_chunk(
        self, upload: Upload, index: int, asset: MediaAsset, token: str, gate: Gate | None = None
    ) -> Answer:
        """PUT one chunk; 206 while others are missing, 201 for the last. The address is all the authorization."""
        self.require_upload_host(upload.url)
        start, length = upload.part(index)
        return await self._uploads.call(
            "PUT",
            upload.url,
            headers={
                "content-type": asset.mime_type,
                "content-range": f"bytes {start}-{start + length - 1}/{upload.size}",
            },
            content=await self._media.read(asset, start, length),
            timeout=UPLOAD_TIMEOUT,
            secrets=[upload.url, token],
            gate=gate,
            proof=is_stored,
        )

    def require_upload_host(self, url: str) -> str:
        """An upload_url leads to TikTok, or media go nowhere."""
        return require_known_host(url, (self._hosts.upload, self._hosts.api), UPLOAD_DOMAINS)

    def _checked(self, answer: Answer, token: str) -> Answer:
        if is_ok(answer):
            return answer
        if not isinstance(answer.field("error"), dict):
            raise no_proof(answer, [token])
        raise self._refusal(answer, token)

    def _refusal(self, answer: Answer, *secrets: str) -> ChannelError:
        """A refusal that came as a success, from which ChannelHttp has cut nothing."""
        error = self.explain(answer)
        error.raw = redact(error.raw or "", *secrets)
        error.provider_message = redact(error.provider_message or "", *secrets) or None
        return error


def is_stored(answer: Answer) -> bool:
    """201 and 206, or what is stored in Content-Range: a bare 200 is somebody else's."""
    return answer.status in (201, 206) or "content-range" in answer.headers


def is_empty(answer: Answer) -> bool:
    """Nothing, or an object: a proxy's page is neither."""
    return not answer.text.strip() or isinstance(answer.body, dict)


def token_of(account: ConnectedAccount) -> str:
    """The account's access token, in clear, for one call."""
    return account.credentials.access_token.get_secret_value()
