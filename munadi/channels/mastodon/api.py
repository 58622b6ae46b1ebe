"""Calls to an account's server by name. The address comes from a user, so each call goes through the guard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from munadi.channels.answers import instant
from munadi.channels.http import ChannelHttp, ChannelTools, Request, given, given_id, no_proof
from munadi.channels.mastodon.errors import EDITS, REMOVALS, explain, failure
from munadi.channels.multipart import Multipart
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer

# One page of an account's posts; servers give fewer if they like.
PAGE = 40
PROCESSING = 206


class Servers:
    """Calls to any server, through the guard."""

    def __init__(self, tools: ChannelTools) -> None:
        self.http = ChannelHttp(tools.guarded, lambda answer: explain(answer, tools.clock.now()))
        self._removals = ChannelHttp(tools.guarded, lambda answer: REMOVALS.explain(answer, tools.clock.now()))
        self._edits = ChannelHttp(tools.guarded, lambda answer: EDITS.explain(answer, tools.clock.now()))

    def at(self, base: str, token: str | None = None) -> Server:
        """One server, called with an account's token or none."""
        return Server(self.http, self._removals, self._edits, base.rstrip("/"), token)

    def of(self, account: ConnectedAccount) -> Server:
        """The server of an account. Raises ChannelError for an account without one."""
        if not account.service_url:
            raise failure(Reason.TARGET_NOT_ACCESSIBLE, "the account has no server", Effect.REJECTED)
        return self.at(account.service_url, account.token)


@dataclass(frozen=True)
class Server:
    """One server, called in an account's name or in none. Everything raises ChannelError.

    `removals` and `edits` are for requests that change what is live, whose refusals mean something else.
    """

    http: ChannelHttp
    removals: ChannelHttp
    edits: ChannelHttp
    base: str
    token: str | None

    def request(self, method: str, path: str, **rest: Any) -> Request:
        """A request in the account's name."""
        return Request(method, f"{self.base}/{path}", token=self.token, **rest)

    async def call(self, method: str, path: str, **rest: Any) -> Answer:
        """Make one call in the account's name."""
        return await self.http.send(self.request(method, path, **rest))

    async def optional(self, path: str) -> Answer | None:
        """A document that servers need not have; None where it is missing."""
        answer = await self.call("GET", path, also_ok={404})
        return None if answer.status == 404 else answer

    async def upload(self, form: Multipart) -> Answer:
        """Store a medium; 202 while it is processed."""
        return await self.call("POST", "api/v2/media", content=form.content(), headers=form.headers)

    async def medium(self, media_id: str) -> bool | None:
        """Whether a medium of no post is processed; None for one that is attached to a post, or deleted."""
        answer = await self.call("GET", f"api/v1/media/{media_id}", also_ok={404})
        if answer.status == 404 and isinstance(answer.field("error"), str):
            return None
        if answer.status == 404 or given_id(answer.field("id")) is None:
            raise no_proof(answer)
        return answer.status != PROCESSING

    async def statuses(self, account_id: str, min_id: str | None = None, max_id: str | None = None) -> list[Any]:
        """A page of an account's own posts: from `min_id` on, or before `max_id`, or else the newest."""
        places = given({"min_id": min_id, "max_id": max_id})
        params = {"limit": str(PAGE), "exclude_reblogs": "true", **places}
        answer = await self.call("GET", f"api/v1/accounts/{account_id}/statuses", params=params)
        if not isinstance(answer.body, list) or not all(_is_status(one) for one in answer.body):
            raise no_proof(answer)
        return answer.body

    async def source(self, status_id: str) -> str:
        """The text of a post as it was sent."""
        answer = await self.call("GET", f"api/v1/statuses/{status_id}/source")
        text = answer.field("text")
        if not isinstance(text, str):
            raise no_proof(answer)
        return text


def _is_status(one: Any) -> bool:
    return isinstance(one, dict) and given_id(one.get("id")) is not None and instant(one.get("created_at")) is not None
