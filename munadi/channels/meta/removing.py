"""Takes posts back at every Graph, and looks whether they are there.

Source: docs/networks/facebook.md, instagram.md and threads.md, section 9 of each.

"Not found" has three causes at once at Meta: the object is gone, a permission is missing, or it cannot be removed. So
it proves no removal and no absence. An object is gone when its account can be read and no list has it either.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from munadi.channels.answers import object_in
from munadi.channels.http import ChannelTools, Request, given_id, no_proof
from munadi.channels.meta.errors import MISSING_OBJECT
from munadi.channels.meta.graph import Graph, succeeded
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer, Attempt

Explain = Callable[[Answer, datetime], ChannelError]
# No such object, as far as this connection may see.
MISSING = frozenset({MISSING_OBJECT, "803", "24/4279009", "24/2207006"})
# Not done, and for weeks a repetition changes nothing: Instagram's "Media Type Not Supported" and "Fatal".
REFUSED = frozenset({"-1/2207073", "-1/2207085"})
# An answer with one of these proves that nothing happened, whatever its status.
PROOFS = frozenset(
    {Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED, Reason.LOGIN_CHECKPOINT, Reason.RATE_LIMITED, Reason.DAILY_CAP_REACHED}
)


def of_removals(graph: Graph, tools: ChannelTools, explain: Explain) -> Graph:
    """The same host, with the network's table of errors as a removal reads it."""

    def explained(answer: Answer, now: datetime) -> ChannelError:
        error = explain(answer, now)
        if error.provider_code in MISSING:
            _means(error, Reason.TARGET_NOT_ACCESSIBLE, Effect.UNKNOWN, f"{graph.title}: there is no such post to see")
        elif error.provider_code in REFUSED:
            _means(error, Reason.WITHDRAWAL_REFUSED, Effect.REJECTED, f"{graph.title}: it does not remove this post")
        elif error.reason in PROOFS:
            error.effect = Effect.NOT_SENT
        elif answer.status >= 500 or error.effect is Effect.NOT_SENT or _names_no_object(error):
            error.effect = Effect.UNKNOWN
        return error

    return Graph(graph.title, tools.http(explained), graph.base, graph.tokens)


def _means(error: ChannelError, reason: Reason, effect: Effect, message: str) -> None:
    error.reason, error.effect, error.message, error.retry_after = reason, effect, message, None


def _names_no_object(error: ChannelError) -> bool:
    """Clients of Threads report 100 without a subcode for a post that is gone (unverified)."""
    return "does not exist" in (error.provider_message or "").lower()


class LiveObjects(ABC):
    """The objects of one account at its network. `graph` is one of `of_removals`.

    A network says which fields of an object are read and what they mean, and which lists of the account have it;
    without a list nothing proves that it is gone.
    """

    def __init__(self, graph: Graph, account: ConnectedAccount) -> None:
        self.graph, self.account = graph, account

    @property
    def control(self) -> str:
        """What can be read as long as the account can."""
        return self.account.external_id

    @abstractmethod
    def fields(self, one: PostedObject) -> str:
        """The fields of an object that show whether people see it."""

    @abstractmethod
    def seen(self, one: PostedObject, answer: Answer) -> Seen:
        """What they say."""

    @abstractmethod
    def edges(self, one: PostedObject) -> tuple[str, ...]:
        """The lists of the account that have such an object while it is there."""

    def row_fields(self, edge: str) -> str:
        """The fields of a list's rows that name its objects."""
        return "id"

    def ids_in(self, edge: str, row: Any) -> set[str | None]:
        """The objects that a row of a list shows."""
        return {given_id(object_in(row).get("id"))}

    def is_removed(self, one: PostedObject, answer: Answer) -> bool:
        """The proof of a removal."""
        return succeeded(answer)

    async def remove(self, one: PostedObject, attempt: Attempt) -> None:
        """Delete one object. Raises ChannelError; `unknown` when the network knows no such object."""

        def is_removed(answer: Answer) -> bool:
            return self.is_removed(one, answer)

        url = f"{self.graph.base}/{one.id}"
        await self.graph.http.send(Request("DELETE", url, token=self.account.token, proof=is_removed), attempt.gate)

    async def look(self, objects: Sequence[PostedObject]) -> list[Seen]:
        """What each object shows. What cannot be read is UNREADABLE. Raises ChannelError when nothing can be."""
        found: dict[str, Seen] = {}
        unread = Seen(verdict=Verdict.UNREADABLE)
        try:
            await self._read(objects, found)
        except ChannelError as error:
            if not found:
                raise
            pause = error.retry_after or error.pause
            unread = Seen(verdict=Verdict.UNREADABLE, word=str(error), pause=pause)
        return [found.get(one.id, unread) for one in objects]

    async def _read(self, objects: Sequence[PostedObject], found: dict[str, Seen]) -> None:
        """Each object by its id; then, for those that are not found, the account and its lists."""
        missing: list[tuple[PostedObject, str]] = []
        for one in objects:
            try:
                answer = await self.graph.get(one.id, self.account.token, {"fields": self.fields(one)})
            except ChannelError as error:
                if error.provider_code not in MISSING:
                    raise
                missing.append((one, error.provider_code or ""))
                continue
            found[one.id] = self.seen(one, _named(answer))
        if missing:
            _named(await self.graph.get(self.control, self.account.token, {"fields": "id"}))
        listed: dict[str, set[str | None] | None] = {}
        for one, code in missing:
            for edge in self.edges(one):
                if edge not in listed:
                    listed[edge] = await self._listed(edge)
            found[one.id] = self._missing(one, code, listed)

    def _missing(self, one: PostedObject, code: str, listed: dict[str, set[str | None] | None]) -> Seen:
        """An object that is not found by its id, in an account that can be read."""
        edges = self.edges(one)
        shown = next((edge for edge in edges if one.id in (listed[edge] or ())), None)
        if shown is not None:
            return Seen(verdict=Verdict.LIVE, word=shown)
        closed = [edge for edge in edges if listed[edge] is None]
        if closed:
            return Seen(verdict=Verdict.UNREADABLE, word=f"{code}; {closed[0]} may not be read", blind=True)
        return Seen(verdict=Verdict.GONE if edges else Verdict.UNSEEN, word=code)

    async def _listed(self, edge: str) -> set[str | None] | None:
        """The newest objects of a list; None where the connection lacks the permission to read it."""
        path, fields = f"{self.account.external_id}/{edge}", {"fields": self.row_fields(edge)}
        try:
            rows, _ = await self.graph.rows(path, self.account.token, fields)
        except ChannelError as error:
            if error.reason is Reason.MISSING_SCOPE:
                return None
            raise
        return {shown for row in rows for shown in self.ids_in(edge, row)}


class MediaObjects(LiveObjects):
    """The posts of networks that publish by containers: their answer to a removal names what was removed."""

    def is_removed(self, one: PostedObject, answer: Answer) -> bool:
        """`{"success": true, "deleted_id": …}`, of this one."""
        return succeeded(answer) and given_id(answer.field("deleted_id")) == one.id


def _named(answer: Answer) -> Answer:
    """An answer about something that has an id. Raises ChannelError for any other, such as the page of a proxy."""
    if given_id(answer.field("id")) is None:
        raise no_proof(answer)
    return answer
