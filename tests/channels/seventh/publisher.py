"""Posting to the seventh network: PUT /posts/{key} is idempotent."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.http import ChannelHttp, ChannelTools, Request, given_id, no_proof
from munadi.channels.seventh.spec import Options
from munadi.domain.publication import Absent, Published, Ready, Unknown
from munadi.ports import Answer, Attempt, PreparedState, Publication


class SeventhChannel(NetworkChannel[Options, PreparedState]):
    """The publication's id is the key."""

    options, state = Options, PreparedState

    def __init__(self, parts: Parts[Options], tools: ChannelTools, http: ChannelHttp, base: str) -> None:
        super().__init__(parts, tools)
        self.http, self.base = http, base

    async def _publish(self, publication: Publication[Options, PreparedState], attempt: Attempt) -> Published:
        """One PUT. Raises ChannelError."""
        body = {"text": publication.draft.text, "quiet": publication.options.is_quiet}
        answer = await self.http.send(
            Request("PUT", self._url(publication), token=publication.token, json=body, proof=_post_id), attempt.gate
        )
        return _published(answer)

    async def _check(self, publication: Publication[Options, PreparedState]) -> Ready:
        """Nothing is prepared, and a post is live at once."""
        return Ready()

    async def _search(
        self, publication: Publication[Options, PreparedState], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """By the key: 404 proves that nothing is there."""
        answer = await self.http.send(Request("GET", self._url(publication), token=publication.token, also_ok=(404,)))
        return Absent() if answer.status == 404 else _published(answer)

    def _url(self, publication: Publication[Options, PreparedState]) -> str:
        return f"{self.base}/posts/{publication.draft.publication_id}"


def _post_id(answer: Answer) -> str | None:
    return given_id(answer.field("id"))


def _published(answer: Answer) -> Published:
    post_id = _post_id(answer)
    if post_id is None:
        raise no_proof(answer)
    return Published(post_id=post_id, url=f"https://seventh.example/{post_id}")
