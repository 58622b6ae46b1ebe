"""What Threads' answers mean: the Graph envelope's `(code, error_subcode)`, subcode first, or a THREADS_API__ name.

Source: facts, section 6 (Meta's troubleshooting page, and incidents seen by open-source clients). A pair without a
row is unknown, above all a new 2207xxx or 4279xxx beside a known code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from munadi.channels.http import redact, retry_after
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Reason, Sorting
from munadi.domain.reasons import REASONS
from munadi.ports import Answer

R, S = Reason, Sorting


class Row(NamedTuple):
    """One known answer.

    `renewals`: how many other containers may be tried to get past it. `wait`: when the network names no time.
    `proof`: it holds with a 5xx too; all others are unknown then, as code 10 has been of posts that went live.
    """

    reason: Reason
    sorting: Sorting
    renewals: int = 0
    wait: timedelta | None = None
    proof: bool = False


THROTTLED = Row(R.RATE_LIMITED, S.NOT_SENT, wait=timedelta(minutes=5))
SPAM = Row(R.SPAM_BLOCKED, S.UNKNOWN)  # "suspected spam": the post may nevertheless be live
EXPIRED_TOKEN = Row(R.TOKEN_EXPIRED, S.NOT_SENT, proof=True)
REVOKED_TOKEN = Row(R.TOKEN_REVOKED, S.NOT_SENT, proof=True)
CHECKPOINT = Row(R.LOGIN_CHECKPOINT, S.NOT_SENT, proof=True)
UNREACHABLE = Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renewals=3)
NOT_PROCESSED = Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renewals=2)
BAD_MEDIA = Row(R.MEDIA_VALIDATION_FAILED, S.REJECTED)
# Not a failure but a race: the container is there, the place that publishes does not see it yet.
RACE = "24/4279009"
MISSING_OBJECT = "100/33"

# (code, subcode), or None for any. A dead token proves that nothing was published, so it is *not sent*.
ERRORS: Mapping[tuple[int | None, int | None], Row] = {
    (190, None): EXPIRED_TOKEN,  # token unusable
    (190, 463): EXPIRED_TOKEN,  # expired
    (190, 467): EXPIRED_TOKEN,  # invalid
    (190, 458): REVOKED_TOKEN,  # app removed
    (190, 460): REVOKED_TOKEN,  # password changed
    (190, 459): CHECKPOINT,  # checkpoint
    (190, 464): CHECKPOINT,  # unconfirmed user
    (452, 4279019): REVOKED_TOKEN,  # session revoked, or the token was exchanged already
    (102, None): EXPIRED_TOKEN,  # session invalid
    (10, None): Row(R.MISSING_SCOPE, S.REJECTED),  # permission missing
    (3, None): Row(R.APP_NOT_APPROVED, S.REJECTED),  # the app lacks the capability
    **{(code, None): Row(R.MISSING_SCOPE, S.REJECTED) for code in range(200, 300)},  # permission family
    (190, 492): Row(R.ROLE_OR_2FA_REQUIRED, S.REJECTED),  # a Page's subcode, not expected here
    (24, 4279009): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5), proof=True),  # see RACE
    (100, None): Row(R.INVALID_FIELD, S.REJECTED),  # bad parameter
    (100, 33): Row(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),  # unknown object or no access
    (1, 2207052): UNREACHABLE,  # media URL not fetchable; some CDNs and tunnels are refused though reachable
    (9004, 2207052): UNREACHABLE,  # the same
    (4, 2207051): SPAM,
    (100, 2207051): SPAM,
    (None, 4279013): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # profile restricted
    (368, None): Row(R.ACCOUNT_RESTRICTED, S.REJECTED),  # policy block, hours to days
    (4, None): THROTTLED,  # app
    (17, None): THROTTLED,  # user
    (32, None): THROTTLED,  # page
    (341, None): THROTTLED,  # application limit, temporary
    (613, None): THROTTLED,  # custom
    (80002, None): THROTTLED,  # business use case
    (1, None): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),  # outage: of a publish only a look can tell
    (2, None): Row(R.PROVIDER_OUTAGE, S.UNKNOWN),  # the same
    (506, None): Row(R.DUPLICATE_CONTENT, S.UNKNOWN),  # a Page feature, not seen here (unverified)
    (9007, 2207027): Row(R.PROVIDER_OUTAGE, S.NOT_SENT, wait=timedelta(seconds=5)),  # Instagram's "not ready"
    (36000, 2207004): BAD_MEDIA,  # Instagram's: image too large
    (36001, 2207005): BAD_MEDIA,  # Instagram's: image format
    (36003, 2207009): BAD_MEDIA,  # Instagram's: aspect ratio
    (36004, 2207010): Row(R.TEXT_TOO_LONG, S.REJECTED),  # Instagram's: caption
}
# Errors that have a name within the message, whatever their code.
NAMED: Mapping[str, Row] = {
    "THREADS_API__LINK_LIMIT_EXCEEDED": Row(R.INVALID_FIELD, S.REJECTED),  # more than 5 different links
    "THREADS_API__FEATURE_NOT_AVAILABLE": Row(R.FEATURE_NOT_ELIGIBLE, S.REJECTED),
    "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES": Row(R.INVALID_FIELD, S.REJECTED),
}
# Plain code 100 whose whole message says more than the code.
WORDED: Mapping[str, Row] = {
    "Param text must be at most 500 characters long": Row(R.TEXT_TOO_LONG, S.REJECTED),
}
# `error_message` of a failed container.
FAILED_CONTAINERS: Mapping[str, Row] = {
    "FAILED_DOWNLOADING_VIDEO": Row(R.MEDIA_UNREACHABLE, S.NOT_SENT, renewals=2),
    "FAILED_PROCESSING_AUDIO": NOT_PROCESSED,
    "FAILED_PROCESSING_VIDEO": NOT_PROCESSED,
    "UNKNOWN": NOT_PROCESSED,
    "INVALID_ASPEC_RATIO": BAD_MEDIA,  # spelled so
    "INVALID_BIT_RATE": BAD_MEDIA,
    "INVALID_DURATION": BAD_MEDIA,
    "INVALID_FRAME_RATE": BAD_MEDIA,
    "INVALID_AUDIO_CHANNELS": BAD_MEDIA,
    "INVALID_AUDIO_CHANNEL_LAYOUT": BAD_MEDIA,
}
# A container that nobody published in time, or that stays unfinished, is made anew.
LAPSED: Mapping[str, Row] = {
    "EXPIRED": Row(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT, renewals=3),
    "STUCK": Row(R.MEDIA_PROCESSING_TIMEOUT, S.NOT_SENT, renewals=2),
}
OUTAGE = Row(R.PROVIDER_OUTAGE, S.UNKNOWN)  # a 5xx without a code
UNKNOWN = Row(R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN)  # anything else
UNKNOWN_OWN = Row(R.INVALID_FIELD, S.UNKNOWN)  # a 2207xxx or 4279xxx without a row

_NAME = re.compile(r"THREADS_API__[A-Z_]+")
_OWN_SUBCODE = re.compile(r"2207\d{3}|4279\d{3}")


def explain(answer: Answer, now: datetime) -> ChannelError:
    """The answer as a ChannelError. Its `provider_code` is a name, `code` or `code/subcode`."""
    error = answer.field("error")
    fields: Mapping[str, Any] = error if isinstance(error, dict) else {}
    code, subcode = _number(fields.get("code")), _number(fields.get("error_subcode"))
    message = str(fields.get("message") or answer.text[:MAX_MESSAGE])
    found = _NAME.search(f"{fields.get('code')} {message}")
    name = found.group() if found else ""
    words = message.removeprefix("(#100)").strip(" .")
    row = NAMED.get(name) or WORDED.get(words) or _row(answer.status, code, subcode)
    known = name or (f"HTTP {answer.status}" if code is None else f"{code}/{subcode}" if subcode else str(code))
    return ChannelError(
        row.reason,
        S.UNKNOWN if answer.status >= 500 and not row.proof else row.sorting,
        f"Threads: {REASONS[row.reason].meaning}",
        provider_code=known,
        provider_message=redact(str(fields.get("error_user_msg") or message))[:MAX_MESSAGE] or None,
        retry_after=retry_after(answer.headers, now) or row.wait,
        raw=redact(answer.text),
    )


def explain_container(status: str, error_message: str) -> tuple[ChannelError, int]:
    """A dead container, and how many others may be tried in its place."""
    row = LAPSED.get(status) or FAILED_CONTAINERS.get(error_message) or NOT_PROCESSED
    known = error_message if error_message in FAILED_CONTAINERS else status
    error = ChannelError(
        row.reason,
        row.sorting,
        f"Threads: {REASONS[row.reason].meaning}",
        provider_code=known,
        provider_message=redact(error_message)[:MAX_MESSAGE] or None,
    )
    return error, row.renewals


def renewals(error: ChannelError) -> int:
    """How many other containers may be tried to get past this error of an answer; 0 when none helps."""
    code, _, subcode = (error.provider_code or "").partition("/")
    row = ERRORS.get((_number(code), _number(subcode)))
    return row.renewals if row is not None and error.sorting is S.NOT_SENT else 0


def _row(status: int, code: int | None, subcode: int | None) -> Row:
    known = ERRORS.get((code, subcode)) or ERRORS.get((None, subcode) if subcode else (code, None))
    if known:
        return known
    if subcode is not None and _OWN_SUBCODE.fullmatch(str(subcode)):
        return UNKNOWN_OWN
    if code is None and status == 429:
        return THROTTLED
    return ERRORS.get((code, None)) or (OUTAGE if status >= 500 else UNKNOWN)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
