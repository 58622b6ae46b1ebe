"""Finding a video: by its id, or in the channel's list of uploads by title, description and time.

New uploads may be missing from the list for minutes (docs/networks/youtube.md, section 7). Several that fit cannot be
distinguished.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.posting import match
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import Options, Privacy
from munadi.channels.youtube.state import Prepared
from munadi.channels.youtube.wire import Upload, Video, read_uploads, title_of, video_url
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import Publication

# Clocks differ.
SLACK = timedelta(seconds=60)
VISIBLE = frozenset({Privacy.PUBLIC.value, Privacy.UNLISTED.value})


async def by_id(api: Api, publication: Publication[Options, Prepared], video_id: str) -> Published | Absent | Unknown:
    """By the video's own status. A video that is gone may have been seen before, so it proves nothing."""
    video = await api.video(publication.account, video_id)
    if video is None:
        return Unknown(note=f"the video {video_id} is gone: deleted, or not visible with this connection")
    return published(video) if is_live(video, publication.options) else Absent(by_key=True)


async def by_content(
    api: Api, publication: Publication[Options, Prepared], since: datetime
) -> Published | Absent | Unknown:
    """For a post without a known video (a restored database): the one live video that fits."""
    fitting = await _fitting(api, publication, since)
    return match(fitting, published, lambda video: is_live(video, publication.options))


async def private_uploads(api: Api, publication: Publication[Options, Prepared], since: datetime) -> list[Video]:
    """What an upload of this post may have left: it is private until it is published."""
    return [video for video in await _fitting(api, publication, since) if video.privacy == Privacy.PRIVATE]


def is_live(video: Video, options: Options) -> bool:
    """Whether the video is as visible as it will be: a private one is so from its upload on."""
    return video.privacy in VISIBLE or (options.privacy_status is Privacy.PRIVATE and video.privacy is not None)


def published(video: Video, at: datetime | None = None) -> Published:
    """The video as a publication."""
    return Published(post_id=video.id, url=video_url(video.id), published_at=at)


async def _fitting(api: Api, publication: Publication[Options, Prepared], since: datetime) -> list[Video]:
    words = (title_of(publication.draft, publication.options), publication.draft.text.strip())
    listed = [
        upload
        for upload in await _uploads(api, publication.account)
        if upload.added_at >= since - SLACK and (upload.title.strip(), upload.description.strip()) == words
    ]
    videos = [await api.video(publication.account, upload.video_id) for upload in listed]
    return [video for video in videos if video is not None]


async def _uploads(api: Api, account: ConnectedAccount) -> list[Upload]:
    # The list's id is the channel's with UU for UC, for an account whose facts lack it.
    playlist = account.facts.get("uploads") or f"UU{account.external_id[2:]}"
    params = {"part": "snippet,contentDetails", "playlistId": str(playlist), "maxResults": "50"}
    try:
        return read_uploads(await api.get("playlistItems", account, params))
    except ChannelError as error:
        if error.provider_code == "playlistNotFound":  # a channel without any upload has no list yet
            return []
        raise
