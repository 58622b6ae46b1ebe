"""Posting to the seventh network: PUT /posts/{key} is idempotent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.channels.channel import Post, Publisher
from munadi.channels.http import ChannelHttp, could_not_read, given_id, no_proof, token_of
from munadi.channels.seventh.spec import Options
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Ready, Unknown
from munadi.ports import Answer, SaveHandle, VisibleStep


@dataclass(frozen=True)
class SeventhPublisher(Publisher[Options]):
    """The publication's id is the key."""

    http: ChannelHttp
    base: str

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published:
        """One PUT. Raises ChannelError."""
        body = {"text": post.draft.text, "quiet": post.options.is_quiet}
        answer = await self.http.call(
            "PUT", self._url(post), token=token_of(post.account), json_body=body, gate=step.gate, proof=_post_id
        )
        return _published(answer)

    async def check(self, post: Post[Options]) -> Ready:
        """Nothing is prepared, and a post is live at once."""
        return Ready()

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """By the key: 404 proves that nothing is there."""
        try:
            answer = await self.http.call("GET", self._url(post), token=token_of(post.account), also_ok=(404,))
            return Absent() if answer.status == 404 else _published(answer)
        except ChannelError as error:
            return could_not_read(error)

    def _url(self, post: Post[Options]) -> str:
        return f"{self.base}/posts/{post.draft.publication_id}"


def _post_id(answer: Answer) -> str | None:
    return given_id(answer.field("id"))


def _published(answer: Answer) -> Published:
    post_id = _post_id(answer)
    if post_id is None:
        raise no_proof(answer)
    return Published(post_id=post_id, url=f"https://seventh.example/{post_id}")
