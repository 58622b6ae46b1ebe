"""The meaning of refusals as tables: a network fills an `ErrorTable`, which makes a ChannelError of each answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from munadi.channels.answers import instant
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.domain.reasons import REASONS
from munadi.domain.redaction import redact
from munadi.ports import Answer

Failure = TypeVar("Failure", bound=ChannelError)
# A longer Retry-After is taken for a mistake of the network.
LONGEST_WAIT = timedelta(days=7)


class Row(NamedTuple):
    """One known answer.

    `wait` counts where the network names no time. `advice` replaces the reason's own words where they are too general.
    `renewals`: how many other containers or uploads may be tried to get past it. `proof`: it holds with a 5xx too,
    whatever the table doubts. `ours`: an earlier request of ours may be the cause (a duplicate, a conflict, a
    medium that is used already); only the core decides what such an answer means. `of_app`: the network limits the
    app, and not the account.
    """

    reason: Reason
    effect: Effect
    wait: timedelta | None = None
    advice: str = ""
    renewals: int = 0
    proof: bool = False
    ours: bool = False
    of_app: bool = False


OUTAGE, UNKNOWN = Row(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN), Row(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN)
# What a network refused in its own envelope without a row for it: the text is shown, nothing was posted.
REFUSED = Row(Reason.UNKNOWN_PROVIDER_ERROR, Effect.REJECTED)
# A bare number above this is a time since the epoch, and below it a number of seconds.
EPOCH = 1_000_000_000


class Doubt(StrEnum):
    """What is not believed of a row when its answer is a 5xx: all of it, its effect, or nothing."""

    ALL = "all"
    EFFECT = "effect"
    NOTHING = "nothing"


class Said(NamedTuple):
    """What a refusal says: code and words, empty where it has none; `is_own`: in the network's own envelope.

    `keys` are those of its row in `codes`, the first that is there counts; without them it is the code. `trace`, shown
    after the words, is what the network's support finds the request by.
    """

    code: str = ""
    message: str = ""
    is_own: bool = False
    keys: Sequence[Hashable] = ()
    trace: str = ""


@dataclass(frozen=True)
class ErrorTable:
    """How one network refuses. The first row that fits counts, in the order of the fields.

    `worded`: a status (None for any) and a part of the code or the words, as a pattern. `codes`: by code. `statuses`:
    a status alone, since proxies answer with HTML or nothing. `enveloped` and `refused`: a status in the network's own
    envelope, which proves that nothing was posted. `doubts`: what a 5xx leaves of these, by default nothing. `reset`
    is the header that names the end of a throttle. `mask` removes secrets from the network's texts.
    """

    title: str
    read: Callable[[Answer], Said]
    worded: Sequence[tuple[int | None, re.Pattern[str], Row]] = ()
    codes: Mapping[Any, Row] = field(default_factory=dict)
    statuses: Mapping[int, Row] = field(default_factory=dict)
    enveloped: Mapping[int, Row] = field(default_factory=dict)
    refused: Row = UNKNOWN
    doubts: Doubt = Doubt.ALL
    reset: str = ""
    mask: Callable[[str], str] = redact

    def failure(
        self, reason: Reason, message: str, effect: Effect = Effect.NOT_SENT, code: str | None = None, **more: Any
    ) -> ChannelError:
        """A failure in our own words."""
        return ChannelError(reason, effect, f"{self.title}: {message}", provider_code=code, **more)

    def explain(self, answer: Answer, now: datetime) -> ChannelError:
        """The answer as a ChannelError. Its code is the network's own, or `HTTP <status>`."""
        said = self.read(answer)
        return self.refusal(self.row(answer.status, said), answer, now, said)

    def refusal(self, row: Row, answer: Answer, now: datetime, said: Said) -> ChannelError:
        """The answer as what a row means, with the network's own code, words and wait."""
        code, message = said.code or f"HTTP {answer.status}", said.message or answer.text[:MAX_MESSAGE]
        error = self.reported(ChannelError, row, code, message)
        if said.trace:
            error.provider_message = f"{error.provider_message or ''} ({said.trace})"[:MAX_MESSAGE]
        wait = retry_after(answer.headers, now)
        if wait is None and row.reason is Reason.RATE_LIMITED:
            wait = wait_until(answer.headers.get(self.reset, ""), now)
        error.retry_after, error.raw = wait or row.wait, self.mask(answer.text)
        return error

    def reported(self, kind: type[Failure], row: Row, code: str, message: str) -> Failure:
        """What a row means where the network refused nothing: it reports how a file or a post ended."""
        return kind(
            row.reason,
            row.effect,
            f"{self.title}: {row.advice or REASONS[row.reason].meaning}",
            provider_code=code,
            provider_message=self.mask(message)[:MAX_MESSAGE] or None,
            may_be_ours=row.ours,
            of_app=row.of_app,
        )

    def row(self, status: int, said: Said) -> Row:
        """The row of a status and of what is said with it."""
        found = self._found(status, said)
        if found is None:
            return OUTAGE if status >= 500 else UNKNOWN
        if status < 500 or found.proof or self.doubts is Doubt.NOTHING:
            return found
        return found._replace(effect=Effect.UNKNOWN) if self.doubts is Doubt.EFFECT else OUTAGE

    def _found(self, status: int, said: Said) -> Row | None:
        text = f"{said.code} {said.message}"
        worded = (row for at, words, row in self.worded if at in (status, None) and words.search(text))
        coded = (self.codes[key] for key in said.keys or (said.code,) if key in self.codes)
        found = next(worded, None) or next(coded, None) or self.statuses.get(status)
        if found is None and said.is_own and status >= 400:
            found = self.enveloped.get(status, self.refused)
        return found


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
