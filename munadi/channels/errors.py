"""The meaning of refusals as tables: a network fills an `ErrorTable`, which makes a ChannelError of each answer.

A 5xx proves nothing, whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from munadi.channels.answers import instant
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


OUTAGE, UNKNOWN = Row(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN), Row(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN)
# What a network refused in its own envelope without a row for it: the text is shown, nothing was posted.
REFUSED = Row(Reason.UNKNOWN_PROVIDER_ERROR, Effect.REJECTED)
# A bare number above this is a time since the epoch, and below it a number of seconds.
EPOCH = 1_000_000_000


class Said(NamedTuple):
    """What a refusal says: code and words, empty where it has none; `is_own`: in the network's own envelope."""

    code: str = ""
    message: str = ""
    is_own: bool = False


@dataclass(frozen=True)
class ErrorTable:
    """How one network refuses. The first row that fits counts, in the order of the fields.

    `worded`: a status (None for any) and a part of the code or the words, as a pattern. `codes`: by code. `statuses`:
    a status alone, since proxies answer with HTML or nothing. `enveloped` and `refused`: a status in the network's own
    envelope, which proves that nothing was posted. `reset` is the header that names the end of a throttle.
    """

    title: str
    read: Callable[[Answer], Said]
    worded: Sequence[tuple[int | None, re.Pattern[str], Row]] = ()
    codes: Mapping[str, Row] = field(default_factory=dict)
    statuses: Mapping[int, Row] = field(default_factory=dict)
    enveloped: Mapping[int, Row] = field(default_factory=dict)
    refused: Row = UNKNOWN
    reset: str = ""

    def failure(
        self, reason: Reason, message: str, effect: Effect = Effect.NOT_SENT, code: str | None = None
    ) -> ChannelError:
        """A failure in our own words."""
        return ChannelError(reason, effect, f"{self.title}: {message}", provider_code=code)

    def explain(self, answer: Answer, now: datetime) -> ChannelError:
        """The answer as a ChannelError. Its code is the network's own, or `HTTP <status>`."""
        said = self.read(answer)
        row = self.row(answer.status, said)
        error = refusal(self.title, row, answer, now, said.code, said.message)
        if row.reason is Reason.RATE_LIMITED and "retry-after" not in answer.headers:
            error.retry_after = wait_until(answer.headers.get(self.reset, ""), now) or row.wait
        return error

    def row(self, status: int, said: Said) -> Row:
        """The row of a status and of what is said with it."""
        if status >= 500:
            return OUTAGE
        text = f"{said.code} {said.message}"
        worded = (row for at, words, row in self.worded if at in (status, None) and words.search(text))
        found = next(worded, None) or self.codes.get(said.code) or self.statuses.get(status)
        if found is None and said.is_own and status >= 400:
            found = self.enveloped.get(status, self.refused)
        return found or UNKNOWN


def wait_until(value: str, now: datetime) -> timedelta | None:
    """A header that names the end of a throttle: seconds, a time since the epoch, or an ISO time."""
    value = value[:64].strip()
    if value.isdecimal() and value.isascii():
        number = int(value[:10])
        left = datetime.fromtimestamp(number, UTC) - now if number > EPOCH else timedelta(seconds=number)
    elif (at := instant(value)) is not None:
        left = at - now
    else:
        return None
    return min(max(left, timedelta(seconds=1)), LONGEST_WAIT)


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
