"""Looking for a video: by its id, or in the channel's list of uploads by title, description and time.

New uploads may be missing from the list for minutes (facts, section 7). Several that fit are not told apart.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.youtube.api import Api, token_of
from munadi.channels.youtube.spec import Options, Privacy
from munadi.channels.youtube.wire import Upload, Video, read_uploads, title_of, video_url
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft

# Clocks differ.
SLACK = timedelta(seconds=60)
VISIBLE = frozenset({Privacy.PUBLIC.value, Privacy.UNLISTED.value})


class Lookup:
    """Reads only."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def by_id(self, account: ConnectedAccount, video_id: str, options: Options) -> Published | Absent | Unknown:
        """The video's own status is the truth. One that is gone may have been seen, so it proves nothing."""
        video = await self._api.video(account, video_id)
        if video is None:
            return Unknown(note=f"the video {video_id} is gone: deleted, or not visible with this connection")
        return published(video) if is_live(video, options) else Absent()

    async def by_content(
        self, draft: PublicationDraft, options: Options, account: ConnectedAccount, since: datetime
    ) -> Published | Absent | Unknown:
        """With no video on record (a restored database): one live video that fits is it."""
        fitting = await self._fitting(draft, options, account, since)
        live = [video for video in fitting if is_live(video, options)]
        if len(live) > 1:
            return Unknown(note=f"{len(live)} videos have this title and description")
        return published(live[0]).alike() if live else Absent()

    async def private_uploads(
        self, draft: PublicationDraft, options: Options, account: ConnectedAccount, since: datetime
    ) -> list[Video]:
        """What an upload of this draft may have left: nothing of ours is visible before it is published."""
        fitting = await self._fitting(draft, options, account, since)
        return [video for video in fitting if video.privacy == Privacy.PRIVATE]

    async def _fitting(
        self, draft: PublicationDraft, options: Options, account: ConnectedAccount, since: datetime
    ) -> list[Video]:
        words = (title_of(draft, options), draft.text.strip())
        listed = [
            upload
            for upload in await self._uploads(account)
            if upload.added_at >= since - SLACK and (upload.title.strip(), upload.description.strip()) == words
        ]
        videos = [await self._api.video(account, upload.video_id) for upload in listed]
        return [video for video in videos if video is not None]

    async def _uploads(self, account: ConnectedAccount) -> list[Upload]:
        # The list's id is the channel's with UU for UC, where the connection did not note it.
        playlist = account.facts.get("uploads") or f"UU{account.external_id[2:]}"
        params = {"part": "snippet,contentDetails", "playlistId": str(playlist), "maxResults": "50"}
        try:
            return read_uploads(await self._api.get("playlistItems", token_of(account), params))
        except ChannelError as error:
            if error.provider_code == "playlistNotFound":  # a channel without any upload has no list yet
                return []
            raise


def is_live(video: Video, options: Options) -> bool:
    """Whether the video is as visible as it will be: a private one is so from its upload on."""
    return video.privacy in VISIBLE or (options.privacy_status is Privacy.PRIVATE and video.privacy is not None)


def published(video: Video, at: datetime | None = None) -> Published:
    """The video as a publication."""
    return Published(post_id=video.id, url=video_url(video.id), published_at=at)
