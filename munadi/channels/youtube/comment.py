"""The first comment: one commentThreads.insert below the video, found by its text and its author.

Source: the reference of commentThreads and the discovery document (50 units; scope youtube.force-ssl).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from munadi.channels.answers import instant, text_in
from munadi.channels.channel import only_one
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import Options
from munadi.channels.youtube.state import Prepared
from munadi.channels.youtube.wire import entries, video_url
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import Answer, Gate, Publication

COMMENT_PATH = ("snippet", "topLevelComment", "snippet")
NOT_LISTED = "the comment is not listed; a list may lag, so nothing proves that it is not there"


async def write_comment(api: Api, publication: Publication[Options, Prepared], video_id: str, gate: Gate) -> str:
    """Write the comment; its id. Raises ChannelError."""
    snippet = {
        "channelId": publication.account.external_id,
        "videoId": video_id,
        "topLevelComment": {"snippet": {"textOriginal": publication.draft.first_comment}},
    }
    answer = await api.http.send(api.comment(publication.account, {"snippet": snippet}), gate)
    return str(answer.field("id"))


async def find_comment(
    api: Api, publication: Publication[Options, Prepared], video_id: str
) -> Published | Absent | Unknown:
    """The channel's own comment with this text. Never an absence, so it is never written twice.

    Raises ChannelError.
    """
    params = {"part": "snippet", "videoId": video_id, "order": "time", "maxResults": "100", "textFormat": "plainText"}
    answer = await api.get("commentThreads", publication.account, params)
    found = [
        comment_below(video_id, str(one.get("id")), instant(text_in(one, *COMMENT_PATH, "publishedAt")))
        for one in _by(publication.account.external_id, publication.draft.first_comment or "", answer)
    ]
    return only_one(found, "comments have this text", Unknown(note=NOT_LISTED))


def comment_below(video_id: str, comment_id: str, at: datetime | None) -> Published:
    """The comment as a publication."""
    return Published(post_id=comment_id, url=f"{video_url(video_id)}&lc={comment_id}", published_at=at)


def _by(channel_id: str, text: str, answer: Answer) -> Iterator[dict[str, Any]]:
    for thread in entries(answer):
        read = text_in(thread, *COMMENT_PATH, "textOriginal") or text_in(thread, *COMMENT_PATH, "textDisplay") or ""
        is_ours = text_in(thread, *COMMENT_PATH, "authorChannelId", "value") == channel_id
        if is_ours and text_in(thread, "id") and read.split() == text.split():
            yield thread
