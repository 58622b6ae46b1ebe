"""What Pinterest's answers mean: `{code, message}`, also at the token endpoint. Source: docs/networks/pinterest.md, 6.

A refusal in Pinterest's own envelope proves that no pin was made; a status alone, or a 5xx, proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from munadi.channels.errors import LONGEST_WAIT, Row, refusal
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer

R, S = Reason, Effect
TITLE = "Pinterest"
DEAD_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT)
DEAD_GRANT = Row(
    R.TOKEN_REVOKED,
    S.NOT_SENT,
    advice="the grant has ended: connect the account again; if all accounts fail, check the app's id and secret",
)
THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, timedelta(minutes=1))
INVALID = Row(R.INVALID_FIELD, S.REJECTED)
GATED = Row(R.APP_NOT_APPROVED, S.REJECTED, advice="the app may not use this feature: ask Pinterest for access to it")
TRIAL = Row(
    R.APP_NOT_APPROVED,
    S.REJECTED,
    advice="the app has Trial access, which makes no pins: apply for Standard access at developers.pinterest.com",
)
FOREIGN = Row(
    R.TARGET_NOT_ACCESSIBLE,
    S.REJECTED,
    advice="the account may not pin to this board: choose another, or connect with secret_boards set",
)
NO_BOARD = Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, advice="the board or its section is gone: choose another board")
UNREACHABLE = Row(
    R.MEDIA_UNREACHABLE,
    S.NOT_SENT,
    advice="Pinterest could not fetch the image: check that MUNADI_PUBLIC_URL can be reached from outside",
)
LOST_MEDIA = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)  # `upload` sends the video again, a few times
POLICY = Row(R.SPAM_BLOCKED, S.REJECTED)
REFUSED = Row(R.UNKNOWN_PROVIDER_ERROR, S.REJECTED)
UNKNOWN, OUTAGE = Row(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN), Row(R.PROVIDER_OUTAGE, S.UNKNOWN)

# status/code
ERRORS: Mapping[str, Row] = {
    "400/1": INVALID,
    "401/2": DEAD_TOKEN,  # also a token of the other world: sandbox or production
    "401/3": GATED,
    "403/29": FOREIGN,
    "404/40": NO_BOARD,
    "404/50": NO_BOARD,
    "409/1": INVALID,
    "429/8": THROTTLED,
}
# (status, a part of the message); the first match counts, before the code: one code has several meanings.
WORDS: Sequence[tuple[int, re.Pattern[str], Row]] = (
    (403, re.compile(r"trial access", re.I), TRIAL),
    (400, re.compile(r"unable to reach the url|could not fetch the image", re.I), UNREACHABLE),
    (400, re.compile(r"\bspam\b|blocked", re.I), POLICY),
)
# What is refused in Pinterest's own envelope without a row: nothing was pinned.
ENVELOPED: Mapping[int, Row] = {400: INVALID, 401: DEAD_TOKEN, 403: REFUSED, 404: NO_BOARD, 409: INVALID}


def failure(reason: Reason, message: str, effect: Effect = Effect.NOT_SENT, code: str | None = None) -> ChannelError:
    """A failure in our own words."""
    return ChannelError(reason, effect, f"{TITLE}: {message}", provider_code=code)


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError; its code is `status/code`, or the status."""
    return _explained(answer, now, _row(answer))


def explain_grant(answer: Answer, now: datetime) -> ChannelError:
    """The same for the token endpoint: what it refuses is the grant."""
    is_refused = answer.status in (400, 401) and bool(_code(answer))
    return _explained(answer, now, DEAD_GRANT if is_refused else _row(answer))


def explain_upload(answer: Answer, now: datetime) -> ChannelError:
    """The same for the place of uploads, which answers XML: another upload has another policy."""
    row = LOST_MEDIA if 400 <= answer.status < 500 and answer.status != 429 else _row(answer)
    return refusal(TITLE, row, answer, now, f"HTTP {answer.status}", "")


def _explained(answer: Answer, now: datetime, row: Row) -> ChannelError:
    message = answer.field("message")
    error = refusal(TITLE, row, answer, now, _code(answer), message if isinstance(message, str) else "")
    if answer.status == 429 and "retry-after" not in answer.headers:
        error.retry_after = _reset(answer) or row.wait
    return error


def _row(answer: Answer) -> Row:
    if answer.status >= 500:
        return OUTAGE
    if answer.status == 429:
        return THROTTLED
    code, message = _code(answer), str(answer.field("message") or "")
    if not code:
        return DEAD_TOKEN if answer.status == 401 else UNKNOWN
    worded = (row for status, words, row in WORDS if status == answer.status and words.search(message))
    return next(worded, None) or ERRORS.get(code) or ENVELOPED.get(answer.status) or UNKNOWN


def _code(answer: Answer) -> str:
    """`status/code` of Pinterest's envelope; empty without one."""
    code = answer.field("code")
    known = isinstance(code, int) and not isinstance(code, bool) and isinstance(answer.field("message"), str)
    return f"{answer.status}/{code}"[:100] if known else ""


def _reset(answer: Answer) -> timedelta | None:
    """`x-ratelimit-reset`, in seconds."""
    value = answer.headers.get("x-ratelimit-reset", "")[:9].strip()
    if not (value.isdecimal() and value.isascii()):
        return None
    return min(max(timedelta(seconds=int(value)), timedelta(seconds=1)), LONGEST_WAIT)
