"""How many posts of the last 24 hours an account has left, and when one more will be free.

The total differs between Meta's own pages (25, 50, 100), so it is read and never assumed.
Source: docs/networks/instagram.md, section 5.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.instagram.spec import SPEC
from munadi.channels.meta.graph import Graph
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason

LIMIT = "content_publishing_limit"
WINDOW = timedelta(hours=24)
# How exactly the end of the wait is found; each halving is one read.
EXACTLY = timedelta(minutes=15)


async def explain_quota(graph: Graph, account: ConnectedAccount, now: datetime, error: ChannelError) -> None:
    """Make a refusal for the day's quota wait until one of the posts that used it up is a day old."""
    if error.reason is not Reason.DAILY_CAP_REACHED:
        return
    quota = await graph.quota(account.external_id, LIMIT, account.token)
    if quota is None or quota["left"]:
        return
    error.message = f"{SPEC.title}: {quota['used']} of {quota['total']} posts of the last 24 hours are used"
    error.retry_after = await _free_in(graph, account, now, quota["total"]) or error.retry_after


async def _free_in(graph: Graph, account: ConnectedAccount, now: datetime, total: int) -> timedelta | None:
    """Halve the day until it is known since when fewer than `total` were posted: a day after that, one is free.

    None when the count is always the same: then all posts are quite new, or the network ignores `since`.
    """
    full, free = now - WINDOW, now
    while free - full > EXACTLY:
        middle = full + (free - full) / 2
        quota = await graph.quota(account.external_id, LIMIT, account.token, since=middle)
        if quota is None:
            return None
        if quota["used"] < total:
            free = middle
        else:
            full = middle
    return free + WINDOW - now if free < now else None
