"""A brand's share of the workers: how urgent each of its posts is among those of all brands that are due together.

Temporal hands out tasks by priority, also with its defaults, where its fairness is off. A brand's first posts of some
seconds have the usual priority; what comes beyond them waits until no brand has such a post left. So a brand with ten
posts does not wait for another's thousand. Workers share what they took fairly: `activities/turns.py`.

Counted by each process for itself: several APIs give a brand as many shares, and a restart begins again.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from munadi.domain.publishing import View

# Temporal's usual priority is 3, the least urgent one 5.
USUAL = 3
# A brand's publications within `SPAN_SECONDS` that have a priority: of the first number, of the second, of all others.
SHARES = (20, 100)
SPAN_SECONDS = 10
# Spans that are remembered, over all brands.
MOST_SPANS = 50_000


class Crowds:
    """Counts publications by brand and due time."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def priority(self, post: View, now: datetime) -> int:
        """The priority of a post that is started now, and counted. What is overdue counts as due now."""
        due = min((plan.due_at for plan in post.plans), default=now)
        span = (post.brand_ref, int(max(due, now).timestamp()) // SPAN_SECONDS)
        before = self._counts.pop(span, 0)
        self._counts[span] = before + len(post.plans)
        if len(self._counts) > MOST_SPANS:
            self._counts.popitem(last=False)
        return USUAL + sum(before >= share for share in SHARES)
