"""What the channels' error tables share: a row, the ChannelError that it makes of an answer, and Retry-After."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.domain.reasons import REASONS
from munadi.domain.redaction import redact
from munadi.ports import Answer

# A longer Retry-After is taken for a mistake of the network.
LONGEST_WAIT = timedelta(days=7)


class Row(NamedTuple):
    """One known answer.

    `wait` counts where the network names no time. `advice` replaces the reason's own words where they are too general.
    `renewals`: how many other containers or uploads may be tried to get past it. `proof`: it holds with a 5xx too,
    where a channel doubts all others. `ours`: an earlier request of ours may be the cause (a duplicate, a conflict, a
    medium that is used already); only the core decides what such an answer means.
    """

    reason: Reason
    effect: Effect
    wait: timedelta | None = None
    advice: str = ""
    renewals: int = 0
    proof: bool = False
    ours: bool = False


def refusal(
    title: str, row: Row, answer: Answer, now: datetime, code: str, message: str, mask: Callable[[str], str] = redact
) -> ChannelError:
    """The answer as a ChannelError with the network's own code and message; `mask` removes secrets from its texts."""
    return ChannelError(
        row.reason,
        row.effect,
        f"{title}: {row.advice or REASONS[row.reason].meaning}",
        provider_code=code or f"HTTP {answer.status}",
        provider_message=mask(message or answer.text[:MAX_MESSAGE])[:MAX_MESSAGE] or None,
        retry_after=retry_after(answer.headers, now) or row.wait,
        raw=mask(answer.text),
        may_be_ours=row.ours,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """`Retry-After` as a duration, from seconds or an HTTP date; never negative, never longer than a week."""
    value = headers.get("retry-after", "")[:64].strip()
    if value.isdecimal() and value.isascii():
        return timedelta(seconds=min(int(value[:9]), LONGEST_WAIT.total_seconds()))
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), LONGEST_WAIT)
