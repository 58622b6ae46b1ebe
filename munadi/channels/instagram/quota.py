"""How many posts of the last 24 hours an account has left, and when one more will be. Source: facts, section 5.

The total differs between Meta's own pages (25, 50, 100), so it is read and never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.instagram.errors import TITLE
from munadi.channels.meta.graph import Graph, token_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Clock

WINDOW = timedelta(hours=24)
# How exactly the end of the wait is looked for; each halving is one read.
EXACTLY = timedelta(minutes=15)


@dataclass(frozen=True)
class Quota:
    """The limit `content_publishing_limit` of the accounts of one host."""

    graph: Graph
    clock: Clock

    async def read(self, external_id: str, token: str) -> dict[str, int] | None:
        """`{"used", "total", "left"}` of the last 24 hours; None when it cannot be read."""
        return await self.graph.quota(path_of(external_id), token)

    async def amend(self, account: ConnectedAccount, stage: str, error: ChannelError) -> None:
        """A refusal for the day's quota waits until one of the posts that used it up is a day old."""
        if error.reason is not Reason.DAILY_CAP_REACHED:
            return
        told = await self.read(account.external_id, token_of(account))
        if told is None or told["left"]:
            return
        error.message = f"{TITLE}: {told['used']} of {told['total']} posts of the last 24 hours are used"
        error.retry_after = await self._frees_in(account, told["total"]) or error.retry_after

    async def _frees_in(self, account: ConnectedAccount, total: int) -> timedelta | None:
        """Halve the day until it is known since when less than `total` went out: a day after that one more may.

        None when it is always as much: then all of it is quite new, or `since` was not heeded.
        """
        now = self.clock.now()
        full, free = now - WINDOW, now
        while free - full > EXACTLY:
            middle = full + (free - full) / 2
            told = await self.graph.quota(path_of(account.external_id), token_of(account), since=middle)
            if told is None:
                return None
            if told["used"] < total:
                free = middle
            else:
                full = middle
        return free + WINDOW - now if free < now else None


def path_of(external_id: str) -> str:
    """Where the limit of an account stands."""
    return f"{external_id}/content_publishing_limit"
