"""Takes posts back at every Graph. Source: docs/networks/facebook.md, instagram.md and threads.md, section 9 of each.

"Not found" proves no removal (`looking`): a look decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from munadi.channels.http import ChannelTools, Request, given_id
from munadi.channels.meta.graph import Graph, succeeded
from munadi.channels.meta.looking import MISSING, LiveObjects
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.withdrawal import PostedObject
from munadi.ports import Answer, Attempt

Explain = Callable[[Answer, datetime], ChannelError]
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


class RemovableObjects(LiveObjects):
    """Objects that can be looked at, and removed one by one."""

    def is_removed(self, one: PostedObject, answer: Answer) -> bool:
        """The proof of a removal."""
        return succeeded(answer)

    async def remove(self, one: PostedObject, attempt: Attempt) -> None:
        """Delete one object. Raises ChannelError; `unknown` when the network knows no such object."""

        def is_removed(answer: Answer) -> bool:
            return self.is_removed(one, answer)

        url = f"{self.graph.base}/{one.id}"
        await self.graph.http.send(Request("DELETE", url, token=self.account.token, proof=is_removed), attempt.gate)


class MediaObjects(RemovableObjects):
    """The posts of networks that publish by containers: their answer to a removal names what was removed."""

    def is_removed(self, one: PostedObject, answer: Answer) -> bool:
        """`{"success": true, "deleted_id": …}`, of this one."""
        return succeeded(answer) and given_id(answer.field("deleted_id")) == one.id
