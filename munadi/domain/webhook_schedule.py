"""The retry schedule of failed deliveries. Pure: the caller passes the random source, and no clock is read.

Rule: never earlier than the table or than the receiver's `Retry-After`; jitter only adds.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(RETRY_DELAYS) + 1
JITTER = 0.1
# A receiver may ask us to wait, not to keep a delivery for ever.
RETRY_AFTER_CAP = timedelta(hours=24)

# The circuit breaker of an endpoint: after so many failures in a row it gets one probe at a time, with a growing wait.
BREAK_AFTER = 3
FIRST_PROBE_WAIT = timedelta(seconds=5)
LONGEST_PROBE_WAIT = timedelta(minutes=5)


def next_delay(attempt: int, retry_after: timedelta | None, random: Random) -> timedelta | None:
    """The wait after failed attempt number `attempt` (the first is 1); None when there is no further attempt.

    The table's delay, or `retry_after` (capped at a day) where that is longer, plus up to a tenth.
    Raises ValueError for an attempt below 1.
    """
    if attempt < 1:
        raise ValueError("attempts are counted from 1")
    if attempt >= MAX_ATTEMPTS:
        return None
    wait = max(RETRY_DELAYS[attempt - 1], min(retry_after or timedelta(0), RETRY_AFTER_CAP))
    return wait * (1 + JITTER * random.random())


def failures_after(failures: int, failed_now: int) -> int:
    """The endpoint's count of failures in a row after `failed_now` more of them in one batch.

    Attempts that run side by side all fail for one reason, so a batch raises the count by one step beyond the
    breaker's threshold at most; otherwise eight parallel timeouts would close an endpoint for minutes.
    """
    return min(failures + failed_now, max(failures, BREAK_AFTER - 1) + 1)


def probe_wait(failures: int) -> timedelta | None:
    """How long the circuit breaker sends nothing to an endpoint after `failures` in a row: 5 s, doubled up to 5 min.

    None: it may send. The wait is never longer than the schedule's own delay for a delivery that failed as often.
    """
    if failures < BREAK_AFTER:
        return None
    return min(FIRST_PROBE_WAIT * (1 << min(failures - BREAK_AFTER, 10)), LONGEST_PROBE_WAIT)


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """A `Retry-After` header, in seconds or as an HTTP date, as a wait from `now`: 0 up to a day.

    None when there is none or it cannot be read.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        # The length is checked first: Python refuses int() of a very long text.
        return min(timedelta(seconds=int(text)), RETRY_AFTER_CAP) if len(text) < 10 else RETRY_AFTER_CAP
    try:
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:  # "-0000" and a missing zone: HTTP dates are always GMT
            until = until.replace(tzinfo=UTC)
        return min(max(until - now, timedelta(0)), RETRY_AFTER_CAP)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
