"""The Data API below one host: `/youtube/<version>/…` for JSON, `/upload/youtube/<version>/…` for uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import ChannelTools, Request, require_known_host
from munadi.channels.removing import is_no_content
from munadi.channels.youtube.errors import GRANTS, REMOVALS, explain
from munadi.channels.youtube.spec import SUFFIXES, Settings
from munadi.channels.youtube.wire import Video, entries, read_profile, read_video, read_videos
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer, Gate

RESUME_INCOMPLETE = 308
SESSION_LOST = (404, 410)
# The most videos that are read in one call, for one unit.
MOST_READ = 50
# Categories are listed for a region. Those of other regions have the same ids (unverified).
REGION = "US"
CHANNEL_PARTS = "id,snippet,contentDetails,status"


class Api:
    """Calls for one account at a time."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._host = settings.hosts.api.rstrip("/")
        self._json = f"{self._host}/youtube/{settings.version}"
        self._upload = f"{self._host}/upload/youtube/{settings.version}"
        self._chunk_timeout = settings.chunk_timeout.total_seconds()
        self.http, self.grants = tools.http(explain), tools.http(GRANTS.explain)
        self.removals = tools.http(REMOVALS.explain)

    async def get(self, path: str, account: ConnectedAccount, params: Mapping[str, str]) -> Answer:
        """A list method. Raises ChannelError."""
        return await self._get(path, account.token, params)

    async def own_channel(self, token: str) -> Profile:
        """channels.list: the one channel behind a token; a brand account's is chosen at consent. Raises ChannelError:
        TARGET_NOT_ACCESSIBLE where there is none."""
        profile = read_profile(await self._get("channels", token, {"part": CHANNEL_PARTS, "mine": "true"}))
        if profile is None:
            message = "YouTube: this Google account has no channel: create or choose one"
            raise ChannelError(Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED, message)
        return profile

    async def categories(self, account: ConnectedAccount) -> list[tuple[str, str]]:
        """The ids and titles of the categories that a video may have; one unit. Raises ChannelError."""
        answer = await self.get("videoCategories", account, {"part": "snippet", "regionCode": REGION})
        found = [(text_in(each, "id"), each.get("snippet")) for each in entries(answer)]
        return [
            (category, text_in(facts, "title") or category)
            for category, facts in found
            if category and isinstance(facts, dict) and facts.get("assignable") is True
        ]

    async def video(self, account: ConnectedAccount, video_id: str) -> Video | None:
        """One video of the account; None when it is gone or not visible. Raises ChannelError."""
        params = {"part": "status,processingDetails", "id": video_id}
        answer = await self.get("videos", account, params)
        return next((video for video in read_videos(answer) if video.id == video_id), None)

    async def videos(self, account: ConnectedAccount, video_ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """Videos by their ids, fifty at most, as their owner sees them; one unit for all. Raises ChannelError."""
        answer = await self.get("videos", account, {"part": "status,contentDetails", "id": ",".join(video_ids)})
        return {found: fields for fields in entries(answer) if (found := text_in(fields, "id"))}

    async def update_status(
        self, account: ConnectedAccount, video_id: str, status: Mapping[str, Any], gate: Gate
    ) -> Answer:
        """videos.update of the whole status: the visible call, answered with that video. Raises ChannelError."""
        body = {"id": video_id, "status": dict(status)}
        params = {"part": "status"}
        url, token = f"{self._json}/videos", account.token

        def is_the_video(answer: Answer) -> bool:
            video = read_video(answer.body)
            return video is not None and video.id == video_id and video.privacy is not None

        request = Request("PUT", url, token=token, params=params, json=body, proof=is_the_video)
        return await self.http.send(request, gate)

    async def snippet(self, account: ConnectedAccount, video_id: str) -> dict[str, Any] | None:
        """What a video says, as its owner sees it; None where there is no such video. Raises ChannelError."""
        answer = await self.get("videos", account, {"part": "snippet", "id": video_id})
        found = next((one for one in entries(answer) if text_in(one, "id") == video_id), None)
        return None if found is None else object_in(found, "snippet")

    async def update_snippet(
        self, account: ConnectedAccount, video_id: str, snippet: Mapping[str, Any], gate: Gate
    ) -> None:
        """videos.update of the whole snippet, answered with that video. Raises ChannelError."""
        url, params = f"{self._json}/videos", {"part": "snippet"}
        body = {"id": video_id, "snippet": dict(snippet)}

        def is_the_video(answer: Answer) -> bool:
            return answer.field("id") == video_id and bool(object_in(answer.body, "snippet"))

        request = Request("PUT", url, token=account.token, params=params, json=body, proof=is_the_video)
        await self.removals.send(request, gate)

    def comment(self, account: ConnectedAccount, body: Mapping[str, Any]) -> Request:
        """The visible request of a comment (commentThreads.insert)."""
        url, params = f"{self._json}/commentThreads", {"part": "snippet"}
        return Request("POST", url, token=account.token, params=params, json=body, proof=lambda it: it.field("id"))

    async def delete(self, account: ConnectedAccount, video_id: str) -> None:
        """Delete a video that is not public. Raises ChannelError."""
        await self.http.send(self.deletion(account, video_id))

    def deletion(self, account: ConnectedAccount, video_id: str) -> Request:
        """The request that deletes a video (videos.delete)."""
        url, params = f"{self._json}/videos", {"id": video_id}
        return Request("DELETE", url, token=account.token, params=params, proof=is_no_content)

    async def set_thumbnail(self, account: ConnectedAccount, video_id: str, content: bytes, mime_type: str) -> None:
        """thumbnails.set: replaces the image, so it may be repeated; 50 units. Raises ChannelError."""
        await self.http.send(
            Request(
                "POST",
                f"{self._upload}/thumbnails/set",
                token=account.token,
                params={"uploadType": "media", "videoId": video_id},
                headers={"content-type": mime_type},
                content=content,
                timeout=self._chunk_timeout,
                proof=lambda answer: answer.field("kind") == "youtube#thumbnailSetResponse",
            )
        )

    async def start_session(
        self, account: ConnectedAccount, metadata: Mapping[str, Any], size: int, mime_type: str, *, notify: bool
    ) -> str:
        """The address of a new upload session; costs one of the project's 100 a day. Raises ChannelError."""
        params = {"uploadType": "resumable", "part": ",".join(metadata)}
        if not notify:
            params["notifySubscribers"] = "false"
        answer = await self.http.send(
            Request(
                "POST",
                f"{self._upload}/videos",
                token=account.token,
                params=params,
                headers={"x-upload-content-length": str(size), "x-upload-content-type": mime_type},
                json=metadata,
            )
        )
        location = answer.headers.get("location", "")
        if not location:
            message = "YouTube: an upload session without an address"
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, message)
        return require_known_host(location, [self._host], SUFFIXES)

    async def put(self, account: ConnectedAccount, session: str, content: bytes, content_range: str) -> Answer:
        """A chunk, or a probe without content: more is wanted (308), done (2xx), lost (404, 410), else ChannelError."""
        return await self.http.send(
            Request(
                "PUT",
                session,
                token=account.token,
                headers={"content-range": content_range, "content-type": "application/octet-stream"},
                content=content,
                timeout=self._chunk_timeout,
                secrets=[session],
                also_ok=(RESUME_INCOMPLETE, *SESSION_LOST),
            )
        )

    async def _get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        return await self.http.send(Request("GET", f"{self._json}/{path}", token=token, params=params))
