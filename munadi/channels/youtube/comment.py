"""The first comment: one commentThreads.insert below the video, looked for by its text and its author.

Source: the reference of commentThreads and the discovery document (50 units; scope youtube.force-ssl).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from munadi.channels.youtube.api import Api, token_of
from munadi.channels.youtube.wire import entries, instant, text_in, video_url
from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Published, Unknown
from munadi.ports import Answer, Clock, PublicationDraft, Stage

COMMENT = "comment"
COMMENT_PATH = ("snippet", "topLevelComment", "snippet")
NOT_LISTED = "the comment is not listed; a list may lag, so nothing proves that it is not there"


class FirstComment:
    """The stage `comment`."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def publish(
        self, draft: PublicationDraft, account: ConnectedAccount, video_id: str, stage: Stage
    ) -> Published:
        """One comment. Raises ChannelError."""
        snippet = {
            "channelId": account.external_id,
            "videoId": video_id,
            "topLevelComment": {"snippet": {"textOriginal": draft.first_comment}},
        }
        answer = await self._api.insert_comment(account, {"snippet": snippet}, stage.gate)
        return _published(answer.field("id"), video_id).model_copy(update={"published_at": self._clock.now()})

    async def find(self, draft: PublicationDraft, account: ConnectedAccount, video_id: str) -> Published | Unknown:
        """The channel's own comment with these words; never an absence, so it is never made twice.

        Raises ChannelError.
        """
        params = {"part": "snippet", "videoId": video_id, "order": "time", "maxResults": "100"}
        answer = await self._api.get("commentThreads", token_of(account), {**params, "textFormat": "plainText"})
        ours = list(_by(account.external_id, draft.first_comment or "", answer))
        if len(ours) != 1:
            return Unknown(note=f"{len(ours)} comments have this text" if ours else NOT_LISTED)
        written_at = instant(text_in(ours[0], *COMMENT_PATH, "publishedAt"))
        return _published(ours[0].get("id"), video_id).model_copy(update={"published_at": written_at})


def _by(channel_id: str, text: str, answer: Answer) -> Iterator[dict[str, Any]]:
    for thread in entries(answer):
        read = text_in(thread, *COMMENT_PATH, "textOriginal") or text_in(thread, *COMMENT_PATH, "textDisplay") or ""
        is_ours = text_in(thread, *COMMENT_PATH, "authorChannelId", "value") == channel_id
        if is_ours and text_in(thread, "id") and read.split() == text.split():
            yield thread


def _published(comment_id: Any, video_id: str) -> Published:
    return Published(post_id=str(comment_id), url=f"{video_url(video_id)}&lc={comment_id}")
