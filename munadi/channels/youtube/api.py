"""The Data API below one host: `/youtube/<version>/…` for JSON, `/upload/youtube/<version>/…` for uploads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelHttp, ChannelTools, require_known_host
from munadi.channels.youtube.errors import explain
from munadi.channels.youtube.spec import SUFFIXES, Settings
from munadi.channels.youtube.wire import Video, read_video, read_videos
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer, Gate

RESUME_INCOMPLETE = 308
SESSION_LOST = (404, 410)
# What a form to the token host carries and nobody may read.
SECRETS = ("client_secret", "refresh_token", "code", "code_verifier", "token")


class Api:
    """Calls for one account at a time."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._host = settings.hosts.api.rstrip("/")
        self._json = f"{self._host}/youtube/{settings.version}"
        self._upload = f"{self._host}/upload/youtube/{settings.version}"
        tokens = settings.hosts.token.rstrip("/")
        self._token_url, self._revoke_url = f"{tokens}/token", f"{tokens}/revoke"
        self._chunk_timeout = settings.chunk_timeout.total_seconds()
        self._clock = tools.clock
        self._http = ChannelHttp(tools.client, self.explain)

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._clock.now())

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """Raises ChannelError."""
        return await self._http.call("GET", f"{self._json}/{path}", token=token, params=params)

    async def video(self, account: ConnectedAccount, video_id: str) -> Video | None:
        """One video of the account's; None when it is gone or not visible. Raises ChannelError."""
        params = {"part": "status,processingDetails", "id": video_id}
        answer = await self.get("videos", token_of(account), params)
        return next((video for video in read_videos(answer) if video.id == video_id), None)

    async def update_status(
        self, account: ConnectedAccount, video_id: str, status: Mapping[str, Any], gate: Gate
    ) -> Answer:
        """videos.update of the whole status: the visible call, answered with that video. Raises ChannelError."""
        body = {"id": video_id, "status": dict(status)}
        params = {"part": "status"}
        url, token = f"{self._json}/videos", token_of(account)

        def is_the_video(answer: Answer) -> bool:
            video = read_video(answer.body)
            return video is not None and video.id == video_id and video.privacy is not None

        call = self._http.call
        return await call("PUT", url, token=token, params=params, json_body=body, gate=gate, proof=is_the_video)

    async def insert_comment(self, account: ConnectedAccount, body: Mapping[str, Any], gate: Gate) -> Answer:
        """commentThreads.insert, visible at once. Raises ChannelError."""
        url, token, params = f"{self._json}/commentThreads", token_of(account), {"part": "snippet"}
        return await self._http.call(
            "POST", url, token=token, gate=gate, params=params, json_body=body, proof=lambda answer: answer.field("id")
        )

    async def delete(self, account: ConnectedAccount, video_id: str) -> None:
        """videos.delete. Raises ChannelError."""
        url, params = f"{self._json}/videos", {"id": video_id}
        await self._http.call("DELETE", url, token=token_of(account), params=params)

    async def set_thumbnail(self, account: ConnectedAccount, video_id: str, content: bytes, mime_type: str) -> None:
        """thumbnails.set: replaces the image, so it may be repeated; 50 units. Raises ChannelError."""
        await self._http.call(
            "POST",
            f"{self._upload}/thumbnails/set",
            token=token_of(account),
            params={"uploadType": "media", "videoId": video_id},
            headers={"content-type": mime_type},
            content=content,
            timeout=self._chunk_timeout,
            proof=lambda answer: answer.field("kind") == "youtube#thumbnailSetResponse",
        )

    async def start_session(
        self, account: ConnectedAccount, metadata: Mapping[str, Any], size: int, mime_type: str, *, notify: bool
    ) -> str:
        """The address of a new upload session; costs one of the project's 100 a day. Raises ChannelError."""
        params = {"uploadType": "resumable", "part": ",".join(metadata)}
        if not notify:
            params["notifySubscribers"] = "false"
        answer = await self._http.call(
            "POST",
            f"{self._upload}/videos",
            token=token_of(account),
            params=params,
            headers={"x-upload-content-length": str(size), "x-upload-content-type": mime_type},
            json_body=metadata,
        )
        location = answer.headers.get("location", "")
        if not location:
            message = "YouTube: an upload session without an address"
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, message)
        return require_known_host(location, [self._host], SUFFIXES)

    async def put(self, account: ConnectedAccount, session: str, content: bytes, content_range: str) -> Answer:
        """A chunk, or without content a probe: more is wanted (308), done (2xx), lost (404, 410), else ChannelError."""
        return await self._http.call(
            "PUT",
            session,
            token=token_of(account),
            headers={"content-range": content_range, "content-type": "application/octet-stream"},
            content=content,
            timeout=self._chunk_timeout,
            secrets=[session],
            also_ok=(RESUME_INCOMPLETE, *SESSION_LOST),
        )

    async def token(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint. Raises ChannelError."""
        try:
            return await self._http.call("POST", self._token_url, form=form, secrets=_hidden(form))
        except ChannelError as error:
            if error.reason is Reason.TOKEN_EXPIRED:
                # A bare 401 here is about our client, and no account is lost for it.
                error.reason, error.effect = Reason.APP_NOT_APPROVED, Effect.REJECTED
            raise

    async def revoke(self, token: str) -> None:
        """End the grant of either token. Raises ChannelError: TOKEN_REVOKED when it is over already."""
        form = {"token": token}
        await self._http.call("POST", self._revoke_url, form=form, secrets=_hidden(form), proof=is_empty)


def _hidden(form: Mapping[str, str]) -> list[str]:
    """What of a form nobody may read."""
    return [form[name] for name in SECRETS if form.get(name)]


def is_empty(answer: Answer) -> bool:
    """Nothing, or an object: a proxy's page is neither."""
    return not answer.text.strip() or isinstance(answer.body, dict)


def token_of(account: ConnectedAccount) -> str:
    """The account's access token, in clear, for one call."""
    return account.credentials.access_token.get_secret_value()
