"""When a request is repeated: after which answers, how often, and after which pause.

Rule: never earlier than `Retry-After` says. A longer wait than `LONGEST_WAIT` is the caller's decision.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

# Seconds between tries. A dead server is reported within four seconds; a restarting one is usually back.
PAUSES = (0.2, 0.5, 1.0, 2.0)
LONGEST_WAIT = 10.0
# How often a client repeats a call unless it is told otherwise; not more often.
RETRIES = len(PAUSES)
# A gateway without its API, or an API without its database. The request may have arrived.
AWAY = frozenset({502, 503, 504})
# An earlier try with the same key is in flight; a limit is used up. Without Retry-After they are final.
ASKED_TO_WAIT = frozenset({409, 429})
_SECONDS = re.compile(r"[0-9]{1,10}")


def pauses_of(retries: int) -> tuple[float, ...]:
    """The pauses before that many repeats. ValueError unless there are 0 to 4."""
    if retries not in range(RETRIES + 1):
        raise ValueError(f"retries is 0 to {RETRIES}, not {retries!r}")
    return PAUSES[:retries]


def pause_before_repeat(answer: httpx.Response, pause: float) -> float | None:
    """Seconds until the request should be repeated, at least `pause`; None when this is the final answer."""
    asked = retry_after(answer)
    if answer.status_code not in AWAY and (answer.status_code not in ASKED_TO_WAIT or asked is None):
        return None
    if asked is None:
        return pause
    return max(float(asked), pause) if asked <= LONGEST_WAIT else None


def retry_after(answer: httpx.Response) -> int | None:
    """`Retry-After` in whole seconds, from seconds or an HTTP date; None if it is absent or unreadable.

    A date counts from the answer's own `Date`, so that this machine's clock does not matter where the server has one.
    """
    value = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return int(value)
    until = _date(value)
    if until is None:
        return None
    now = _date(answer.headers.get("date", "")) or datetime.now(UTC)
    return max(0, math.ceil((until - now).total_seconds()))


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
